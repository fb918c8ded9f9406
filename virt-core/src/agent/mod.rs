//! The guest agent: what a program in the guest does and tells for us.

mod exec;
mod freeze;
mod guest;
mod handle;

pub use exec::{ExecOutput, ExecRequest};
pub use freeze::{FreezeGuard, FrozenFilesystems};
pub use guest::{AgentInfo, GuestAddress, GuestInterface, GuestOs, GuestUser, TrimReport, TrimmedFilesystem};
pub use handle::GuestAgent;
