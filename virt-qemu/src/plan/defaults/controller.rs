//! Controllers: the order they stand in, their models, and those that devices bring.

use virt_core::Result;
use virt_core::model::DomainConfig;
use virt_core::model::domain::devices::{AddressType, Controller, ControllerType};
use virt_core::model::domain::devices::{ChardevTarget, DiskBus};

use super::super::abilities::Abilities;
use super::super::address::pci::bus::BusModel;
use super::super::machine::MachineFamily;
use super::super::refusal;

/// Puts the controllers in libvirt's order: each kind by index, kinds where they first stand.
pub(super) fn sort(config: &mut DomainConfig) {
    let given = std::mem::take(&mut config.devices_mut().controllers);
    for mut controller in given {
        join_master(&mut controller);
        insert(config, controller);
    }
}

/// The parts of an ICH9 USB 2 controller serve two ports each, from the first on.
fn join_master(controller: &mut Controller) {
    let start = match controller.model.as_deref() {
        Some("ich9-uhci1") => 0,
        Some("ich9-uhci2") => 2,
        Some("ich9-uhci3") => 4,
        _ => return,
    };
    controller
        .master
        .get_or_insert_default()
        .startport
        .get_or_insert(start);
}

/// Adds a controller before the first of its kind with a higher index, else after the last of its kind.
pub(crate) fn insert(config: &mut DomainConfig, controller: Controller) {
    let list = &mut config.devices_mut().controllers;
    let mut place = None;
    for (index, known) in list.iter().enumerate().rev() {
        if known.kind != controller.kind {
            continue;
        }
        let before_parts =
            controller.master.is_none() && known.master.is_some() && known.index == controller.index;
        if controller.index.is_some() && known.index > controller.index || before_parts {
            place = Some(index);
        } else if place.is_none() {
            place = Some(index + 1);
        }
    }
    list.insert(place.unwrap_or(list.len()).min(list.len()), controller);
}

/// Adds a controller of that kind and index unless there is one; says whether it did.
pub(crate) fn ensure(
    config: &mut DomainConfig,
    kind: ControllerType,
    index: u32,
    model: Option<&str>,
) -> bool {
    let same = |known: &Controller| known.kind.as_ref() == Some(&kind) && known.index == Some(index);
    if config.devices_mut().controllers.iter().any(same) {
        return false;
    }
    let mut controller = Controller::default();
    controller.kind = Some(kind);
    controller.index = Some(index);
    controller.model = model.map(str::to_owned);
    insert(config, controller);
    true
}

/// Gives every controller an index and a model.
pub(super) fn fill(config: &mut DomainConfig, abilities: &Abilities, family: MachineFamily) -> Result<()> {
    indexes(config)?;
    let controllers = &mut config.devices_mut().controllers;
    for (index, controller) in controllers.iter_mut().enumerate() {
        let path = refusal::device("controller", index);
        let Some(kind) = controller.kind.clone() else {
            return Err(refusal::invalid(path, "a controller needs a type"));
        };
        match kind {
            ControllerType::Usb => usb(controller, abilities, family, &path)?,
            ControllerType::Pci => pci(controller, family, &path)?,
            ControllerType::Ide => ide(controller, family, &path)?,
            ControllerType::Scsi => scsi(controller, &path)?,
            ControllerType::VirtioSerial => virtio_serial(controller, &path)?,
            ControllerType::Sata if controller.model.is_none() => {}
            ControllerType::Sata => {
                return Err(refusal::unsupported(
                    path,
                    "a SATA controller has no model; leave it out",
                ));
            }
            other => {
                return Err(refusal::unsupported(
                    path,
                    format!("controllers of type {other} are not supported yet"),
                ));
            }
        }
    }
    Ok(())
}

fn indexes(config: &mut DomainConfig) -> Result<()> {
    let controllers = &mut config.devices_mut().controllers;
    for position in 0..controllers.len() {
        let Some((kind, None)) = controllers
            .get(position)
            .map(|known| (known.kind.clone(), known.index))
        else {
            continue;
        };
        let used = controllers
            .iter()
            .filter(|known| known.kind == kind)
            .filter_map(|known| known.index)
            .max();
        if let Some(controller) = controllers.get_mut(position) {
            controller.index = Some(used.map_or(0, |last| last.saturating_add(1)));
        }
    }
    for (position, controller) in controllers.iter().enumerate() {
        let twin = |other: &&Controller| {
            other.kind == controller.kind
                && other.index == controller.index
                && !(is_usb2(controller) && is_usb2(other))
        };
        if controllers.iter().take(position).any(|other| twin(&other)) {
            return Err(refusal::invalid(
                format!("{}/@index", refusal::device("controller", position)),
                "two controllers of one type have the same index",
            ));
        }
    }
    Ok(())
}

