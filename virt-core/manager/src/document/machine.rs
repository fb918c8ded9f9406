//! The machine as such: memory, vCPUs, interfaces, secrets.

use virt_core::model::{ByteSize, DomainConfig};

/// The most memory it can have.
pub fn memory(config: &DomainConfig) -> ByteSize {
    config
        .memory
        .as_ref()
        .map(|memory| memory.size)
        .unwrap_or_default()
}

/// The memory it has after its start.
pub fn current_memory(config: &DomainConfig) -> ByteSize {
    config
        .current_memory
        .as_ref()
        .map_or_else(|| memory(config), |memory| memory.size)
}

/// Sets the memory it has after its start.
pub fn set_current_memory(config: &mut DomainConfig, size: ByteSize) {
    config.current_memory.get_or_insert_default().size = size;
}

/// The vCPUs it has after its start.
pub fn vcpus(config: &DomainConfig) -> u32 {
    config
        .vcpu
        .as_ref()
        .map_or(1, |vcpu| vcpu.current.unwrap_or(vcpu.count))
}

/// The interfaces of a live configuration: their names (the alias where the target has none) and hardware addresses.
pub fn interfaces(live: &DomainConfig) -> impl Iterator<Item = (String, Option<String>)> {
    live.devices
        .iter()
        .flat_map(|devices| &devices.interfaces)
        .map(|interface| {
            let target = interface.target.as_ref().and_then(|target| target.dev.clone());
            let alias = interface.alias.as_ref().and_then(|alias| alias.name.clone());
            let mac = interface
                .mac
                .as_ref()
                .and_then(|mac| mac.address.as_ref())
                .map(ToString::to_string);
            (target.or(alias).unwrap_or_default(), mac)
        })
}

/// Takes out what is shown only to those who ask for secrets.
pub(crate) fn remove_secrets(config: &mut DomainConfig) {
    for graphics in config
        .devices
        .iter_mut()
        .flat_map(|devices| &mut devices.graphics)
    {
        graphics.passwd = None;
    }
}
