//! Consoles.

use super::address::{Address, Alias, DeviceAcpi};
use super::chardev::{ChardevLog, ChardevProtocol, ChardevSource, ChardevTarget, ChardevType};
use crate::xml::{Rest, XmlElement};

/// `<console>`: a console; the first one of a machine is its first serial port.
#[derive(Clone, Default, XmlElement)]
#[xml(element = "console")]
#[non_exhaustive]
pub struct Console {
    /// Where its other end is.
    #[xml(attr = "type")]
    pub kind: Option<ChardevType>,
    /// The terminal of the host, of a running domain (older place).
    #[xml(attr)]
    pub tty: Option<String>,
    /// The other end; two for UDP.
    #[xml(child = "source")]
    pub sources: Vec<ChardevSource>,
    /// What is spoken over TCP.
    #[xml(child)]
    pub protocol: Option<ChardevProtocol>,
    /// Where all output is logged.
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