/// Whether it is one of the parts an ICH9 USB 2 controller is made of.
pub(crate) fn is_usb2(controller: &Controller) -> bool {
    controller.kind == Some(ControllerType::Usb)
        && matches!(
            controller.model.as_deref(),
            Some("ich9-ehci1" | "ich9-uhci1" | "ich9-uhci2" | "ich9-uhci3")
        )
}

fn usb(controller: &mut Controller, abilities: &Abilities, family: MachineFamily, path: &str) -> Result<()> {
    if controller.model.is_none() {
        let Some(model) = default_usb(abilities, family) else {
            return Err(refusal::unsupported(
                path,
                "this QEMU has no USB controller for this machine; choose a model or \"none\"",
            ));
        };
        controller.model = Some(model.to_owned());
    }
    let model = controller.model.as_deref().unwrap_or_default();
    let known = [
        "none",
        "piix3-uhci",
        "piix4-uhci",
        "ehci",
        "qemu-xhci",
        "nec-xhci",
        "ich9-ehci1",
        "ich9-uhci1",
        "ich9-uhci2",
        "ich9-uhci3",
    ];
    if !known.contains(&model) {
        return Err(refusal::unsupported(
            format!("{path}/@model"),
            format!("USB controller model {model:?} is not supported; choose \"qemu-xhci\" or \"none\""),
        ));
    }
    let xhci = matches!(model, "qemu-xhci" | "nec-xhci");
    match controller.ports {
        None => Ok(()),
        Some(1..=15) if xhci => Ok(()),
        Some(ports) if xhci => Err(refusal::invalid(
            format!("{path}/@ports"),
            format!("{ports} ports; choose 1 to 15"),
        )),
        Some(_) => Err(refusal::unsupported(
            format!("{path}/@ports"),
            format!("{model} has no choice of ports"),
        )),
    }
}

/// The model of USB controller a machine gets unless one is chosen.
pub(super) fn default_usb(abilities: &Abilities, family: MachineFamily) -> Option<&'static str> {
    match family {
        MachineFamily::Q35 if abilities.has("qemu-xhci") => Some("qemu-xhci"),
        MachineFamily::Q35 if abilities.has("nec-usb-xhci") => Some("nec-xhci"),
        MachineFamily::Pc if abilities.has("piix3-usb-uhci") => Some("piix3-uhci"),
        _ => None,
    }
}

fn pci(controller: &Controller, family: MachineFamily, path: &str) -> Result<()> {
    let Some(model) = controller.model.as_deref() else {
        return Err(refusal::invalid(path, "a PCI controller needs a model"));
    };
    let bus = BusModel::parse(model)
        .map_err(|error| error.with_subject(virt_core::Subject::Element(path.to_owned())))?;
    let root = if family.has_pcie() {
        BusModel::PcieRoot
    } else {
        BusModel::PciRoot
    };
    match (bus, controller.index) {
        (bus, Some(0)) if bus == root => Ok(()),
        (_, Some(0)) => Err(refusal::invalid(
            path,
            format!("PCI controller 0 of this machine is a {}", root.name()),
        )),
        (bus, _) if bus.is_root() => Err(refusal::invalid(path, format!("a {model} is PCI controller 0"))),
        (BusModel::PciExpanderBus | BusModel::PcieExpanderBus, _) => Err(refusal::unsupported(
            path,
            format!("{model} is not supported yet"),
        )),
        (bus, _) if !family.has_pcie() && bus != BusModel::PciBridge => Err(refusal::invalid(
            path,
            format!("a {model} needs a PCI Express machine; choose machine \"q35\""),
        )),
        _ => Ok(()),
    }
}

fn ide(controller: &Controller, family: MachineFamily, path: &str) -> Result<()> {
    if family.has_pcie() {
        return Err(refusal::invalid(
            path,
            "IDE controllers are not possible on q35; use SATA",
        ));
    }
    if controller.index == Some(0) && controller.model.is_none() {
        return Ok(());
    }
    Err(refusal::invalid(
        path,
        "this machine has one IDE controller, with index 0 and no choice of models",
    ))
}

