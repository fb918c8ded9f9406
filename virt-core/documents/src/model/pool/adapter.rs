//! Adapters of SCSI pools.

use crate::model::domain::devices::{Address, AddressType};
use crate::model::value::{PciAddress, YesNo};
use crate::xml::{Rest, XmlElement, xml_enum};

xml_enum! {
    /// What kind of adapter it is.
    pub enum AdapterType {
        /// A SCSI host.
        ScsiHost = "scsi_host",
        /// A Fibre Channel host, perhaps a virtual one.
        FcHost = "fc_host",
    }
}

/// `<adapter>`: a SCSI host by its name or its PCI device, or a Fibre Channel host by its world wide names.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct PoolAdapter {
    /// Which kind it is; `scsi_host` when only a name is said.
    #[xml(attr = "type")]
    pub kind: Option<AdapterType>,
    /// scsi_host: its name, as `host0` or `scsi_host0`.
    #[xml(attr)]
    pub name: Option<String>,
    /// fc_host: the adapter a virtual one is made on, as `scsi_host3`.
    #[xml(attr)]
    pub parent: Option<String>,
    /// fc_host: the world wide node name of that adapter (libvirt 3.0.0).
    #[xml(attr)]
    pub parent_wwnn: Option<String>,
    /// fc_host: the world wide port name of that adapter (libvirt 3.0.0).
    #[xml(attr)]
    pub parent_wwpn: Option<String>,
    /// fc_host: the world wide name of the fabric that adapter is on (libvirt 3.0.0).
    #[xml(attr)]
    pub parent_fabric_wwn: Option<String>,
    /// fc_host: whether a virtual adapter goes away with the pool (libvirt 1.2.11).
    #[xml(attr)]
    pub managed: Option<YesNo>,
    /// fc_host: the world wide node name, 16 hexadecimal digits.
    #[xml(attr)]
    pub wwnn: Option<String>,
    /// fc_host: the world wide port name, 16 hexadecimal digits.
    #[xml(attr)]
    pub wwpn: Option<String>,
    /// scsi_host: the PCI device, instead of a name (libvirt 1.2.7).
    #[xml(child)]
    pub parentaddr: Option<AdapterParent>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<parentaddr>`: the PCI device of a SCSI host; its name may change, its place does not.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct AdapterParent {
    /// Which of the hosts of that device, as its file `unique_id` says.
    #[xml(attr)]
    pub unique_id: Option<u32>,
    /// Where the device sits.
    #[xml(child)]
    pub address: Option<Address>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

impl PoolAdapter {
    /// A SCSI host by its name, as `host0`.
    pub fn scsi_host(name: impl Into<String>) -> Self {
        Self {
            kind: Some(AdapterType::ScsiHost),
            name: Some(name.into()),
            ..Self::default()
        }
    }

    /// A SCSI host by its PCI device.
    pub fn scsi_host_at(place: PciAddress, unique_id: u32) -> Self {
        Self {
            kind: Some(AdapterType::ScsiHost),
            parentaddr: Some(AdapterParent {
                unique_id: Some(unique_id),
                address: Some(bare(place)),
                ..AdapterParent::default()
            }),
            ..Self::default()
        }
    }

    /// A Fibre Channel host by its world wide node and port names.
    pub fn fc_host(wwnn: impl Into<String>, wwpn: impl Into<String>) -> Self {
        Self {
            kind: Some(AdapterType::FcHost),
            wwnn: Some(wwnn.into()),
            wwpn: Some(wwpn.into()),
            ..Self::default()
        }
    }
}

impl AdapterParent {
    /// The place of the device, when all that is said is in range. What is not said is 0.
    pub fn place(&self) -> Option<PciAddress> {
        Address {
            kind: Some(AddressType::Pci),
            ..self.address.clone()?
        }
        .pci()
    }
}

/// The place, as it is written here: without the type.
pub(super) fn bare(place: PciAddress) -> Address {
    Address {
        kind: None,
        ..Address::from(place)
    }
}
