//! Removable media. A device is named by its id; changing a medium is: open the tray, remove the medium, insert the
//! new node, close the tray.

use serde::Serialize;

use crate::qmp::Nothing;
use crate::qmp::command::commands;

/// `eject`: opens the tray and removes the medium.
#[derive(Debug, Clone, Serialize)]
pub struct Eject {
    /// The device's id.
    pub id: String,
    /// Even where the guest has locked the tray.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub force: Option<bool>,
}

/// `blockdev-open-tray`: opens the tray. Where the guest has locked it, it is only asked to, unless forced; the tray
/// is open once `DEVICE_TRAY_MOVED` says so.
#[derive(Debug, Clone, Serialize)]
pub struct BlockdevOpenTray {
    /// The device's id.
    pub id: String,
    /// Even where the guest has locked the tray.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub force: Option<bool>,
}

/// `blockdev-close-tray`: closes the tray.
#[derive(Debug, Clone, Serialize)]
pub struct BlockdevCloseTray {
    /// The device's id.
    pub id: String,
}

/// `blockdev-remove-medium`: takes the medium out of an open tray.
#[derive(Debug, Clone, Serialize)]
pub struct BlockdevRemoveMedium {
    /// The device's id.
    pub id: String,
}

/// `blockdev-insert-medium`: puts a node into an open, empty tray.
#[derive(Debug, Clone, Serialize)]
pub struct BlockdevInsertMedium {
    /// The device's id.
    pub id: String,
    /// The node.
    #[serde(rename = "node-name")]
    pub node_name: String,
}

commands! {
    Eject: "eject" => Nothing;
    BlockdevOpenTray: "blockdev-open-tray" => Nothing;
    BlockdevCloseTray: "blockdev-close-tray" => Nothing;
    BlockdevRemoveMedium: "blockdev-remove-medium" => Nothing;
    BlockdevInsertMedium: "blockdev-insert-medium" => Nothing;
}
