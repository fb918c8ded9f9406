//! PCI devices.

use super::kind::VpdAccess;
use crate::model::domain::devices::Address;
use crate::xml::{Rest, XmlElement, xml_enum};

/// `<iommuGroup>`: what can only be handed to a guest together.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct IommuGroup {
    /// Its number.
    #[xml(attr)]
    pub number: Option<u32>,
    /// Its PCI devices.
    #[xml(child = "address")]
    pub addresses: Vec<Address>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<numa>`: the NUMA node a device is near to.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct NumaNode {
    /// The node; none when negative.
    #[xml(attr)]
    pub node: Option<i32>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<pci-express>`: it is a PCI Express device.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct PciExpress {
    /// What its link can do, and what it does.
    #[xml(child = "link")]
    pub links: Vec<PciLink>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

xml_enum! {
    /// What is said of a link.
    pub enum PciLinkValidity {
        /// What it can do.
        Capability = "cap",
        /// What it does.
        Status = "sta",
    }

    /// The speed of a link, in gigatransfers a second.
    pub enum PciLinkSpeed {
        Gen1 = "2.5",
        Gen2 = "5",
        Gen3 = "8",
        Gen4 = "16",
        Gen5 = "32",
        Gen6 = "64",
    }
}

/// `<link>` of `<pci-express>`.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct PciLink {
    /// What is said.
    #[xml(attr)]
    pub validity: Option<PciLinkValidity>,
    /// The number of the port; none when negative.
    #[xml(attr)]
    pub port: Option<i32>,
    /// The speed.
    #[xml(attr)]
    pub speed: Option<PciLinkSpeed>,
    /// How many lanes there are.
    #[xml(attr)]
    pub width: Option<u32>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<fields>` of the vital product data.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct VpdFields {
    /// Which part it is.
    #[xml(attr)]
    pub access: Option<VpdAccess>,
    /// readonly: the level of engineering changes.
    #[xml(leaf)]
    pub change_level: Option<String>,
    /// readonly: the maker's identifier.
    #[xml(leaf)]
    pub manufacture_id: Option<String>,
    /// readonly: the number of the part.
    #[xml(leaf)]
    pub part_number: Option<String>,
    /// readonly: the serial number.
    #[xml(leaf)]
    pub serial_number: Option<String>,
    /// readwrite: the owner's number.
    #[xml(leaf)]
    pub asset_tag: Option<String>,
    /// What the vendor adds.
    #[xml(child = "vendor_field")]
    pub vendor_fields: Vec<VpdField>,
    /// readwrite: what the system adds.
    #[xml(child = "system_field")]
    pub system_fields: Vec<VpdField>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<vendor_field>` and `<system_field>`.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct VpdField {
    /// Which it is: a digit or a capital letter; not `A` for the system.
    #[xml(attr)]
    pub index: Option<String>,
    /// Its value, 255 characters at most.
    #[xml(text)]
    pub value: Option<String>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}
