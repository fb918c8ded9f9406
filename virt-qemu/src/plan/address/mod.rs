//! Addresses: on which bus, in which slot or port each device sits. What the configuration says is kept.

pub(crate) mod pci;
mod virtio_serial;

use virt_core::Result;
use virt_core::model::DomainConfig;

use super::abilities::Abilities;
use super::machine::MachineFamily;

/// Assigns what is missing, as libvirt does.
pub(super) fn assign(config: &mut DomainConfig, abilities: &Abilities, family: MachineFamily) -> Result<()> {
    virtio_serial::assign(config)?;
    pci::assign(config, abilities, family)
}
