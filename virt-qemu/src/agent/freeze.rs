//! Freezing file systems so that they cannot stay frozen by accident.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::AgentConnection;
use super::commands::filesystem::{GuestFsfreezeFreeze, GuestFsfreezeFreezeList, GuestFsfreezeThaw};
use super::error::AgentResult;
use crate::qmp::Delivery;
use crate::qmp::ticket::Ticket;

/// How long a freeze is given where nobody says otherwise: one that is killed half-way stays frozen.
pub const FREEZE_DEADLINE: Duration = Duration::from_secs(60 * 60);

/// How long a thaw is given where nobody says otherwise, and always in the background.
pub const THAW_DEADLINE: Duration = Duration::from_secs(3 * 60);

/// Frozen file systems. Dropped, they are thawed in the background, ahead of everything that waits; a guest that
/// restarts its agent meanwhile is waited for.
#[derive(Debug)]
#[must_use = "dropped, the file systems are thawed at once"]
pub struct Frozen {
    filesystems: u64,
    thaw: ThawOnDrop,
}

impl AgentConnection {
    /// Freezes the file systems mounted at these points, or all where there are none. `deadline` as a rule is
    /// [`FREEZE_DEADLINE`] away.
    ///
    /// # Errors
    /// As [`execute`](Self::execute). After an answered error the agent itself has thawed; after any other one the
    /// thaw is done in the background.
    ///
    /// # Cancel safety
    /// Dropped at any point, what was frozen is thawed in the background.
    pub async fn freeze(&self, mountpoints: &[String], deadline: Instant) -> AgentResult<Frozen> {
        let mut thaw = ThawOnDrop {
            agent: Some(self.clone()),
            freeze: Arc::new(Ticket::new()),
        };
        let frozen = if mountpoints.is_empty() {
            self.execute_ticketed(&GuestFsfreezeFreeze, &thaw.freeze, deadline)
                .await
        } else {
            let freeze = GuestFsfreezeFreezeList {
                mountpoints: mountpoints.to_vec(),
            };
            self.execute_ticketed(&freeze, &thaw.freeze, deadline).await
        };
        match frozen {
            Ok(filesystems) => Ok(Frozen { filesystems, thaw }),
            Err(error) => {
                if !error.may_have_applied() {
                    // Nothing of ours is frozen, and what another froze must stay so.
                    thaw.agent = None;
                }
                Err(error)
            }
        }
    }
}

impl Frozen {
    /// How many file systems are frozen.
    #[must_use]
    pub fn filesystems(&self) -> u64 {
        self.filesystems
    }

    /// Thaws; gives how many file systems. `deadline` as a rule is [`THAW_DEADLINE`] away.
    ///
    /// # Errors
    /// As [`AgentConnection::execute`]. The thaw is then tried once more in the background.
    ///
    /// # Cancel safety
    /// Dropped, the thaw is done in the background.
    pub async fn thaw(mut self, deadline: Instant) -> AgentResult<u64> {
        let Some(agent) = self.thaw.agent.clone() else {
            return Ok(0);
        };
        let thawed = agent.execute(&GuestFsfreezeThaw, deadline).await?;
        self.thaw.agent = None;
        Ok(thawed)
    }

    /// Gives up the guard: the file systems stay frozen until somebody thaws them.
    pub fn keep(mut self) -> u64 {
        self.thaw.agent = None;
        self.filesystems
    }
}

/// Thaws when it is dropped, unless the freeze was never sent or the agent was taken out before.
#[derive(Debug)]
struct ThawOnDrop {
    agent: Option<AgentConnection>,
    freeze: Arc<Ticket>,
}

impl Drop for ThawOnDrop {
    fn drop(&mut self) {
        if let Some(agent) = self.agent.take()
            && self.freeze.withdraw() == Delivery::Sent
        {
            agent.leave(&GuestFsfreezeThaw, true, Instant::now() + THAW_DEADLINE);
        }
    }
}
