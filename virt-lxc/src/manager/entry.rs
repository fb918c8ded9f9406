//! A domain as everybody sees it, and the way to its owner.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tokio::sync::{Notify, watch};
use uuid::Uuid;
use virt_core::Result;
use virt_core::console::ConsoleHub;
use virt_core::domain::{
    ConfigScope, DeviceUpdateOptions, DomainInfo, DomainName, DomainRef, DomainState, ExistingPolicy,
    LifecycleAction, LifecycleEvent, MetadataItem, ShutdownMode, StartOptions, StateReason,
};
use virt_core::host::{HostFacts, ProcessIdentity};
use virt_core::model::{ByteSize, Device, DomainConfig};
use virt_manager::document::{Glance, Kept};
use virt_manager::{Closing, Inbox, OwnerLine, Registered, lock, not_running};

use crate::cgroup::ContainerGroups;
use crate::limits::Limits;
use crate::owner::{CreateWork, SnapshotWork};

/// A domain as everybody sees it, and the way to its owner.
#[derive(Debug)]
pub(crate) struct Entry {
    uuid: Uuid,
    view: Mutex<View>,
    pub(crate) owner: OwnerLine<Operation>,
    /// Something may have happened to the container.
    pub(crate) look: Notify,
}

/// What is known of a domain without asking anybody. Written by its owner only.
#[derive(Debug, Clone)]
pub(crate) struct View {
    pub(crate) name: String,
    /// Whether it exists for others: not before its definition is on disk.
    pub(crate) visible: bool,
    pub(crate) state: DomainState,
    pub(crate) reason: StateReason,
    pub(crate) autostart: bool,
    /// The configuration of the next start; `None` for a transient domain.
    pub(crate) inactive: Option<Kept>,
    /// For a transient domain: the configuration it was started with.
    pub(crate) origin: Option<Kept>,
    /// The configuration of the present run.
    pub(crate) live: Option<Kept>,
    /// The present run.
    pub(crate) run: Option<Arc<Run>>,
}

/// What others may use of a run beside its owner.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) init: ProcessIdentity,
    pub(crate) groups: ContainerGroups,
    pub(crate) auto_destroy: bool,
    /// Seconds since 1970.
    pub(crate) started_at: u64,
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

    /// Closes whatever is open to the container; it goes on.
    pub(crate) fn disconnect(&self) {
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

impl View {
    /// A domain that does not run and is not there for others yet.
    pub(crate) fn hidden(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            visible: false,
            state: DomainState::ShutOff,
            reason: StateReason::Unknown,
            autostart: false,
            inactive: None,
            origin: None,
            live: None,
            run: None,
        }
    }

    pub(crate) fn id(&self) -> Option<u32> {
        self.run.as_ref().map(|run| run.init.pid)
    }

    pub(crate) fn is_active(&self) -> bool {
        self.run.is_some()
    }

    /// What is often looked at of the live configuration, or of that of the next start.
    pub(crate) fn glance(&self) -> Option<&Glance> {
        self.live.as_ref().or(self.inactive.as_ref()).map(Kept::glance)
    }

    pub(crate) fn info(&self, uuid: Uuid) -> DomainInfo {
        let mut info = DomainInfo::shut_off(DomainRef::new(uuid, self.name.as_str()));
        info.id = self.id();
        info.state = self.state;
        info.reason = self.reason;
        info.persistent = self.inactive.is_some();
        info.autostart = self.autostart;
        if let Some(glance) = self.glance() {
            info.max_memory = glance.memory;
            info.memory = glance.current_memory;
            info.vcpus = glance.vcpus;
            info.title.clone_from(&glance.title);
        }
        if let Some(run) = &self.run {
            // What goes into a container needs nobody in it.
            info.agent_connected = Some(true);
            info.auto_destroy = run.auto_destroy;
            info.running_for = Some(since(run.started_at));
        }
        info
    }
}

fn since(started_at: u64) -> Duration {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    now.saturating_sub(Duration::from_secs(started_at))
}

impl Entry {
    /// A new domain that nobody sees yet, and what its owner reads.
    pub(crate) fn new(
        uuid: Uuid,
        view: View,
        closing: watch::Receiver<Closing>,
    ) -> (Arc<Self>, Inbox<Operation>) {
        let (owner, inbox) = OwnerLine::new(closing);
        let entry = Arc::new(Self {
            uuid,
            view: Mutex::new(view),
            owner,
            look: Notify::new(),
        });
        (entry, inbox)
    }

    /// What is known of it. Never held across an await.
    pub(crate) fn view(&self) -> MutexGuard<'_, View> {
        lock(&self.view)
    }

    pub(crate) fn reference(&self) -> DomainRef {
        DomainRef::new(self.uuid, self.view().name.as_str())
    }

    /// The present run.
    pub(crate) fn run(&self) -> Result<Arc<Run>> {
        let view = self.view();
        view.run
            .clone()
            .ok_or_else(|| not_running(view.state, view.reason))
    }
}

impl Registered for Entry {
    fn uuid(&self) -> Uuid {
        self.uuid
    }

    fn name(&self) -> String {
        self.view().name.clone()
    }

    fn is_visible(&self) -> bool {
        self.view().visible
    }

    fn id(&self) -> Option<u32> {
        self.view().id()
    }
}
