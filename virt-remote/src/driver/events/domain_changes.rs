//! Events of domains, but for those of their lives.

use serde_json::{Value, json};
use virt_core::event::{AgentState, DomainChange, IoErrorAction, TrayState, WatchdogAction};

use super::native::{maybe, params, text};
use crate::protocol::Event;
use crate::protocol::remote::domain_event as plain;
use crate::protocol::remote::domain_event_callback as callback;
use crate::protocol::remote::object::Domain;
use crate::protocol::xdr::XdrError;
use crate::rpc::RpcEvent;

/// What an event says, if it is one of these.
pub(super) type Said = Option<Result<(Domain, DomainChange), XdrError>>;

/// What an event says of a domain; `None` for one that is about something else, or that nobody asked for.
pub(super) fn read(event: &RpcEvent) -> Said {
    READERS.iter().find_map(|reader| reader(event))
}

type Reader = fn(&RpcEvent) -> Said;

/// A reader for each event.
const READERS: &[Reader] = &[
    |event| said::<callback::DomainEventCallbackReboot>(event, |it| (it.msg.dom, DomainChange::Rebooted)),
    |event| {
        said::<callback::DomainEventCallbackRtcChange>(event, |it| {
            let offset_s = it.msg.offset;
            (it.msg.dom, DomainChange::RtcChanged { offset_s })
        })
    },
    |event| {
        said::<callback::DomainEventCallbackWatchdog>(event, |it| {
            let action = watchdog(it.msg.action);
            (it.msg.dom, DomainChange::Watchdog(action))
        })
    },
    |event| {
        said::<callback::DomainEventCallbackIoErrorReason>(event, |it| {
            let change = DomainChange::IoError {
                device: it.msg.dev_alias.into_text(),
                action: io_error(it.msg.action),
                reason: it.msg.reason.into_text(),
            };
            (it.msg.dom, change)
        })
    },
    |event| {
        said::<callback::DomainEventCallbackTrayChange>(event, |it| {
            let state = match it.msg.reason {
                0 => TrayState::Open,
                _ => TrayState::Closed,
            };
            let device = it.msg.dev_alias.into_text();
            (it.msg.dom, DomainChange::TrayMoved { device, state })
        })
    },
    |event| {
        said::<callback::DomainEventCallbackBalloonChange>(event, |it| {
            // In KiB, as all of libvirt's memory.
            let actual_bytes = it.msg.actual.saturating_mul(1024);
            (it.msg.dom, DomainChange::BalloonChanged { actual_bytes })
        })
    },
    |event| {
        said::<callback::DomainEventCallbackDeviceRemoved>(event, |it| {
            let device = it.msg.dev_alias.into_text();
            (it.msg.dom, DomainChange::DeviceRemoved { device })
        })
    },
    |event| {
        said::<callback::DomainEventCallbackAgentLifecycle>(event, |it| {
            let state = match it.state {
                1 => AgentState::Connected,
                _ => AgentState::Disconnected,
            };
            (it.dom, DomainChange::Agent(state))
        })
    },
    |event| {
        said::<callback::DomainEventCallbackMetadataChange>(event, |it| {
            (it.dom, DomainChange::MetadataChanged)
        })
    },
    |event| {
        said::<callback::DomainEventCallbackControlError>(event, |it| {
            (it.msg.dom, native("control-error", &json!({})))
        })
    },
    |event| {
        said::<callback::DomainEventCallbackGraphics>(event, |it| {
            let it = it.msg;
            let address = |address: &plain::DomainEventGraphicsAddress| json!({ "family": address.family, "node": text(&address.node), "service": text(&address.service) });
            let subject = it.subject.iter();
            let subject = subject.map(|one| json!({ "type": text(&one.type_), "name": text(&one.name) }));
            let data = json!({
                "phase": it.phase,
                "local": address(&it.local),
                "remote": address(&it.remote),
                "auth-scheme": text(&it.auth_scheme),
                "subject": subject.collect::<Vec<Value>>(),
            });
            (it.dom, native("graphics", &data))
        })
    },
    |event| {
        said::<callback::DomainEventCallbackDiskChange>(event, |it| {
            let it = it.msg;
            let data = json!({
                "device": text(&it.dev_alias),
                "old-source": maybe(&it.old_src_path),
                "new-source": maybe(&it.new_src_path),
                "reason": it.reason,
            });
            (it.dom, native("disk-change", &data))
        })
    },
    |event| {
        said::<callback::DomainEventCallbackPmwakeup>(event, |it| {
            (it.msg.dom, native("pm-wakeup", &json!({ "reason": it.reason })))
        })
    },
    |event| {
        said::<callback::DomainEventCallbackPmsuspend>(event, |it| {
            (it.msg.dom, native("pm-suspend", &json!({ "reason": it.reason })))
        })
    },
    |event| {
        said::<callback::DomainEventCallbackPmsuspendDisk>(event, |it| {
            (
                it.msg.dom,
                native("pm-suspend-disk", &json!({ "reason": it.reason })),
            )
        })
    },
    |event| {
        said::<plain::DomainEventBlockJob2>(event, |it| {
            let data = json!({ "disk": text(&it.dst), "type": it.type_, "status": it.status });
            (it.dom, native("block-job", &data))
        })
    },
    |event| {
        said::<callback::DomainEventCallbackTunable>(event, |it| {
            (it.dom, native("tunable", &params(&it.params)))
        })
    },
    |event| {
        said::<callback::DomainEventCallbackDeviceAdded>(event, |it| {
            let device = it.dev_alias.into_text();
            (it.dom, DomainChange::DeviceAdded { device })
        })
    },
    |event| {
        said::<callback::DomainEventCallbackMigrationIteration>(event, |it| {
            (
                it.dom,
                native("migration-iteration", &json!({ "iteration": it.iteration })),
            )
        })
    },
    |event| {
        said::<callback::DomainEventCallbackJobCompleted>(event, |it| {
            (it.dom, native("job-completed", &params(&it.params)))
        })
    },
    |event| {
        said::<callback::DomainEventCallbackDeviceRemovalFailed>(event, |it| {
            let device = it.dev_alias.into_text();
            (it.dom, DomainChange::DeviceRemovalFailed { device })
        })
    },
    |event| {
        said::<plain::DomainEventBlockThreshold>(event, |it| {
            let data = json!({
                "device": text(&it.dev),
                "path": maybe(&it.path),
                "threshold": it.threshold,
                "excess": it.excess,
            });
            (it.dom, native("block-threshold", &data))
        })
    },
    |event| {
        said::<plain::DomainEventMemoryFailure>(event, |it| {
            let data = json!({ "recipient": it.recipient, "action": it.action, "flags": it.flags });
            (it.dom, native("memory-failure", &data))
        })
    },
    |event| {
        said::<plain::DomainEventMemoryDeviceSizeChange>(event, |it| {
            let data = json!({ "device": text(&it.alias), "size": it.size });
            (it.dom, native("memory-device-size-change", &data))
        })
    },
    |event| {
        said::<plain::DomainEventNicMacChange>(event, |it| {
            let data = json!({
                "device": text(&it.alias),
                "old-mac": text(&it.old_mac),
                "new-mac": text(&it.new_mac),
            });
            (it.dom, native("nic-mac-change", &data))
        })
    },
];

fn said<E: Event>(event: &RpcEvent, say: fn(E::Message) -> (Domain, DomainChange)) -> Said {
    event.decode::<E>().map(|decoded| decoded.map(say))
}

fn native(name: &str, data: &Value) -> DomainChange {
    DomainChange::Native {
        name: name.to_owned(),
        data: data.to_string(),
    }
}

fn watchdog(action: i32) -> WatchdogAction {
    match action {
        1 => WatchdogAction::Pause,
        2 => WatchdogAction::Reset,
        3 => WatchdogAction::PowerOff,
        4 => WatchdogAction::Shutdown,
        5 => WatchdogAction::Debug,
        6 => WatchdogAction::InjectNmi,
        _ => WatchdogAction::None,
    }
}

fn io_error(action: i32) -> IoErrorAction {
    match action {
        1 => IoErrorAction::Pause,
        2 => IoErrorAction::Report,
        _ => IoErrorAction::Ignore,
    }
}
