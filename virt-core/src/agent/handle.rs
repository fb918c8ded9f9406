//! The handle of a guest's agent.

use std::sync::Arc;
use std::time::Duration;

use super::freeze::{agent, freeze, thaw};
use super::{
    AgentInfo, ExecOutput, ExecRequest, FreezeGuard, FrozenFilesystems, GuestInterface, GuestOs, GuestUser,
    TrimReport,
};
use crate::connection::Connection;
use crate::deadline::{CallClass, CallContext};
use crate::domain::DomainRef;
use crate::driver::ConnectionDriver;
use crate::error::{Error, ErrorKind, Result, Subject};

/// The agent of one guest. Cheap to clone.
///
/// Its methods fail with `AgentUnavailable` when nobody listens in the guest, `Unsupported` when this agent lacks the
/// command, and `Failed` with the guest's words. Deadline: [`CallClass::Agent`] unless said.
///
/// # Cancel safety
/// Every method may be dropped; what the agent was asked it may still do.
#[derive(Debug, Clone)]
pub struct GuestAgent {
    connection: Connection,
    domain: DomainRef,
}

/// The largest file [`GuestAgent::read_file`] reads, in bytes.
const MAX_FILE: u64 = 64 * 1024 * 1024;

impl GuestAgent {
    pub(crate) fn new(connection: Connection, domain: DomainRef) -> Self {
        Self { connection, domain }
    }

    /// Whether the agent answers (`guest-ping`).
    pub async fn ping(&self) -> Result<()> {
        self.call("agent_ping", CallClass::Agent, async |call, driver| {
            agent(driver.agents())?.ping(&call, self.domain.uuid).await
        })
        .await
    }

    /// Version and commands (`guest-info`).
    pub async fn info(&self) -> Result<AgentInfo> {
        self.call("agent_info", CallClass::Agent, async |call, driver| {
            agent(driver.agents())?.info(&call, self.domain.uuid).await
        })
        .await
    }

    /// Runs a program in the guest to its end and gives what it wrote (`guest-exec`). Its time limit is the request's.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let conn = virt_core::Connection::builder().open("test:///default").await?;
    /// # let domain = conn.domain("test").await?;
    /// use virt_core::agent::ExecRequest;
    /// let output = domain.agent().exec(&ExecRequest::new("/bin/sh").args(["-c", "echo hello"])).await?;
    /// assert_eq!(output.stdout, b"hello\n");
    /// # Ok(())
    /// # }
    /// ```
    pub async fn exec(&self, request: &ExecRequest) -> Result<ExecOutput> {
        let limit = request.limit().saturating_add(Duration::from_secs(10));
        let patient = Self {
            connection: self.connection.with_deadline(limit),
            domain: self.domain.clone(),
        };
        patient
            .call("agent_exec", CallClass::Agent, async |call, driver| {
                agent(driver.agents())?
                    .exec(&call, self.domain.uuid, request)
                    .await
            })
            .await
    }

    /// Reads a file of the guest, up to 64 MiB.
    pub async fn read_file(&self, path: &str) -> Result<Vec<u8>> {
        self.call("agent_read_file", CallClass::Wait, async |call, driver| {
            agent(driver.agents())?
                .read_file(&call, self.domain.uuid, path, MAX_FILE)
                .await
        })
        .await
    }

    /// Writes a file of the guest: made or truncated.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let conn = virt_core::Connection::builder().open("test:///default").await?;
    /// # let domain = conn.domain("test").await?;
    /// let agent = domain.agent();
    /// agent.write_file("/etc/motd", b"welcome").await?;
    /// assert_eq!(agent.read_file("/etc/motd").await?, b"welcome");
    /// # Ok(())
    /// # }
    /// ```
    pub async fn write_file(&self, path: &str, content: &[u8]) -> Result<()> {
        self.call("agent_write_file", CallClass::Wait, async |call, driver| {
            agent(driver.agents())?
                .write_file(&call, self.domain.uuid, path, content)
                .await
        })
        .await
    }

    /// Network interfaces with their addresses (`virDomainInterfaceAddresses` with the agent as source).
    pub async fn interfaces(&self) -> Result<Vec<GuestInterface>> {
        self.call("agent_interfaces", CallClass::Agent, async |call, driver| {
            agent(driver.agents())?.interfaces(&call, self.domain.uuid).await
        })
        .await
    }

