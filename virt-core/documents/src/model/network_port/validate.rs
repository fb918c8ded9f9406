//! What libvirt's parser checks of a port.

use super::config::{NetworkPortConfig, NetworkPortPlug, PlugMode, PlugType, PortOwner};
use crate::model::network::{MacTableManager, NetworkMac};
use crate::model::port_rules::{Floor, PortParts, check_bandwidth, check_virtualport, check_vlan};
use crate::model::problem::{missing, missing_attribute, only, unknown, wrong};
use crate::model::value::PciAddress;
use crate::xml::derived::check_values;
use crate::xml::{Rest, XmlError};

impl NetworkPortConfig {
    /// Checks what libvirt's parser checks: that owner, Ethernet address and what the port leads to are there, and
    /// limits, VLANs and the virtual port are in order.
    ///
    /// # Errors
    /// The first thing that is wrong, with its element path, and line and column when it was parsed.
    pub fn validate(&self) -> Result<(), XmlError> {
        let checks = || -> Result<(), XmlError> {
            check_owner(self.owner.as_ref(), &self.rest)?;
            check_mac(self.mac.as_ref(), &self.rest)?;
            only("virtualport", self.virtualport.as_ref(), |port| {
                check_virtualport(port, PortParts::Some)
            })?;
            only("bandwidth", self.bandwidth.as_ref(), |bandwidth| {
                check_bandwidth(bandwidth, Floor::Allowed)
            })?;
            only("vlan", self.vlan.as_ref(), check_vlan)?;
            only("plug", self.plug.as_ref(), NetworkPortPlug::check)
        };
        checks().map_err(|error| error.within("/networkport"))?;
        check_values(self)
    }
}

/// A guest with name and UUID.
pub(in crate::model) fn check_owner(owner: Option<&PortOwner>, rest: &Rest) -> Result<(), XmlError> {
    let Some(owner) = owner else {
        return Err(missing(rest, "the element <owner>").within("owner"));
    };
    if owner.name.as_deref().unwrap_or_default().is_empty() {
        return Err(missing(&owner.rest, "the name of the guest").within("owner/name"));
    }
    match owner.uuid {
        Some(_) => Ok(()),
        None => Err(missing(&owner.rest, "the UUID of the guest").within("owner/uuid")),
    }
}

/// An Ethernet address.
pub(in crate::model) fn check_mac(mac: Option<&NetworkMac>, rest: &Rest) -> Result<(), XmlError> {
    match mac {
        None => Err(missing(rest, "the element <mac>").within("mac")),
        Some(mac) if mac.address.is_none() => {
            Err(missing_attribute(&mac.rest, "address").within("mac/@address"))
        }
        Some(_) => Ok(()),
    }
}

impl NetworkPortPlug {
    fn check(&self) -> Result<(), XmlError> {
        let rest = &self.rest;
        let need = |name: &str, value: Option<&String>| match value {
            Some(_) => Ok(()),
            None => Err(missing_attribute(rest, name).within(&format!("@{name}"))),
        };
        match &self.kind {
            None => Err(missing_attribute(rest, "type").within("@type")),
            Some(PlugType::Network | PlugType::Bridge) => {
                need("bridge", self.bridge.as_ref())?;
                match &self.mac_table_manager {
                    Some(MacTableManager::Unknown(found)) => {
                        let known = ["kernel", "libvirt"];
                        Err(unknown(rest, found, "who manages the table", &known).within("@macTableManager"))
                    }
                    _ => Ok(()),
                }
            }
            Some(PlugType::Direct) => {
                need("dev", self.dev.as_ref())?;
                match &self.mode {
                    Some(PlugMode::Unknown(mode)) => {
                        let known: Vec<&str> = PlugMode::KNOWN.iter().map(PlugMode::as_str).collect();
                        Err(unknown(rest, mode, "a mode of macvtap", &known).within("@mode"))
                    }
                    _ => Ok(()),
                }
            }
            Some(PlugType::HostdevPci) => self.check_device(),
            Some(PlugType::Unknown(kind)) => {
                let known: Vec<&str> = PlugType::KNOWN.iter().map(PlugType::as_str).collect();
                Err(unknown(rest, kind, "what a port leads to", &known).within("@type"))
            }
        }
    }

    fn check_device(&self) -> Result<(), XmlError> {
        let Some(address) = &self.address else {
            return Err(missing(&self.rest, "the element <address>").within("address"));
        };
        let place = || -> Option<PciAddress> {
            let domain = u16::try_from(address.domain.unwrap_or_default().0).ok()?;
            let bus = u8::try_from(address.bus.unwrap_or_default().value()).ok()?;
            let slot = u8::try_from(address.slot.unwrap_or_default().value()).ok()?;
            PciAddress::new(domain, bus, slot, address.function.unwrap_or_default().0)
        };
        match place() {
            Some(_) => Ok(()),
            None => Err(wrong(&address.rest, "the PCI address is out of range").within("address")),
        }
    }
}
