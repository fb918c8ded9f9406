//! The machine as such: emulator, memory, vCPUs, balloon, interfaces.

use virt_core::model::domain::devices::MemBalloonModel;
use virt_core::model::{ByteSize, DomainConfig};

/// The emulator for guests of the host's own architecture.
pub(crate) fn default_emulator(arch: &str) -> String {
    format!("/usr/bin/qemu-system-{arch}")
}

/// The emulator a document names, else that for the architecture it wants, else that for the host's.
pub(crate) fn emulator_or_default(config: &DomainConfig, host_arch: &str) -> String {
    let named = config
        .devices
        .as_ref()
        .and_then(|devices| devices.emulator.clone());
    let wanted = || {
        config
            .os
            .as_ref()
            .and_then(|os| os.kind.as_ref())
            .and_then(|kind| kind.arch.as_deref())
    };
    named.unwrap_or_else(|| default_emulator(wanted().unwrap_or(host_arch)))
}

/// The most memory it can have.
pub(crate) fn memory(config: &DomainConfig) -> ByteSize {
    config
        .memory
        .as_ref()
        .map(|memory| memory.size)
        .unwrap_or_default()
}

/// The memory it has after its start.
pub(crate) fn current_memory(config: &DomainConfig) -> ByteSize {
    config
        .current_memory
        .as_ref()
        .map_or_else(|| memory(config), |memory| memory.size)
}

pub(crate) fn set_current_memory(config: &mut DomainConfig, size: ByteSize) {
    config.current_memory.get_or_insert_default().size = size;
}

/// The vCPUs it has after its start.
pub(crate) fn vcpus(config: &DomainConfig) -> u32 {
    config
        .vcpu
        .as_ref()
        .map_or(1, |vcpu| vcpu.current.unwrap_or(vcpu.count))
}

/// The alias of the balloon of a live configuration.
pub(crate) fn balloon_alias(live: &DomainConfig) -> Option<String> {
    let balloon = live.devices.as_ref()?.memballoon.as_ref()?;
    if balloon.model == Some(MemBalloonModel::None) {
        return None;
    }
    balloon.alias.as_ref()?.name.clone()
}

/// How often the guest reports its memory, in seconds, where the document says.
pub(crate) fn balloon_period(live: &DomainConfig) -> Option<u32> {
    live.devices.as_ref()?.memballoon.as_ref()?.stats.as_ref()?.period
}

/// Interfaces: their names and hardware addresses.
pub(crate) fn interfaces(live: &DomainConfig) -> impl Iterator<Item = (String, Option<String>)> {
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