fn scsi(controller: &mut Controller, path: &str) -> Result<()> {
    let model = controller.model.get_or_insert_with(|| "lsilogic".to_owned());
    match model.as_str() {
        "lsilogic" | "virtio-scsi" | "virtio-transitional" | "virtio-non-transitional" => Ok(()),
        other => Err(refusal::unsupported(
            format!("{path}/@model"),
            format!("SCSI controller model {other:?} is not supported yet; choose \"virtio-scsi\""),
        )),
    }
}

fn virtio_serial(controller: &Controller, path: &str) -> Result<()> {
    match controller.model.as_deref() {
        None | Some("virtio" | "virtio-transitional" | "virtio-non-transitional") => {}
        Some(other) => {
            return Err(refusal::unsupported(
                format!("{path}/@model"),
                format!("{other:?} is no model of a virtio-serial controller"),
            ));
        }
    }
    match controller.ports {
        Some(ports) if !(1..=511).contains(&ports) => Err(refusal::invalid(
            format!("{path}/@ports"),
            format!("{ports} ports; choose 1 to 511"),
        )),
        _ => Ok(()),
    }
}

/// Adds the controllers that devices refer to.
pub(super) fn add_for_devices(config: &mut DomainConfig, family: MachineFamily) -> Result<()> {
    for bus in [DiskBus::Scsi, DiskBus::Ide, DiskBus::Sata] {
        let kind = match bus {
            DiskBus::Scsi => ControllerType::Scsi,
            DiskBus::Ide => ControllerType::Ide,
            _ => ControllerType::Sata,
        };
        let Some(highest) = highest_drive_controller(config, &bus)? else {
            continue;
        };
        if bus == DiskBus::Ide && family.has_pcie() {
            return Err(refusal::invalid(
                "/domain/devices/disk",
                "IDE disks are not possible on q35; use bus=\"sata\"",
            ));
        }
        for index in 0..=highest {
            let model = (bus == DiskBus::Scsi).then(|| scsi_model(config));
            ensure(config, kind.clone(), index, model.as_deref());
        }
    }
    if let Some(highest) = highest_serial_controller(config) {
        for index in 0..=highest {
            ensure(config, ControllerType::VirtioSerial, index, None);
        }
    }
    Ok(())
}

/// A SCSI controller that is added takes the model of those that are there.
fn scsi_model(config: &mut DomainConfig) -> String {
    let scsi = |known: &&Controller| known.kind == Some(ControllerType::Scsi);
    let last = config
        .devices_mut()
        .controllers
        .iter()
        .filter(scsi)
        .filter_map(|known| known.model.clone())
        .next_back();
    last.unwrap_or_else(|| "lsilogic".to_owned())
}

fn highest_drive_controller(config: &mut DomainConfig, bus: &DiskBus) -> Result<Option<u32>> {
    let mut highest = None;
    for (index, disk) in config.devices_mut().disks.iter().enumerate() {
        let on_bus = disk.target.as_ref().and_then(|target| target.bus.as_ref()) == Some(bus);
        let drive = disk
            .address
            .as_ref()
            .filter(|address| address.kind == Some(AddressType::Drive));
        if let (true, Some(drive)) = (on_bus, drive) {
            let controller = drive.controller.unwrap_or(0);
            if controller > 255 {
                let path = format!("{}/address/@controller", refusal::device("disk", index));
                return Err(refusal::invalid(
                    path,
                    format!("there is no controller {controller}: 255 is the last"),
                ));
            }
            highest = highest.max(Some(controller));
        }
    }
    Ok(highest)
}

fn highest_serial_controller(config: &mut DomainConfig) -> Option<u32> {
    let devices = config.devices_mut();
    let is_virtio = |target: &Option<ChardevTarget>| {
        target.as_ref().and_then(|target| target.kind.as_deref()) == Some("virtio")
    };
    let channels = devices
        .channels
        .iter()
        .filter(|channel| is_virtio(&channel.target))
        .map(|channel| &channel.address);
    let consoles = devices
        .consoles
        .iter()
        .filter(|console| is_virtio(&console.target))
        .map(|console| &console.address);
    channels
        .chain(consoles)
        .map(|address| {
            let serial = address
                .as_ref()
                .filter(|address| address.kind == Some(AddressType::VirtioSerial));
            serial
                .and_then(|address| address.controller)
                .unwrap_or(0)
                .min(255)
        })
        .max()
}
