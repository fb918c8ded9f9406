//! Events: what QEMU says without being asked.
//!
//! Every event keeps its name and data as received; [`QmpEvent::kind`] is the typed view, and
//! [`EventKind::Unknown`] for an event this version does not know or whose data is not of the known form.

mod block;
mod device;
mod guest;
mod job;
mod lifecycle;

use std::time::{Duration, SystemTime};

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

pub use block::{BlockErrorAction, BlockIoError, BlockIoOperation, BlockThreshold, TrayMoved};
pub use device::{
    DeviceDeleted, DeviceUnplugGuestError, MemoryDeviceSizeChange, NicRxFilterChanged, PortChange,
};
pub use guest::{
    BalloonChange, GuestPanicAction, GuestPanicInformation, GuestPanicked, MemoryFailure, MemoryFailureFlags,
    RtcChange, Watchdog, WatchdogAction,
};
pub use job::{
    BlockJobCompleted, BlockJobError, BlockJobReady, JobStatus, JobStatusChange, MigrationEvent,
    MigrationPass,
};
pub use lifecycle::{Reset, Shutdown, ShutdownCause};

/// An event as it was received.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct QmpEvent {
    /// The name on the wire.
    pub name: String,
    /// The data as received; `Null` where there was none.
    pub data: Value,
    /// When it happened by the host's clock; `None` where the clock could not be read.
    pub timestamp: Option<SystemTime>,
    /// The typed view.
    pub kind: EventKind,
}

impl QmpEvent {
    pub(crate) fn decode(name: String, data: Value, timestamp: Timestamp) -> Self {
        let kind = EventKind::decode(&name, &data).unwrap_or(EventKind::Unknown);
        Self {
            name,
            data,
            timestamp: timestamp.time(),
            kind,
        }
    }
}

/// The time stamp of an event; QEMU writes -1 where its clock failed.
#[derive(Debug, Clone, Copy, Deserialize)]
pub(crate) struct Timestamp {
    #[serde(default = "unknown_time")]
    seconds: i64,
    #[serde(default = "unknown_time")]
    microseconds: i64,
}

fn unknown_time() -> i64 {
    -1
}

impl Default for Timestamp {
    fn default() -> Self {
        Self {
            seconds: unknown_time(),
            microseconds: unknown_time(),
        }
    }
}

impl Timestamp {
    fn time(self) -> Option<SystemTime> {
        let seconds = Duration::from_secs(u64::try_from(self.seconds).ok()?);
        let micros = Duration::from_micros(u64::try_from(self.microseconds).ok()?);
        SystemTime::UNIX_EPOCH.checked_add(seconds.checked_add(micros)?)
    }
}

