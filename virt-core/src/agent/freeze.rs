//! Freezing a guest's file systems, with a guard that always thaws.

use uuid::Uuid;

use crate::connection::Connection;
use crate::deadline::CallClass;
use crate::driver::{AgentDriver, facet};
use crate::error::{Error, Outcome, Result};

/// Whether a guest's file systems are frozen (`guest-fsfreeze-status`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum FrozenFilesystems {
    /// They can be written.
    Thawed,
    /// They can't.
    Frozen,
}

/// Frozen file systems: thawed by [`FreezeGuard::thaw`], or in the background when the guard is dropped.
#[derive(Debug)]
#[must_use = "dropping the guard thaws at once"]
pub struct FreezeGuard {
    connection: Connection,
    domain: Uuid,
    filesystems: u64,
    thawed: bool,
}

impl FreezeGuard {
    /// How many file systems were frozen.
    #[must_use]
    pub fn filesystems(&self) -> u64 {
        self.filesystems
    }

    /// Thaws now and says how many (`guest-fsfreeze-thaw`). Fails: the guard's drop tries once more.
    ///
    /// # Cancel safety
    /// Dropped, the thaw is done in the background.
    pub async fn thaw(mut self) -> Result<u64> {
        let thawed = thaw(&self.connection, self.domain).await?;
        self.thawed = true;
        Ok(thawed)
    }
}

impl Drop for FreezeGuard {
    fn drop(&mut self) {
        if !self.thawed {
            thaw_in_background(self.connection.clone(), self.domain);
        }
    }
}

/// Freezes on a task of its own, so that a caller who goes away meanwhile leaves a guest that is thawed again.
pub(super) async fn freeze(
    connection: Connection,
    domain: Uuid,
    mountpoints: Vec<String>,
) -> Result<FreezeGuard> {
    let (sender, receiver) = tokio::sync::oneshot::channel();
    tokio::spawn(async move {
        let frozen = connection
            .call("fs_freeze", CallClass::Freeze, async |call, driver| {
                agent(driver.agents())?.freeze(&call, domain, &mountpoints).await
            })
            .await;
        let result = match frozen {
            Ok(filesystems) => Ok(FreezeGuard {
                connection,
                domain,
                filesystems,
                thawed: false,
            }),
            Err(error) => {
                // One that was given up half-way may have frozen something. One that was refused has not, and what
                // another froze must stay so.
                if error.outcome() != Outcome::NotApplied {
                    thaw_in_background(connection, domain);
                }
                Err(error)
            }
        };
        // A guard that nobody receives is dropped here, which thaws.
        drop(sender.send(result));
    });
    receiver.await.unwrap_or_else(|_| {
        Err(Error::new(
            crate::ErrorKind::ConnectionLost,
            "the runtime ended while freezing",
        )
        .with_operation("fs_freeze"))
    })
}

pub(super) async fn thaw(connection: &Connection, domain: Uuid) -> Result<u64> {
    connection
        .call("fs_thaw", CallClass::Thaw, async |call, driver| {
            agent(driver.agents())?.thaw(&call, domain).await
        })
        .await
}

fn thaw_in_background(connection: Connection, domain: Uuid) {
    // Without a runtime nobody is left to thaw: the next manager's agent session still can.
    if let Ok(runtime) = tokio::runtime::Handle::try_current() {
        runtime.spawn(async move {
            if let Err(error) = thaw(&connection, domain).await {
                tracing::warn!(%domain, %error, "file systems of a guest could not be thawed");
            }
        });
    }
}

pub(super) fn agent(agents: Option<&dyn AgentDriver>) -> Result<&dyn AgentDriver> {
    facet(agents, "guest agent")
}
