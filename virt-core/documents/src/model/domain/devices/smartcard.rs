//! Smart cards.

use super::address::{Address, Alias, DeviceAcpi};
use super::chardev::{ChardevLog, ChardevProtocol, ChardevSource, ChardevTarget, ChardevType};
use crate::xml::{Rest, XmlElement};

/// `<smartcard>`.
#[derive(Clone, Default, XmlElement)]
#[xml(element = "smartcard")]
#[non_exhaustive]
pub struct Smartcard {
    /// `host`, `host-certificates`, `passthrough`.
    #[xml(attr)]
    pub mode: Option<String>,
    /// passthrough: where its other end is.
    #[xml(attr = "type")]
    pub kind: Option<ChardevType>,
    /// host-certificates: three names.
    #[xml(leaf = "certificate")]
    pub certificates: Vec<String>,
    /// host-certificates: the directory.
    #[xml(leaf)]
    pub database: Option<String>,
    /// passthrough: the other end.
    #[xml(child = "source")]
    pub sources: Vec<ChardevSource>,
    /// What is spoken over TCP.
    #[xml(child)]
    pub protocol: Option<ChardevProtocol>,
    /// Where all is logged.
    #[xml(child)]
    pub log: Option<ChardevLog>,
    /// What the guest sees.
    #[xml(child)]
    pub target: Option<ChardevTarget>,
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
