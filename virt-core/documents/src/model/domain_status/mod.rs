//! `<domstatus>`: what a daemon keeps of a running domain.

mod blockjob;
mod job;
mod parts;
mod root;
mod upgrade;
mod validate;

pub use blockjob::{
    BlockJobDisk, BlockJobImage, BlockJobState, StatusBackups, StatusBlockJob, StatusBlockJobs,
};
pub use job::{
    AsyncJob, JobDisk, MigrationParameter, MigrationParameters, MigrationSource, StatusJob, TemporaryBitmap,
    TemporaryBitmaps,
};
pub use parts::{
    Counter, NumaAdvice, StatusAllowReboot, StatusDevice, StatusDevices, StatusDirectory, StatusFlag,
    StatusFlags, StatusMonitor, StatusNamespaces, StatusTaint, StatusVcpu, StatusVcpus,
};
pub use root::{DomainStatus, RunState};
