//! Devices of IBM Z's channel subsystem.

use crate::model::value::{Hex8, Hex32};
use crate::xml::{Rest, XmlElement};

/// `<channel_dev_addr>`: the address of a channel device.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct ChannelAddress {
    /// The channel subsystem, 0 to 0xfe.
    #[xml(leaf)]
    pub cssid: Option<Hex8>,
    /// The subchannel set, 0 to 3.
    #[xml(leaf)]
    pub ssid: Option<Hex8>,
    /// The device, 0 to 0xffff.
    #[xml(leaf)]
    pub devno: Option<Hex32>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<members>`: the devices of a group.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct GroupMembers {
    /// The devices.
    #[xml(child = "ccw_device")]
    pub devices: Vec<GroupMember>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<ccw_device>`: one device of a group.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct GroupMember {
    /// How the group calls it: `cdev0`, `cdev1`, …
    #[xml(attr = "ref")]
    pub reference: Option<String>,
    /// The name of the node device.
    #[xml(text)]
    pub name: Option<String>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}
