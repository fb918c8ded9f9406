//! What this driver's domains are made of.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use virt_core::console::ConsoleHub;
use virt_core::domain::{
    ConfigScope, DeviceUpdateOptions, DomainName, ExistingPolicy, LifecycleAction, LifecycleEvent,
    MetadataItem, ShutdownMode, StartOptions,
};
use virt_core::host::{HostFacts, ProcessIdentity};
use virt_core::model::{ByteSize, Device, DomainConfig};
use virt_manager::document::Kept;
use virt_manager::{Embedded, PresentRun, lock};

use super::Manager;
use crate::cgroup::ContainerGroups;
use crate::limits::Limits;
use crate::owner::{CreateWork, SnapshotWork};

/// A domain as everybody sees it, and the way to its owner.
pub(crate) type Entry = virt_manager::Entry<Manager>;

/// What is known of a domain without asking anybody.
pub(crate) type View = virt_manager::View<Manager>;

impl Embedded for Manager {
    type Operation = Operation;
    type Run = Run;
    type Live = Kept;
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

/// What an owner is asked to do.
#[derive(Debug)]
pub(crate) enum Operation {
    Define(Box<DomainConfig>, ExistingPolicy),
    Undefine,
    Start {
        options: StartOptions,
        config: Option<Box<DomainConfig>>,
    },
    Shutdown(ShutdownMode),
    Reboot(ShutdownMode),
    Suspend,
    Resume,
    Rename(DomainName),
    SetAutostart(bool),
    SetMetadata(MetadataItem, ConfigScope),
    SetLifecycleAction((LifecycleEvent, LifecycleAction), ConfigScope),
    SetMemory(ByteSize, ConfigScope),
    SetMaxMemory(ByteSize, ConfigScope),
    Checkpoint {
        directory: String,
        stops: bool,
    },
    Restore {
        directory: String,
    },
    SetLimits(Box<Limits>, ConfigScope),
    Attach(Box<Device>, ConfigScope),
    Detach(Box<Device>, ConfigScope),
    DetachAlias(String),
    Update(Box<Device>, DeviceUpdateOptions),
    Snapshot(SnapshotWork),
    Create(CreateWork),
}

impl Operation {
    /// Whether it may write the container's configuration, made of the one there is.
    pub(crate) fn writes_definition(&self) -> bool {
        match self {
            Self::Define(..)
            | Self::Undefine
            | Self::Rename(_)
            | Self::SetAutostart(_)
            | Self::SetMetadata(..)
            | Self::SetLifecycleAction(..)
            | Self::SetMemory(..)
            | Self::SetMaxMemory(..)
            | Self::SetLimits(..)
            | Self::Attach(..)
            | Self::Detach(..)
            | Self::DetachAlias(_)
            | Self::Update(..)
            | Self::Create(_) => true,
            // These look by themselves, or write none.
            Self::Start { .. }
            | Self::Shutdown(_)
            | Self::Reboot(_)
            | Self::Suspend
            | Self::Resume
            | Self::Checkpoint { .. }
            | Self::Restore { .. }
            | Self::Snapshot(_) => false,
        }
    }
}
