//! `<domainbackup>`: a copy of disks while the guest runs.

mod align;
mod builder;
mod disk;
mod normal;
mod private;
mod root;
mod validate;

pub use builder::BackupBuilder;
pub use disk::{BackupDisk, BackupDiskDriver, BackupDiskMode, BackupDiskState, BackupDisks};
pub use private::{BackupObjects, BackupPrivateData, BackupSecretObject, BackupTlsObject};
pub use root::{BackupConfig, BackupMode, BackupServer, BackupTransport};
