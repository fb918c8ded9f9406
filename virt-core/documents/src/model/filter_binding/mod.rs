//! `<filterbinding>`: a filter in force on the device of a guest.

use super::domain::devices::FilterRef;
use super::filter::{check_reference, normalize_reference};
use super::network::NetworkMac;
use super::network_port::{PortOwner, check_mac, check_owner};
use super::problem::{missing, missing_attribute};
use crate::xml::derived::check_values;
use crate::xml::{Rest, XmlElement, XmlError};

/// `<filterbinding>`, as `virNWFilterBindingCreateXML` takes it and `virNWFilterBindingGetXMLDesc` gives it
/// (libvirt 4.5).
#[derive(Clone, Default, XmlElement)]
#[xml(element = "filterbinding")]
#[non_exhaustive]
pub struct FilterBindingConfig {
    /// The guest.
    #[xml(child)]
    pub owner: Option<PortOwner>,
    /// The device of the guest on the host, as `vnet0`.
    #[xml(child)]
    pub portdev: Option<FilterBindingDevice>,
    /// The device it is connected through, for macvtap.
    #[xml(child)]
    pub linkdev: Option<FilterBindingDevice>,
    /// The Ethernet address of the guest.
    #[xml(child)]
    pub mac: Option<NetworkMac>,
    /// The filter.
    #[xml(child)]
    pub filterref: Option<FilterRef>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<portdev>` and `<linkdev>`.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct FilterBindingDevice {
    /// The name on the host.
    #[xml(attr)]
    pub name: Option<String>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

impl FilterBindingDevice {
    /// The device of that name.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: Some(name.into()),
            ..Self::default()
        }
    }
}

impl FilterBindingConfig {
    /// Checks what libvirt's parser checks: that owner, device, Ethernet address and filter are there.
    ///
    /// # Errors
    /// The first thing that is wrong, with its element path, and line and column when it was parsed.
    pub fn validate(&self) -> Result<(), XmlError> {
        let checks = || -> Result<(), XmlError> {
            check_owner(self.owner.as_ref(), &self.rest)?;
            match &self.portdev {
                None => return Err(missing(&self.rest, "the element <portdev>").within("portdev")),
                Some(device) if device.name.as_deref().unwrap_or_default().is_empty() => {
                    return Err(missing_attribute(&device.rest, "name").within("portdev/@name"));
                }
                Some(_) => {}
            }
            check_mac(self.mac.as_ref(), &self.rest)?;
            match &self.filterref {
                None => Err(missing(&self.rest, "the element <filterref>").within("filterref")),
                Some(reference) => check_reference(reference).map_err(|error| error.within("filterref")),
            }
        };
        checks().map_err(|error| error.within("/filterbinding"))?;
        check_values(self)
    }

    /// The document as libvirt gives it back: in its order and spelling, parameters by name. What this version does not
    /// understand is kept.
    #[must_use]
    pub fn normalized(&self) -> Self {
        let mut binding = self.canonical();
        binding.linkdev = binding.linkdev.take().filter(|device| device.name.is_some());
        binding.filterref.iter_mut().for_each(normalize_reference);
        binding
    }
}
