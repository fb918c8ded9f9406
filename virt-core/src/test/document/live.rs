//! The live configuration: the definition with what a run adds to it.

use super::profile::is_serial;
use crate::model::domain::devices::{Alias, DiskBus};
use crate::model::{Device, Disk, DomainConfig, Interface};

/// The live configuration of run `id`: with its id and the names of its devices.
pub(in crate::test) fn live(mut config: DomainConfig, id: u32) -> DomainConfig {
    config.id = i32::try_from(id).ok();
    let Some(devices) = &mut config.devices else {
        return config;
    };
    for (index, disk) in devices.disks.iter_mut().enumerate() {
        disk.alias = Some(named(disk_alias(disk, index)));
    }
    for (index, interface) in devices.interfaces.iter_mut().enumerate() {
        interface.alias = Some(named(interface_alias(interface, index)));
    }
    for (index, serial) in devices.serials.iter_mut().enumerate() {
        serial.alias = Some(named(alias_or(serial.alias.as_ref(), "serial", index)));
    }
    for (index, console) in devices.consoles.iter_mut().enumerate() {
        let kind = if is_serial(console) { "serial" } else { "console" };
        console.alias = Some(named(alias_or(console.alias.as_ref(), kind, index)));
    }
    for (index, channel) in devices.channels.iter_mut().enumerate() {
        channel.alias = Some(named(alias_or(channel.alias.as_ref(), "channel", index)));
    }
    config
}

fn named(name: String) -> Alias {
    let mut alias = Alias::default();
    alias.name = Some(name);
    alias
}

/// The alias a user gave, or the one made of kind and number.
pub(super) fn alias_or(alias: Option<&Alias>, kind: &str, index: usize) -> String {
    let given = alias.and_then(|alias| alias.name.clone());
    given.unwrap_or_else(|| format!("{kind}{index}"))
}

pub(super) fn disk_alias(disk: &Disk, index: usize) -> String {
    alias_or(disk.alias.as_ref(), &disk_kind(disk), index)
}

fn disk_kind(disk: &Disk) -> String {
    let bus = disk.target.as_ref().and_then(|target| target.bus.as_ref());
    match bus {
        None | Some(DiskBus::Virtio) => "virtio-disk".to_owned(),
        Some(bus) => format!("{bus}0-0-"),
    }
}

/// What the name of a device begins with.
pub(super) fn alias_kind(device: &Device) -> String {
    match device {
        Device::Disk(disk) => disk_kind(disk),
        Device::Interface(_) => "net".to_owned(),
        other => other.name().to_owned(),
    }
}

pub(super) fn interface_alias(interface: &Interface, index: usize) -> String {
    alias_or(interface.alias.as_ref(), "net", index)
}
