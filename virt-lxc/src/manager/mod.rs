//! The manager of one directory of containers: what the owners of its domains share.

mod complete;
mod entry;
mod follow;
mod native;
mod open;
mod recovery;
mod rights;

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use virt_core::Result;
use virt_core::connection::HypervisorVersion;
use virt_core::host::{Host, HostFacts};
use virt_manager::{Root, lock};

pub(crate) use complete::{check_name, no_paused_start, no_reset};
pub(crate) use entry::{Entry, Operation, Run, View, Work, writes_definition};
pub use recovery::RecoveryReport;

use crate::cgroup::CgroupLayout;
use crate::store::{Machine, ManagerRecord, Store};
use crate::tools::Tools;

/// What all owners of the domains of a directory share.
#[derive(Debug)]
pub(crate) struct Manager {
    pub(crate) host: Arc<dyn Host>,
    pub(crate) tools: Tools,
    pub(crate) store: Store,
    pub(crate) root: Root<Self>,
    /// Whether the containers are on this machine, not on a far one.
    pub(crate) is_here: bool,
    /// Tells this machine from others.
    machine: String,
    groups: Mutex<Arc<CgroupLayout>>,
    version: tokio::sync::OnceCell<HypervisorVersion>,
    record: Mutex<ManagerRecord>,
    /// Directories in which there is no container yet.
    pending: Mutex<BTreeSet<String>>,
    recovery: Mutex<RecoveryReport>,
}

impl Manager {
    /// What the machine is, in its present boot.
    pub(crate) fn facts(&self) -> Arc<HostFacts> {
        self.root.reach.facts()
    }

    /// Where the machine has its controllers of control groups.
    pub(crate) fn groups(&self) -> Arc<CgroupLayout> {
        Arc::clone(&lock(&self.groups))
    }

    /// The version of liblxc's tools, asked once.
    pub(crate) async fn version(&self) -> Result<HypervisorVersion> {
        self.version
            .get_or_try_init(|| self.tools.version())
            .await
            .cloned()
    }

    /// What containers' configurations are read by.
    pub(crate) fn machine(&self) -> Machine<'_> {
        Machine {
            id: &self.machine,
            groups: self.groups(),
        }
    }

    /// What the opening found and did.
    pub(crate) fn recovery(&self) -> RecoveryReport {
        lock(&self.recovery).clone()
    }
}
