//! Random number generators.

use super::address::{Address, Alias, DeviceAcpi};
use super::chardev::{ChardevLog, ChardevProtocol, ChardevSource, ChardevType};
use super::virtio::{VirtioDriver, VirtioModel};
use crate::xml::{Rest, XmlElement, xml_enum};

xml_enum! {
    /// Where the numbers come from.
    pub enum RngBackendModel {
        /// A device of the host.
        Random = "random",
        /// A daemon.
        Egd = "egd",
        /// The hypervisor.
        Builtin = "builtin",
    }
}

/// `<rng>`: a random number generator.
#[derive(Clone, Default, XmlElement)]
#[xml(element = "rng")]
#[non_exhaustive]
pub struct Rng {
    /// Which device the guest sees.
    #[xml(attr)]
    pub model: Option<VirtioModel>,
    /// How much the guest may take.
    #[xml(child)]
    pub rate: Option<RngRate>,
    /// Where the numbers come from.
    #[xml(child)]
    pub backend: Option<RngBackend>,
    /// Options of virtio.
    #[xml(child)]
    pub driver: Option<VirtioDriver>,
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

/// `<rate>`.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct RngRate {
    /// Bytes of a period.
    #[xml(attr)]
    pub bytes: Option<u64>,
    /// The period in milliseconds; a second unless said.
    #[xml(attr)]
    pub period: Option<u64>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<backend>` of a generator.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct RngBackend {
    /// Where the numbers come from.
    #[xml(attr)]
    pub model: Option<RngBackendModel>,
    /// egd: where the daemon is.
    #[xml(attr = "type")]
    pub kind: Option<ChardevType>,
    /// random: the path of the device; `/dev/urandom` unless said.
    #[xml(text)]
    pub device: Option<String>,
    /// egd: the daemon.
    #[xml(child = "source")]
    pub sources: Vec<ChardevSource>,
    /// egd: what is spoken over TCP.
    #[xml(child)]
    pub protocol: Option<ChardevProtocol>,
    /// egd: where all is logged.
    #[xml(child)]
    pub log: Option<ChardevLog>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}