    /// Logged-in users (`virDomainGetGuestInfo`).
    pub async fn users(&self) -> Result<Vec<GuestUser>> {
        self.call("agent_users", CallClass::Agent, async |call, driver| {
            agent(driver.agents())?.users(&call, self.domain.uuid).await
        })
        .await
    }

    /// The guest's operating system (`virDomainGetGuestInfo`).
    pub async fn os(&self) -> Result<GuestOs> {
        self.call("agent_os", CallClass::Agent, async |call, driver| {
            agent(driver.agents())?.os(&call, self.domain.uuid).await
        })
        .await
    }

    /// The guest's host name (`virDomainGetHostname`).
    pub async fn host_name(&self) -> Result<String> {
        self.call("agent_host_name", CallClass::Agent, async |call, driver| {
            agent(driver.agents())?.host_name(&call, self.domain.uuid).await
        })
        .await
    }

    /// The guest's clock, in nanoseconds since 1970 (`virDomainGetTime`).
    pub async fn time(&self) -> Result<i64> {
        self.call("agent_time", CallClass::Agent, async |call, driver| {
            agent(driver.agents())?.time(&call, self.domain.uuid).await
        })
        .await
    }

    /// Sets the guest's clock, from its own hardware clock when `None` (`virDomainSetTime`).
    pub async fn set_time(&self, time_ns: Option<i64>) -> Result<()> {
        self.call("agent_set_time", CallClass::Agent, async |call, driver| {
            agent(driver.agents())?
                .set_time(&call, self.domain.uuid, time_ns)
                .await
        })
        .await
    }

    /// Freezes all file systems until the guard is thawed or dropped (`virDomainFSFreeze`). Deadline:
    /// [`CallClass::Freeze`], 1 h unless said.
    ///
    /// # Cancel safety
    /// Dropped at any point, what was frozen is thawed in the background.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let conn = virt_core::Connection::builder().open("test:///default").await?;
    /// # let domain = conn.domain("test").await?;
    /// let frozen = domain.agent().fs_freeze().await?;
    /// // Now is the time for a snapshot of the storage.
    /// println!("{} file systems were frozen", frozen.filesystems());
    /// frozen.thaw().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn fs_freeze(&self) -> Result<FreezeGuard> {
        self.fs_freeze_at(&[]).await
    }

    /// Freezes the file systems mounted at these points; all when there are none.
    pub async fn fs_freeze_at(&self, mountpoints: &[String]) -> Result<FreezeGuard> {
        freeze(self.connection.clone(), self.domain.uuid, mountpoints.to_vec())
            .await
            .map_err(|error| error.with_subject(self.subject()))
    }

    /// Thaws whatever is frozen, by whomever (`virDomainFSThaw`).
    pub async fn fs_thaw(&self) -> Result<u64> {
        thaw(&self.connection, self.domain.uuid)
            .await
            .map_err(|error| error.with_subject(self.subject()))
    }

    /// Whether file systems are frozen.
    pub async fn fs_freeze_status(&self) -> Result<FrozenFilesystems> {
        self.call(
            "agent_fs_freeze_status",
            CallClass::Agent,
            async |call, driver| {
                agent(driver.agents())?
                    .freeze_status(&call, self.domain.uuid)
                    .await
            },
        )
        .await
    }

    /// Discards unused blocks of at least `minimum` bytes (`virDomainFSTrim`).
    pub async fn fs_trim(&self, minimum: u64) -> Result<TrimReport> {
        self.call("agent_fs_trim", CallClass::Wait, async |call, driver| {
            agent(driver.agents())?
                .trim(&call, self.domain.uuid, minimum)
                .await
        })
        .await
    }

    /// Sets a user's password (`virDomainSetUserPassword`).
    pub async fn set_password(&self, user: &str, password: &str) -> Result<()> {
        self.call("agent_set_password", CallClass::Agent, async |call, driver| {
            agent(driver.agents())?
                .set_password(&call, self.domain.uuid, user, password)
                .await
        })
        .await
    }

    fn subject(&self) -> Subject {
        Subject::Domain(self.domain.name.clone())
    }

    async fn call<T, F>(
        &self,
        operation: &'static str,
        class: CallClass,
        work: impl FnOnce(CallContext, Arc<dyn ConnectionDriver>) -> F,
    ) -> Result<T>
    where
        F: Future<Output = Result<T>>,
    {
        if self.connection.is_read_only() {
            return Err(
                Error::new(ErrorKind::Denied, "the connection is read-only").with_operation(operation)
            );
        }
        self.connection
            .call(operation, class, work)
            .await
            .map_err(|error| error.with_subject(self.subject()))
    }
}
