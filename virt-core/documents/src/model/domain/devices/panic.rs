//! Devices through which a guest tells that it crashed.

use super::address::{Address, Alias, DeviceAcpi};
use crate::xml::{Rest, XmlElement, xml_enum};

xml_enum! {
    /// Which panic device it is.
    pub enum PanicModel {
        Isa = "isa",
        /// On PCI.
        Pvpanic = "pvpanic",
        Hyperv = "hyperv",
        Pseries = "pseries",
        S390 = "s390",
    }
}

/// `<panic>`.
#[derive(Clone, Default, XmlElement)]
#[xml(element = "panic")]
#[non_exhaustive]
pub struct Panic {
    /// Which one.
    #[xml(attr)]
    pub model: Option<PanicModel>,
    /// The name of the device, as the hypervisor knows it.
    #[xml(child)]
    pub alias: Option<Alias>,
    /// The index the guest sees through ACPI.
    #[xml(child)]
    pub acpi: Option<DeviceAcpi>,
    /// Where the device sits.
    #[xml(child)]
    pub address: Option<Address>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}
