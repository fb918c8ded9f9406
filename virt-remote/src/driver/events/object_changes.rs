//! Events of networks, storage pools, secrets and devices.

use serde_json::json;
use virt_core::event::{
    Event, NetworkChange, NetworkEvent, NodeDeviceChange, NodeDeviceEvent, SecretChange, SecretEvent,
    StoragePoolChange, StoragePoolEvent,
};

use crate::driver::objects;
use crate::protocol::Event as Told;
use crate::protocol::remote::event::{
    NetworkEventCallbackMetadataChange, NetworkEventLifecycle, NodeDeviceEventLifecycle,
    NodeDeviceEventUpdate, SecretEventLifecycle, SecretEventValueChanged, StoragePoolEventLifecycle,
    StoragePoolEventRefresh,
};
use crate::protocol::xdr::XdrError;
use crate::rpc::RpcEvent;

/// What an event says, if it is one of these.
pub(super) type Said = Option<Result<Event, XdrError>>;

/// What an event says of an object that is no domain; `None` for one that is about something else.
pub(super) fn read(event: &RpcEvent) -> Said {
    READERS.iter().find_map(|reader| reader(event))
}

type Reader = fn(&RpcEvent) -> Said;

/// A reader for each event.
const READERS: &[Reader] = &[
    |event| {
        said::<NetworkEventLifecycle>(event, |it| {
            let change = match it.event {
                0 => NetworkChange::Defined,
                1 => NetworkChange::Undefined,
                2 => NetworkChange::Started,
                3 => NetworkChange::Stopped,
                other => NetworkChange::Native {
                    name: lifecycle(other),
                    data: detail(it.detail),
                },
            };
            Event::Network(NetworkEvent::now(objects::network_ref(&it.net), change))
        })
    },
    |event| {
        said::<NetworkEventCallbackMetadataChange>(event, |it| {
            let network = objects::network_ref(&it.net);
            Event::Network(NetworkEvent::now(network, NetworkChange::MetadataChanged))
        })
    },
    |event| {
        said::<StoragePoolEventLifecycle>(event, |it| {
            let change = match it.event {
                0 => StoragePoolChange::Defined,
                1 => StoragePoolChange::Undefined,
                2 => StoragePoolChange::Started,
                3 => StoragePoolChange::Stopped,
                4 => StoragePoolChange::Created,
                5 => StoragePoolChange::Deleted,
                other => StoragePoolChange::Native {
                    name: lifecycle(other),
                    data: detail(it.detail),
                },
            };
            Event::StoragePool(StoragePoolEvent::now(objects::pool_ref(&it.pool), change))
        })
    },
    |event| {
        said::<StoragePoolEventRefresh>(event, |it| {
            let pool = objects::pool_ref(&it.pool);
            Event::StoragePool(StoragePoolEvent::now(pool, StoragePoolChange::Refreshed))
        })
    },
    |event| {
        said::<SecretEventLifecycle>(event, |it| {
            let change = match it.event {
                0 => SecretChange::Defined,
                1 => SecretChange::Undefined,
                other => SecretChange::Native {
                    name: lifecycle(other),
                    data: detail(it.detail),
                },
            };
            Event::Secret(SecretEvent::now(objects::secret_ref(&it.secret), change))
        })
    },
    |event| {
        said::<SecretEventValueChanged>(event, |it| {
            let secret = objects::secret_ref(&it.secret);
            Event::Secret(SecretEvent::now(secret, SecretChange::ValueChanged))
        })
    },
    |event| {
        said::<NodeDeviceEventLifecycle>(event, |it| {
            let change = match it.event {
                0 => NodeDeviceChange::Created,
                1 => NodeDeviceChange::Deleted,
                2 => NodeDeviceChange::Defined,
                3 => NodeDeviceChange::Undefined,
                other => NodeDeviceChange::Native {
                    name: lifecycle(other),
                    data: detail(it.detail),
                },
            };
            Event::NodeDevice(NodeDeviceEvent::now(objects::device_ref(&it.dev), change))
        })
    },
    |event| {
        said::<NodeDeviceEventUpdate>(event, |it| {
            let device = objects::device_ref(&it.dev);
            Event::NodeDevice(NodeDeviceEvent::now(device, NodeDeviceChange::Updated))
        })
    },
];

fn said<E: Told>(event: &RpcEvent, read: impl FnOnce(E::Message) -> Event) -> Said {
    Some(event.decode::<E>()?.map(read))
}

/// The name of a turn in an object's life that has none here: its number.
fn lifecycle(event: i32) -> String {
    format!("lifecycle {event}")
}

fn detail(detail: i32) -> String {
    json!({ "detail": detail }).to_string()
}
