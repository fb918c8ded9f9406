//! Watchdogs.

use super::address::{Address, Alias, DeviceAcpi};
use crate::xml::{Rest, XmlElement, xml_enum};

xml_enum! {
    /// What a watchdog does when it runs out.
    pub enum WatchdogAction {
        Reset = "reset",
        /// Asks the guest to shut down.
        Shutdown = "shutdown",
        Poweroff = "poweroff",
        Pause = "pause",
        None = "none",
        /// Writes the memory to a file.
        Dump = "dump",
        InjectNmi = "inject-nmi",
    }
}

/// `<watchdog>`.
#[derive(Clone, Default, XmlElement)]
#[xml(element = "watchdog")]
#[non_exhaustive]
pub struct Watchdog {
    /// `itco`, `i6300esb`, `ib700`, `diag288`.
    #[xml(attr)]
    pub model: Option<String>,
    /// What it does; `reset` unless said.
    #[xml(attr)]
    pub action: Option<WatchdogAction>,
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
