//! What this driver's domains are made of.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use virt_core::console::ConsoleHub;
use virt_core::domain::{ConfigScope, DeviceUpdateOptions, DomainSelector};
use virt_core::host::{HostFacts, ProcessIdentity};
use virt_core::model::{Device, DomainConfig};
use virt_core::{CallContext, Outcome, Result};
use virt_manager::document::Kept;
use virt_manager::{Embedded, Inbox, PresentRun, Root, lock};

use super::Manager;
use super::complete::check;
use crate::cgroup::ContainerGroups;
use crate::limits::Limits;
use crate::owner::{self, CreateWork, SnapshotWork};

/// A domain as everybody sees it, and the way to its owner.
pub(crate) type Entry = virt_manager::Entry<Manager>;

/// What is known of a domain without asking anybody.
pub(crate) type View = virt_manager::View<Manager>;

/// What an owner is asked to do.
pub(crate) type Operation = virt_manager::Operation<Work>;

impl Embedded for Manager {
    type Work = Work;
    type Run = Run;
    type Live = Kept;

    fn root(&self) -> &Root<Self> {
        &self.root
    }

    fn own(self: &Arc<Self>, entry: Arc<Entry>, inbox: Inbox<Operation>) -> Result<()> {
        owner::spawn(self, entry, inbox, None, None)
    }

    async fn complete(
        self: &Arc<Self>,
        call: &CallContext,
        config: &DomainConfig,
    ) -> Result<Box<DomainConfig>> {
        self.complete_config(call, config).await
    }

    fn check(&self, operation: &Operation) -> Result<()> {
        check(operation)
    }

    async fn look_for_others(
        self: &Arc<Self>,
        call: &CallContext,
        one: Option<&DomainSelector>,
    ) -> Result<()> {
        let looked = async {
            self.look_at_pending().await?;
            match one {
                Some(one) => self.look_for_one_of_others(one).await,
                None => Ok(()),
            }
        };
        call.bound(Outcome::NotApplied, looked).await
    }

    fn autostarted_boot(&self) -> Option<String> {
        lock(&self.record).autostarted_boot.clone()
    }

    async fn begin_boot(&self, boot: String) -> Result<bool> {
        // It may have been booted with another layout.
        if let Err(error) = self.read_groups_again().await {
            tracing::debug!(%error, "where the machine has its control groups cannot be told now");
        }
        let (record, before) = {
            let mut record = lock(&self.record);
            let before = record.autostarted_boot.replace(boot.clone());
            (record.clone(), before)
        };
        self.store.save_manager(&record).await?;
        // The first manager of a directory that others have used: what does not run was ended by somebody in this boot.
        Ok(before.is_some_and(|before| before != boot))
    }
}

/// What others may use of a run beside its owner.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) init: ProcessIdentity,
    pub(crate) groups: ContainerGroups,
    auto_destroy: bool,
    /// Seconds since 1970.
    started_at: u64,
    pub(crate) consoles: Mutex<HashMap<u32, Arc<ConsoleHub>>>,
}

impl Run {
    pub(crate) fn new(
        init: ProcessIdentity,
        groups: ContainerGroups,
        auto_destroy: bool,
        facts: &HostFacts,
    ) -> Self {
        let since_boot = init.start_time / facts.clock_ticks.max(1);
        Self {
            init,
            groups,
            auto_destroy,
            started_at: facts.boot_time.saturating_add(since_boot),
            consoles: Mutex::default(),
        }
    }
}

impl PresentRun for Run {
    fn id(&self) -> u32 {
        self.init.pid
    }

    fn auto_destroy(&self) -> bool {
        self.auto_destroy
    }

    fn started_at(&self) -> u64 {
        self.started_at
    }

    fn disconnect(&self) {
        lock(&self.consoles).clear();
    }
}

/// What an owner of a container can do beyond what all can.
#[derive(Debug)]
pub(crate) enum Work {
    Checkpoint { directory: String, stops: bool },
    Restore { directory: String },
    SetLimits(Box<Limits>, ConfigScope),
    Attach(Box<Device>, ConfigScope),
    Detach(Box<Device>, ConfigScope),
    DetachAlias(String),
    Update(Box<Device>, DeviceUpdateOptions),
    Snapshot(SnapshotWork),
    Create(CreateWork),
}

/// Whether it may write the container's configuration, made of the one there is.
pub(crate) fn writes_definition(operation: &Operation) -> bool {
    match operation {
        Operation::Define(..)
        | Operation::Undefine
        | Operation::Rename(_)
        | Operation::SetAutostart(_)
        | Operation::SetMetadata(..)
        | Operation::SetLifecycleAction(..)
        | Operation::SetMemory(..)
        | Operation::SetMaxMemory(..) => true,
        // These look by themselves, or write none.
        Operation::Start { .. }
        | Operation::Shutdown(_)
        | Operation::Reboot(_)
        | Operation::Reset
        | Operation::Suspend
        | Operation::Resume => false,
        Operation::Own(work) => match work {
            Work::SetLimits(..)
            | Work::Attach(..)
            | Work::Detach(..)
            | Work::DetachAlias(_)
            | Work::Update(..)
            | Work::Create(_) => true,
            Work::Checkpoint { .. } | Work::Restore { .. } | Work::Snapshot(_) => false,
        },
    }
}
