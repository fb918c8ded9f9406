//! What can change about a domain.

use crate::domain::StateReason;

/// What changed about a domain (`virDomainEventID` and, for the first nine, `virDomainEventType`).
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum DomainChange {
    /// It has a definition now, or another one.
    Defined(DefinedReason),
    /// Its definition is gone.
    Undefined,
    /// It runs now (or is there, paused, when started so).
    Started(StartedReason),
    /// Its vCPUs stopped.
    Suspended(SuspendedReason),
    /// Its vCPUs run again.
    Resumed(ResumedReason),
    /// The guest has shut itself down; [`DomainChange::Stopped`] follows unless it is kept.
    ShutdownFinished,
    /// It no longer runs.
    Stopped(StoppedReason),
    /// The guest put itself to sleep.
    PmSuspended,
    /// The guest crashed and is kept as it is.
    Crashed(StateReason),
    /// The guest rebooted: one event, not a stop and a start.
    Rebooted,
    /// The balloon reached another size, in bytes.
    BalloonChanged {
        /// The guest's memory now, in bytes.
        actual_bytes: u64,
    },
    /// An image could not be read or written.
    IoError {
        /// The device's alias.
        device: String,
        /// What the hypervisor did.
        action: IoErrorAction,
        /// Why, in the hypervisor's words.
        reason: String,
    },
    /// The guest agent came or went.
    Agent(AgentState),
    /// The guest reported a panic.
    Panicked {
        /// What the hypervisor did.
        action: PanicAction,
        /// What the guest told, as JSON text; empty when nothing.
        info: String,
    },
    /// The guest's watchdog ran out.
    Watchdog(WatchdogAction),
    /// The guest set its clock; seconds from the host's.
    RtcChanged {
        /// Seconds the guest's clock is ahead.
        offset_s: i64,
    },
    /// The tray of a removable drive moved.
    TrayMoved {
        /// The device's alias.
        device: String,
        /// Where it is now.
        state: TrayState,
    },
    /// A device is there.
    DeviceAdded {
        /// The device's alias.
        device: String,
    },
    /// A device is gone.
    DeviceRemoved {
        /// The device's alias.
        device: String,
    },
    /// The guest does not let go of a device it was asked for.
    DeviceRemovalFailed {
        /// The device's alias.
        device: String,
    },
    /// Title, description or metadata changed.
    MetadataChanged,
    /// An event that has no name here, as the hypervisor gave it.
    Native {
        /// Its name.
        name: String,
        /// What came with it, as JSON text.
        data: String,
    },
}

/// Why a definition came about.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum DefinedReason {
    /// It is new.
    Added,
    /// It replaced another of the same domain.
    Updated,
    /// The domain had another name.
    Renamed {
        /// The name it had.
        from: String,
    },
}

macro_rules! reasons {
    ($(#[$doc:meta])* $name:ident { $($(#[$item_doc:meta])* $item:ident),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum $name { $($(#[$item_doc])* $item),+ }
    };
}

reasons! {
    /// Why a domain runs now.
    StartedReason {
        /// It was started from its beginning.
        Booted,
        /// It was found running when the manager opened.
        Adopted,
        /// It came from a saved state.
        Restored,
        /// It came from another host.
        Migrated,
        /// It was taken back to a snapshot.
        FromSnapshot,
    }
}
reasons! {
    /// Why vCPUs stopped.
    SuspendedReason {
        /// Somebody asked for it.
        Paused,
        /// An image could not be read or written.
        IoError,
        /// The watchdog ran out.
        Watchdog,
        /// The guest panicked.
        Panicked,
        /// A job needs it so: a core dump, a migration.
        Job,
        /// The hypervisor did not say.
        Unknown,
    }
}
reasons! {
    /// Why vCPUs run again.
    ResumedReason {
        /// Somebody asked for it.
        Unpaused,
        /// The job that needed them stopped is over.
        JobOver,
        /// The guest woke up from its own sleep.
        WokenUp,
    }
}
reasons! {
    /// Why a domain no longer runs.
    StoppedReason {
        /// The guest shut itself down.
        Shutdown,
        /// It was destroyed.
        Destroyed,
        /// It crashed: the hypervisor's process ended without being told to.
        Crashed,
        /// It went to another host.
        Migrated,
        /// Its state was saved.
        Saved,
        /// It was taken back to a snapshot.
        FromSnapshot,
        /// It could not be started.
        Failed,
    }
}
reasons! {
    /// What the hypervisor did about an I/O error.
    IoErrorAction {
        /// Nothing: the guest does not know.
        Ignore,
        /// It told the guest.
        Report,
        /// It stopped the vCPUs.
        Pause,
    }
}
reasons! {
    /// Whether the guest agent is there.
    AgentState {
        /// It listens on its channel.
        Connected,
        /// It does not.
        Disconnected,
    }
}
reasons! {
    /// What the hypervisor did about a guest's panic.
    PanicAction {
        /// It stopped the vCPUs and keeps the guest.
        Pause,
        /// It ended the guest.
        PowerOff,
        /// The guest goes on.
        Run,
    }
}
reasons! {
    /// What the hypervisor did when the watchdog ran out.
    WatchdogAction {
        /// Nothing.
        None,
        /// It stopped the vCPUs.
        Pause,
        /// It reset the guest.
        Reset,
        /// It ended the guest.
        PowerOff,
        /// It asked the guest to shut down.
        Shutdown,
        /// It logged it.
        Debug,
        /// It sent the guest a non-maskable interrupt.
        InjectNmi,
    }
}
reasons! {
    /// Where a drive's tray is.
    TrayState {
        /// Open.
        Open,
        /// Closed.
        Closed,
    }
}
