//! The manager of one root: its domains, and what all of their owners share.

mod complete;
mod entry;
mod open;
mod orphan;
mod recovery;

use std::sync::{Arc, Mutex};

use virt_core::Result;
use virt_core::host::Host;
use virt_manager::{Identifiers, Root, Taken, lock};

pub(crate) use entry::{Entry, Operation, View, no_max_memory};
pub use recovery::RecoveryReport;

use crate::probe_cache::ProbeCache;
use crate::state::{ManagerRecord, Store};

/// What all owners of a root's domains share.
#[derive(Debug)]
pub(crate) struct Manager {
    pub(crate) host: Arc<dyn Host>,
    pub(crate) store: Store,
    pub(crate) root: Root<Self>,
    pub(crate) probes: ProbeCache,
    identifiers: Identifiers,
    autostarted_boot: Mutex<Option<String>>,
    saving: tokio::sync::Mutex<()>,
    recovery: Mutex<RecoveryReport>,
}

impl Manager {
    /// The number of the next run.
    pub(crate) async fn next_id(&self) -> Result<u32> {
        loop {
            match self.identifiers.take() {
                Taken::Id(id) => return Ok(id),
                Taken::Reserve(upper) => {
                    self.save_record(upper).await?;
                    self.identifiers.extend(upper);
                }
            }
        }
    }

    /// One at a time, so that none takes back what another has written.
    async fn save_record(&self, next_id: u32) -> Result<()> {
        let _one_at_a_time = self.saving.lock().await;
        let next_id = next_id.max(self.identifiers.reserved());
        let autostarted_boot = lock(&self.autostarted_boot).clone();
        self.store
            .save_manager(&ManagerRecord {
                format: 0,
                next_id,
                autostarted_boot,
            })
            .await
    }

    /// What the opening found and did.
    pub(crate) fn recovery(&self) -> RecoveryReport {
        lock(&self.recovery).clone()
    }
}
