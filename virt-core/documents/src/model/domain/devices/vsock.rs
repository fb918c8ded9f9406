//! Sockets between host and guest.

use super::address::{Address, Alias, DeviceAcpi};
use super::virtio::{VirtioDriver, VirtioModel};
use crate::model::value::YesNo;
use crate::xml::{Rest, XmlElement};

/// `<vsock>`.
#[derive(Clone, Default, XmlElement)]
#[xml(element = "vsock")]
#[non_exhaustive]
pub struct Vsock {
    /// Which device the guest sees.
    #[xml(attr)]
    pub model: Option<VirtioModel>,
    /// The address of the guest.
    #[xml(child)]
    pub cid: Option<VsockCid>,
    /// The name of the device, as the hypervisor knows it.
    #[xml(child)]
    pub alias: Option<Alias>,
    /// The index the guest sees through ACPI.
    #[xml(child)]
    pub acpi: Option<DeviceAcpi>,
    /// Where the device sits.
    #[xml(child)]
    pub address: Option<Address>,
    /// Options of virtio.
    #[xml(child)]
    pub driver: Option<VirtioDriver>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<cid>`.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct VsockCid {
    /// Whether it is chosen.
    #[xml(attr)]
    pub auto: Option<YesNo>,
    /// The address, from 3.
    #[xml(attr)]
    pub address: Option<u32>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}
