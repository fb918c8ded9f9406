//! The guest agent.

use async_trait::async_trait;
use uuid::Uuid;

use crate::agent::{
    AgentInfo, ExecOutput, ExecRequest, FrozenFilesystems, GuestInterface, GuestOs, GuestUser, TrimReport,
};
use crate::deadline::CallContext;
use crate::error::Result;

/// The guest agent. One exchange at a time per guest; callers queue.
///
/// # Errors
/// `InvalidState` when the domain does not run; `AgentUnavailable` when it has no channel, nobody listens, or no
/// answer came in time ([`Retry::Never`](crate::Retry::Never) where it has no channel: then waiting is of no use);
/// `Unsupported` when this agent lacks or forbids the command; `Failed` with the guest's words.
#[async_trait]
pub trait AgentDriver: Send + Sync {
    /// Whether the agent answers (`guest-ping`).
    async fn ping(&self, call: &CallContext, domain: Uuid) -> Result<()>;

    /// Version and commands (`guest-info`).
    async fn info(&self, call: &CallContext, domain: Uuid) -> Result<AgentInfo>;

    /// Runs a program in the guest to its end (`guest-exec`, `guest-exec-status`).
    async fn exec(&self, call: &CallContext, domain: Uuid, request: &ExecRequest) -> Result<ExecOutput>;

    /// Reads a file of the guest, at most `limit` bytes; a longer one is `InvalidArgument` (`guest-file-*`).
    async fn read_file(&self, call: &CallContext, domain: Uuid, path: &str, limit: u64) -> Result<Vec<u8>>;

    /// Writes a file of the guest: made or truncated (`guest-file-*`).
    async fn write_file(&self, call: &CallContext, domain: Uuid, path: &str, content: &[u8]) -> Result<()>;

    /// Network interfaces with their addresses (`guest-network-get-interfaces`; `virDomainInterfaceAddresses`).
    async fn interfaces(&self, call: &CallContext, domain: Uuid) -> Result<Vec<GuestInterface>>;

    /// Logged-in users (`guest-get-users`).
    async fn users(&self, call: &CallContext, domain: Uuid) -> Result<Vec<GuestUser>>;

    /// The operating system (`guest-get-osinfo`).
    async fn os(&self, call: &CallContext, domain: Uuid) -> Result<GuestOs>;

    /// The host name (`guest-get-host-name`).
    async fn host_name(&self, call: &CallContext, domain: Uuid) -> Result<String>;

    /// The guest's clock, nanoseconds since 1970 (`guest-get-time`; `virDomainGetTime`).
    async fn time(&self, call: &CallContext, domain: Uuid) -> Result<i64>;

    /// Sets the guest's clock; from its own hardware clock when `None` (`guest-set-time`; `virDomainSetTime`).
    async fn set_time(&self, call: &CallContext, domain: Uuid, time_ns: Option<i64>) -> Result<()>;

    /// Freezes file systems, all or those mounted at these points (`guest-fsfreeze-freeze[-list]`;
    /// `virDomainFSFreeze`). Gives how many.
    async fn freeze(&self, call: &CallContext, domain: Uuid, mountpoints: &[String]) -> Result<u64>;

    /// Thaws all file systems; how many (`guest-fsfreeze-thaw`; `virDomainFSThaw`). Nothing frozen: zero.
    async fn thaw(&self, call: &CallContext, domain: Uuid) -> Result<u64>;

    /// Whether file systems are frozen (`guest-fsfreeze-status`).
    async fn freeze_status(&self, call: &CallContext, domain: Uuid) -> Result<FrozenFilesystems>;

    /// Discards unused blocks of at least `minimum` bytes (`guest-fstrim`; `virDomainFSTrim`).
    async fn trim(&self, call: &CallContext, domain: Uuid, minimum: u64) -> Result<TrimReport>;

    /// Sets a user's password (`guest-set-user-password`; `virDomainSetUserPassword`).
    async fn set_password(&self, call: &CallContext, domain: Uuid, user: &str, password: &str) -> Result<()>;
}
