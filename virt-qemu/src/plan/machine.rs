//! The families of machines a guest can have.

use virt_core::Result;
use virt_core::model::DomainConfig;

use super::refusal;

/// What kind of board the machine type makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum MachineFamily {
    /// i440FX with PIIX3: conventional PCI.
    Pc,
    /// Q35 with ICH9: PCI Express.
    Q35,
}

impl MachineFamily {
    /// By name or alias of the machine type.
    pub(crate) fn of(machine: &str) -> Result<Self> {
        if machine == "q35" || machine.starts_with("pc-q35-") {
            Ok(Self::Q35)
        } else if machine == "pc" || machine.starts_with("pc-i440fx-") {
            Ok(Self::Pc)
        } else {
            Err(refusal::unsupported(
                "/domain/os/type/@machine",
                format!(
                    "machine type {machine:?} is not supported yet; choose \"q35\" or \"pc\", or a version of them"
                ),
            ))
        }
    }

    /// Of a completed configuration.
    pub(crate) fn of_config(config: &DomainConfig) -> Result<Self> {
        Self::of(machine_name(config))
    }

    /// The name of its first PCI bus.
    pub(crate) const fn root_bus(self) -> &'static str {
        match self {
            Self::Pc => "pci.0",
            Self::Q35 => "pcie.0",
        }
    }

    pub(crate) const fn has_pcie(self) -> bool {
        matches!(self, Self::Q35)
    }
}

/// The machine type a configuration names; empty when it names none.
pub(crate) fn machine_name(config: &DomainConfig) -> &str {
    config
        .os
        .as_ref()
        .and_then(|os| os.kind.as_ref())
        .and_then(|kind| kind.machine.as_deref())
        .unwrap_or_default()
}
