//! What libvirt's parser checks of `<forward>`.

use std::net::IpAddr;

use super::forward::{Forward, ForwardAddress, ForwardMode, Nat};
use super::validate_ip::check_order;
use crate::model::domain::devices::AddressType;
use crate::model::problem::{each, missing_attribute, only, unknown, wrong};
use crate::sorted::SortedSet;
use crate::xml::XmlError;

impl Forward {
    pub(super) fn check(&self) -> Result<(), XmlError> {
        let rest = &self.rest;
        if let Some(ForwardMode::Unknown(mode)) = &self.mode {
            let known: Vec<&str> = ForwardMode::KNOWN.iter().map(ForwardMode::as_str).collect();
            return Err(unknown(rest, mode, "a way of forwarding", &known).within("@mode"));
        }
        only("driver", self.driver.as_ref(), |driver| {
            match driver.name.as_deref() {
                None | Some("kvm" | "vfio" | "xen") => Ok(()),
                Some(name) => {
                    let known = ["vfio", "kvm", "xen"];
                    Err(
                        unknown(&driver.rest, name, "a driver of devices handed through", &known)
                            .within("@name"),
                    )
                }
            }
        })?;
        only("nat", self.nat.as_ref(), |nat| {
            if !matches!(self.mode, None | Some(ForwardMode::Nat)) {
                return Err(wrong(&nat.rest, "addresses are translated in mode 'nat' only"));
            }
            nat.check()
        })?;
        if self.dev.is_some() && (!self.addresses.is_empty() || self.pf.is_some()) {
            let sentence = "the devices are said by <address> or <pf>: leave the attribute 'dev' out";
            return Err(wrong(rest, sentence).within("@dev"));
        }
        self.check_interfaces()?;
        if self.dev.is_some() || !self.interfaces.is_empty() {
            return Ok(());
        }
        self.check_addresses()?;
        let pf = self.pf.as_ref().filter(|_| self.addresses.is_empty());
        only("pf", pf, |pf| match pf.dev {
            Some(_) => Ok(()),
            None => Err(missing_attribute(&pf.rest, "dev").within("@dev")),
        })
    }

    fn check_interfaces(&self) -> Result<(), XmlError> {
        let mut seen = SortedSet::new();
        each("interface", &self.interfaces, |interface| {
            let rest = &interface.rest;
            let Some(dev) = &interface.dev else {
                return Err(missing_attribute(rest, "dev").within("@dev"));
            };
            if let Some(first) = self.dev.as_ref().filter(|first| seen.is_empty() && *first != dev) {
                let sentence =
                    format!("the first device is '{dev}', not '{first}' as the attribute 'dev' says");
                return Err(wrong(rest, sentence).within("@dev"));
            }
            match seen.insert(dev) {
                true => Ok(()),
                false => Err(wrong(rest, format!("the device '{dev}' is listed twice")).within("@dev")),
            }
        })
    }

    fn check_addresses(&self) -> Result<(), XmlError> {
        let mut seen = SortedSet::new();
        each("address", &self.addresses, |address: &ForwardAddress| {
            let rest = &address.rest;
            match &address.kind {
                None => return Err(missing_attribute(rest, "type").within("@type")),
                Some(AddressType::Pci) => {}
                Some(other) => {
                    return Err(
                        unknown(rest, other.as_str(), "a kind of address here", &["pci"]).within("@type")
                    );
                }
            }
            let Some(place) = address.pci() else {
                return Err(wrong(rest, "the PCI address is out of range"));
            };
            match seen.insert(place) {
                true => Ok(()),
                false => Err(wrong(rest, format!("the PCI device {place} is listed twice"))),
            }
        })
    }
}

impl Nat {
    fn check(&self) -> Result<(), XmlError> {
        only("address", self.address.as_ref(), |addresses| {
            let rest = &addresses.rest;
            let missing = |name: &str| missing_attribute(rest, name).within(&format!("@{name}"));
            let start = addresses.start.ok_or_else(|| missing("start"))?;
            let end = addresses.end.ok_or_else(|| missing("end"))?;
            check_order(rest, IpAddr::V4(start), IpAddr::V4(end))
        })?;
        only("port", self.port.as_ref(), |ports| {
            let rest = &ports.rest;
            let missing = |name: &str| missing_attribute(rest, name).within(&format!("@{name}"));
            let start = ports.start.ok_or_else(|| missing("start"))?;
            let end = ports.end.ok_or_else(|| missing("end"))?;
            match end < start {
                true => Err(wrong(rest, format!("the ports {start} to {end} are reversed")).within("@end")),
                false => Ok(()),
            }
        })
    }
}
