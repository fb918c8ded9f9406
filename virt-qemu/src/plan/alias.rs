//! Names of devices in a run: `virtio-disk0`, `net0`, `pci.1`. Those that begin with `ua-` are the user's.

use virt_core::model::DomainConfig;
use virt_core::model::domain::devices::{Alias, Controller, ControllerType, Disk, DiskBus};

use super::defaults::bus_and_number;
use super::machine::MachineFamily;

/// Forgets the names a run gave; the user's stay.
pub(super) fn forget(config: &mut DomainConfig) {
    for_each(config, |_, _, alias| {
        if alias
            .as_ref()
            .and_then(|alias| alias.name.as_deref())
            .is_none_or(|name| !name.starts_with("ua-"))
        {
            *alias = None;
        }
    });
}

/// Names every device that has no name of the user's.
pub(super) fn assign(config: &mut DomainConfig, family: MachineFamily) {
    let disks: Vec<String> = devices(config, |devices| {
        devices
            .disks
            .iter()
            .map(|disk| disk_alias(disk, devices))
            .collect()
    });
    let controllers: Vec<String> = devices(config, |devices| {
        devices
            .controllers
            .iter()
            .map(|known| controller_alias(known, family))
            .collect()
    });
    for_each(config, |name, index, alias| {
        if alias.as_ref().is_some_and(|alias| alias.name.is_some()) {
            return;
        }
        let chosen = match name {
            "disk" => disks.get(index).cloned().unwrap_or_default(),
            "controller" => controllers.get(index).cloned().unwrap_or_default(),
            "interface" => format!("net{index}"),
            "memballoon" => "balloon0".to_owned(),
            other => format!("{other}{index}"),
        };
        alias.get_or_insert_default().name = Some(chosen);
    });
}

fn devices<T>(
    config: &DomainConfig,
    read: impl Fn(&virt_core::model::domain::devices::Devices) -> Vec<T>,
) -> Vec<T> {
    config.devices.as_ref().map(read).unwrap_or_default()
}

fn for_each(config: &mut DomainConfig, mut act: impl FnMut(&'static str, usize, &mut Option<Alias>)) {
    let Some(devices) = &mut config.devices else {
        return;
    };
    macro_rules! list {
        ($($name:literal: $field:ident),+) => { $(
            devices.$field.iter_mut().enumerate().for_each(|(index, one)| act($name, index, &mut one.alias));
        )+ };
    }
    list!(
        "disk": disks, "controller": controllers, "interface": interfaces, "serial": serials, "console": consoles,
        "channel": channels, "input": inputs, "watchdog": watchdogs, "rng": rngs, "panic": panics
    );
    if let Some(balloon) = &mut devices.memballoon {
        act("memballoon", 0, &mut balloon.alias);
    }
}

fn disk_alias(disk: &Disk, devices: &virt_core::model::domain::devices::Devices) -> String {
    let (bus, number) = bus_and_number(disk);
    let Some(address) = disk.address.as_ref() else {
        return format!("virtio-disk{}", number.unwrap_or(0));
    };
    let (controller, line) = (
        address.controller.unwrap_or(0),
        address.bus.map_or(0, |bus| bus.value()),
    );
    let unit = address.unit.unwrap_or(0);
    match bus {
        Some(DiskBus::Ide) => format!("ide{controller}-{line}-{unit}"),
        Some(DiskBus::Sata) => format!("sata{controller}-{line}-{unit}"),
        Some(DiskBus::Scsi) if is_lsi(devices, controller) => format!("scsi{controller}-{line}-{unit}"),
        Some(DiskBus::Scsi) => format!("scsi{controller}-{line}-{}-{unit}", address.target.unwrap_or(0)),
        _ => format!("virtio-disk{}", number.unwrap_or(0)),
    }
}

/// Whether the SCSI controller of that index is the one whose disks have a bus number of one digit.
pub(crate) fn is_lsi(devices: &virt_core::model::domain::devices::Devices, index: u32) -> bool {
    let same = |known: &&Controller| known.kind == Some(ControllerType::Scsi) && known.index == Some(index);
    devices
        .controllers
        .iter()
        .find(same)
        .is_some_and(|known| known.model.as_deref() == Some("lsilogic"))
}

fn controller_alias(controller: &Controller, family: MachineFamily) -> String {
    let index = controller.index.unwrap_or(0);
    match (&controller.kind, index) {
        (Some(ControllerType::Pci), 0) => family.root_bus().to_owned(),
        (Some(ControllerType::Pci), index) => format!("pci.{index}"),
        (Some(ControllerType::Usb), 0) => "usb".to_owned(),
        (Some(ControllerType::Ide), 0) => "ide".to_owned(),
        (Some(ControllerType::Sata), 0) if family == MachineFamily::Q35 => "ide".to_owned(),
        (Some(kind), index) => format!("{kind}{index}"),
        (None, index) => format!("controller{index}"),
    }
}
