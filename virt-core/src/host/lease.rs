//! The lease that makes one manager at a time the owner of a directory.

use std::fmt;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use crate::error::Result;

/// Who wants a lease.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeaseRequest {
    /// Who we are, in words for the error of the next one: `web-control-plane (pid 4711)`.
    pub owner: String,
}

/// Who holds a lease, as written into it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeaseHolder {
    /// Who, in words.
    pub owner: String,
    /// The process that holds it, on its own machine.
    pub pid: u32,
    /// The machine's boot in which it was taken.
    pub boot_id: String,
    /// Counts the takers of this lease, from 1.
    pub epoch: u64,
}

impl fmt::Display for LeaseHolder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (pid {}, epoch {})", self.owner, self.pid, self.epoch)
    }
}

/// A lease we hold. Dropping it releases it, as does the end of this process.
#[async_trait]
pub trait Lease: Send + Sync + fmt::Debug {
    /// What we wrote into it.
    fn holder(&self) -> &LeaseHolder;

    /// Waits until the lease is lost without our doing (a far host: no heartbeat got through, another manager took it,
    /// or we are not let in any more), and says why, in words for an error. Never, on this machine. Cancel-safe.
    async fn lost(&self) -> String;

    /// Gives it back; returns once another may take it.
    async fn release(self: Box<Self>) -> Result<()>;
}