macro_rules! events {
    ($( $(#[$meta:meta])* $variant:ident $(($data:ty))? = $name:literal, )*) => {
        /// The typed view of an event, named after QEMU's own names.
        #[derive(Debug, Clone)]
        #[non_exhaustive]
        pub enum EventKind {
            $( $(#[$meta])* $variant $(($data))?, )*
            /// An event this version does not know, or whose data is not of the known form: see
            /// [`QmpEvent::name`] and [`QmpEvent::data`].
            Unknown,
        }

        impl EventKind {
            fn decode(name: &str, data: &Value) -> Option<Self> {
                match name {
                    $( $name => events!(@decode data, $variant $(, $data)?), )*
                    _ => None,
                }
            }
        }
    };
    (@decode $value:expr, $variant:ident, $data:ty) => { decode_data::<$data>($value).map(Self::$variant) };
    (@decode $value:expr, $variant:ident) => { Some(Self::$variant) };
}

fn decode_data<T: DeserializeOwned>(data: &Value) -> Option<T> {
    if data.is_null() {
        return T::deserialize(Value::Object(serde_json::Map::new())).ok();
    }
    T::deserialize(data).ok()
}

events! {
    /// The guest or QEMU is shutting down, or was told to; QEMU exits next unless told to stay.
    Shutdown(Shutdown) = "SHUTDOWN",
    /// The guest was reset.
    Reset(Reset) = "RESET",
    /// The power button was pressed from outside (`system_powerdown`).
    Powerdown = "POWERDOWN",
    /// The vCPUs were stopped.
    Stop = "STOP",
    /// The vCPUs run again.
    Resume = "RESUME",
    /// The guest suspended itself to memory.
    Suspend = "SUSPEND",
    /// The guest suspended itself to disk.
    SuspendDisk = "SUSPEND_DISK",
    /// The guest woke from suspend.
    Wakeup = "WAKEUP",
    /// The guest's kernel panicked, as far as its pvpanic device told.
    GuestPanicked(GuestPanicked) = "GUEST_PANICKED",
    /// The guest's crash kernel was loaded.
    GuestCrashloaded(GuestPanicked) = "GUEST_CRASHLOADED",
    /// The guest's paravirtual shutdown was asked for through pvpanic.
    GuestPvshutdown = "GUEST_PVSHUTDOWN",
    /// The watchdog fired.
    Watchdog(Watchdog) = "WATCHDOG",
    /// The balloon was resized by the guest.
    BalloonChange(BalloonChange) = "BALLOON_CHANGE",
    /// The guest changed its clock.
    RtcChange(RtcChange) = "RTC_CHANGE",
    /// A hardware memory error hit the guest.
    MemoryFailure(MemoryFailure) = "MEMORY_FAILURE",
    /// A read or write of a disk failed.
    BlockIoError(BlockIoError) = "BLOCK_IO_ERROR",
    /// A disk passed its write threshold.
    BlockWriteThreshold(BlockThreshold) = "BLOCK_WRITE_THRESHOLD",
    /// A medium's tray opened or closed.
    TrayMoved(TrayMoved) = "DEVICE_TRAY_MOVED",
    /// A device is gone: the end of an unplug.
    DeviceDeleted(DeviceDeleted) = "DEVICE_DELETED",
    /// The guest refused an unplug.
    DeviceUnplugGuestError(DeviceUnplugGuestError) = "DEVICE_UNPLUG_GUEST_ERROR",
    /// A memory device changed its size.
    MemoryDeviceSizeChange(MemoryDeviceSizeChange) = "MEMORY_DEVICE_SIZE_CHANGE",
    /// A port of the guest's virtio-serial was opened or closed inside the guest.
    PortChange(PortChange) = "VSERPORT_CHANGE",
    /// The guest changed the receive filter of a network card.
    NicRxFilterChanged(NicRxFilterChanged) = "NIC_RX_FILTER_CHANGED",
    /// A job changed its status.
    JobStatusChange(JobStatusChange) = "JOB_STATUS_CHANGE",
    /// A block job ended well or badly.
    BlockJobCompleted(BlockJobCompleted) = "BLOCK_JOB_COMPLETED",
    /// A block job was cancelled.
    BlockJobCancelled(BlockJobCompleted) = "BLOCK_JOB_CANCELLED",
    /// A block job met an error and went on or paused.
    BlockJobError(BlockJobError) = "BLOCK_JOB_ERROR",
    /// A block job can be completed.
    BlockJobReady(BlockJobReady) = "BLOCK_JOB_READY",
    /// A migration changed its status.
    Migration(MigrationEvent) = "MIGRATION",
    /// A migration began another pass over the memory.
    MigrationPass(MigrationPass) = "MIGRATION_PASS",
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn event(name: &str, data: Value) -> QmpEvent {
        QmpEvent::decode(
            name.to_owned(),
            data,
            Timestamp {
                seconds: 1_700_000_000,
                microseconds: 5,
            },
        )
    }

    #[test]
    fn a_shutdown_tells_who_asked_for_it() {
        let kind = event(
            "SHUTDOWN",
            json!({"guest": true, "reason": "guest-shutdown", "new": 1}),
        )
        .kind;
        let EventKind::Shutdown(shutdown) = kind else {
            panic!("{kind:?}")
        };
        assert!(shutdown.guest);
        assert_eq!(shutdown.reason, ShutdownCause::GuestShutdown);
    }

    #[test]
    fn an_unknown_enum_value_keeps_the_event_typed() {
        let kind = event("SHUTDOWN", json!({"guest": false, "reason": "meteorite"})).kind;
        let EventKind::Shutdown(shutdown) = kind else {
            panic!("{kind:?}")
        };
        assert_eq!(shutdown.reason, ShutdownCause::Unknown("meteorite".to_owned()));
    }

    #[test]
    fn unknown_events_and_unknown_forms_are_kept_raw() {
        for (name, data) in [
            ("NEWS", json!({"x": 1})),
            ("DEVICE_TRAY_MOVED", json!({"tray-open": "maybe"})),
        ] {
            let event = event(name, data.clone());
            assert!(matches!(event.kind, EventKind::Unknown), "{event:?}");
            assert_eq!((event.name.as_str(), event.data), (name, data));
        }
    }

    #[test]
    fn a_clock_that_failed_gives_no_time() {
        let failed: Timestamp = serde_json::from_str(r#"{"seconds": -1, "microseconds": -1}"#).unwrap();
        assert_eq!(
            QmpEvent::decode("STOP".to_owned(), Value::Null, failed).timestamp,
            None
        );
        assert!(event("STOP", Value::Null).timestamp.is_some());
    }

    #[test]
    fn every_kind_of_event_decodes_from_a_sample() {
        let samples = [
            ("RESET", json!({"guest": true, "reason": "guest-reset"})),
            ("POWERDOWN", Value::Null),
            (
                "GUEST_PANICKED",
                json!({"action": "pause", "info": {"type": "hyper-v", "arg1": 1}}),
            ),
            ("GUEST_CRASHLOADED", json!({"action": "run"})),
            ("WATCHDOG", json!({"action": "reset"})),
            ("BALLOON_CHANGE", json!({"actual": 944_766_976_u64})),
            (
                "RTC_CHANGE",
                json!({"offset": -78, "qom-path": "/machine/unattached/device[0]"}),
            ),
            (
                "MEMORY_FAILURE",
                json!({"recipient": "guest", "action": "inject", "flags": {"action-required": true}}),
            ),
            (
                "BLOCK_IO_ERROR",
                json!({"device": "", "qom-path": "/machine/peripheral/d", "node-name": "n", "operation": "write",
                    "action": "stop", "reason": "No space left on device", "nospace": true}),
            ),
            (
                "BLOCK_WRITE_THRESHOLD",
                json!({"node-name": "n", "amount-exceeded": 1, "write-threshold": 2}),
            ),
            (
                "DEVICE_TRAY_MOVED",
                json!({"device": "", "id": "cd0", "tray-open": true}),
            ),
            (
                "DEVICE_DELETED",
                json!({"path": "/machine/peripheral/x/virtio-backend"}),
            ),
            (
                "DEVICE_UNPLUG_GUEST_ERROR",
                json!({"device": "x", "path": "/machine/peripheral/x"}),
            ),
            (
                "MEMORY_DEVICE_SIZE_CHANGE",
                json!({"id": "m", "size": 1, "qom-path": "/m"}),
            ),
            ("VSERPORT_CHANGE", json!({"id": "channel0", "open": true})),
            (
                "NIC_RX_FILTER_CHANGED",
                json!({"name": "net0", "path": "/machine/peripheral/net0"}),
            ),
            ("JOB_STATUS_CHANGE", json!({"id": "j", "status": "concluded"})),
            (
                "BLOCK_JOB_COMPLETED",
                json!({"type": "stream", "device": "j", "len": 10, "offset": 10, "speed": 0}),
            ),
            (
                "BLOCK_JOB_ERROR",
                json!({"device": "j", "operation": "read", "action": "report"}),
            ),
            (
                "BLOCK_JOB_READY",
                json!({"type": "mirror", "device": "j", "len": 1, "offset": 1, "speed": 0}),
            ),
            ("MIGRATION", json!({"status": "completed"})),
            ("MIGRATION_PASS", json!({"pass": 2})),
        ];
        for (name, data) in samples {
            let event = event(name, data);
            assert!(!matches!(event.kind, EventKind::Unknown), "{name}");
        }
    }
}
