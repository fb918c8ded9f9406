//! Plugging and unplugging devices, and the objects and network back ends behind them.

use serde::Serialize;
use serde_json::Value;

use crate::qmp::Nothing;
use crate::qmp::command::commands;

/// `device_add`: plugs a device in. The value is the device as `-device` takes it in JSON.
#[derive(Debug, Clone, Serialize)]
#[serde(transparent)]
pub struct DeviceAdd(pub Value);

/// `device_del`: asks for a device to be unplugged. It is gone once `DEVICE_DELETED` says so; the guest may refuse.
#[derive(Debug, Clone, Serialize)]
pub struct DeviceDel {
    /// The device's id or object path.
    pub id: String,
}

/// `object-add`: adds an object. The value is the object as `-object` takes it in JSON.
#[derive(Clone, Serialize)]
#[serde(transparent)]
pub struct ObjectAdd(pub Value);

impl std::fmt::Debug for ObjectAdd {
    /// Shows type and id only: the object may be a secret.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ObjectAdd")
            .field("qom-type", &self.0.get("qom-type"))
            .field("id", &self.0.get("id"))
            .finish_non_exhaustive()
    }
}

/// `object-del`: removes an object that nothing uses.
#[derive(Debug, Clone, Serialize)]
pub struct ObjectDel {
    /// The object's id.
    pub id: String,
}

/// `netdev_add`: adds a network back end. The value is the back end as `-netdev` takes it in JSON.
#[derive(Debug, Clone, Serialize)]
#[serde(transparent)]
pub struct NetdevAdd(pub Value);

/// `netdev_del`: removes a network back end.
#[derive(Debug, Clone, Serialize)]
pub struct NetdevDel {
    /// The back end's id.
    pub id: String,
}

/// `set_link`: plugs a network card's cable in or out.
#[derive(Debug, Clone, Serialize)]
pub struct SetLink {
    /// The card's id.
    pub name: String,
    /// Whether the cable is in.
    pub up: bool,
}

commands! {
    DeviceAdd: "device_add" => Nothing;
    DeviceDel: "device_del" => Nothing;
    ObjectAdd: "object-add" => Nothing;
    ObjectDel: "object-del" => Nothing;
    NetdevAdd: "netdev_add" => Nothing;
    NetdevDel: "netdev_del" => Nothing;
    SetLink: "set_link" => Nothing;
}
