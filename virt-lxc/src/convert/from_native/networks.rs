//! `lxc.net.N.*` and `lxc.network.*`: interfaces.

mod complete;
mod libvirt;

use virt_core::Result;
use virt_core::model::DomainConfig;
use virt_core::model::domain::Features;
use virt_core::model::domain::devices::{HostDevice, Interface};

use super::native::Native;

/// What the interfaces of a container are in a domain.
#[derive(Default)]
pub(super) struct Found {
    interfaces: Vec<Interface>,
    host_devices: Vec<HostDevice>,
    /// Whether there is a network namespace of its own that needs saying.
    is_private: bool,
}

pub(super) fn read(native: &mut Native, domain: &mut DomainConfig) -> Result<()> {
    let found = if native.is_complete() {
        complete::read(native)
    } else {
        libvirt::read(native)?
    };
    domain.features.get_or_insert_with(Features::default).privnet = found.is_private;
    let devices = domain.devices_mut();
    devices.interfaces.extend(found.interfaces);
    devices.hostdevs.extend(found.host_devices);
    Ok(())
}
