//! Controllers of buses.

use super::at::{At, Checked};
use crate::model::domain::config::DomainConfig;
use crate::model::domain::devices::{
    Controller, ControllerDriver, ControllerTarget, ControllerType, Devices,
};
use crate::sorted::SortedMap;

pub(super) fn check(config: &DomainConfig, devices: &Devices) -> Checked {
    let mut seen: SortedMap<(&str, u32), At<'_>> = SortedMap::new();
    for (index, controller) in devices.controllers.iter().enumerate() {
        let at = At::nth("/domain/devices/controller", index, &controller.rest);
        let kind = at.need("/@type", "the attribute 'type'", controller.kind.as_ref())?;
        check_model(config, at, kind, controller)?;
        check_parts(config, at, kind, controller)?;
        if let Some(number) = controller.index
            && !is_companion(controller)
            && let Some(first) = seen.insert((kind.as_str(), number), at)
        {
            let sentence = format!("the index {number} is that of {} too", first.path());
            return Err(at.wrong("/@index", sentence));
        }
        if is_companion(controller) {
            check_master(at, controller, &devices.controllers)?;
        }
    }
    check_usb(config, devices)
}

/// Whether it is one of the USB 1 controllers that share the ports of an EHCI controller.
fn is_companion(controller: &Controller) -> bool {
    let model = controller.model.as_deref();
    model.is_some_and(|model| model.starts_with("ich9-uhci"))
}

fn check_master(at: At<'_>, companion: &Controller, all: &[Controller]) -> Checked {
    let leads = |other: &Controller| {
        let same = other.kind == Some(ControllerType::Usb)
            && other.index.unwrap_or_default() == companion.index.unwrap_or_default();
        same && !is_companion(other)
    };
    at.refuse_if(
        !all.iter().any(leads),
        "/@model",
        "there is no master controller with the same index",
    )
}

fn models(kind: &ControllerType) -> &'static [&'static str] {
    match kind {
        ControllerType::Pci => &[
            "pci-root",
            "pcie-root",
            "pci-bridge",
            "dmi-to-pci-bridge",
            "pcie-to-pci-bridge",
            "pcie-root-port",
            "pcie-switch-upstream-port",
            "pcie-switch-downstream-port",
            "pci-expander-bus",
            "pcie-expander-bus",
        ],
        ControllerType::Scsi => &[
            "auto",
            "buslogic",
            "lsilogic",
            "lsisas1068",
            "vmpvscsi",
            "ibmvscsi",
            "virtio-scsi",
            "lsisas1078",
            "virtio-transitional",
            "virtio-non-transitional",
            "ncr53c90",
            "dc390",
            "am53c974",
        ],
        ControllerType::Usb => &[
            "piix3-uhci",
            "piix4-uhci",
            "ehci",
            "ich9-ehci1",
            "ich9-uhci1",
            "ich9-uhci2",
            "ich9-uhci3",
            "vt82c686b-uhci",
            "pci-ohci",
            "nec-xhci",
            "qusb1",
            "qusb2",
            "qemu-xhci",
            "none",
        ],
        ControllerType::Ide => &["piix3", "piix4", "ich6"],
        ControllerType::VirtioSerial => &["virtio", "virtio-transitional", "virtio-non-transitional"],
        _ => &[],
    }
}

fn check_model(config: &DomainConfig, at: At<'_>, kind: &ControllerType, controller: &Controller) -> Checked {
    let known = models(kind);
    if !known.is_empty() {
        at.one_of("/@model", controller.model.as_ref(), known)?;
    }
    let model = controller.model.as_deref();
    match kind {
        ControllerType::Pci => {
            let is_root = matches!(model, Some("pci-root" | "pcie-root"));
            at.refuse_if(
                is_root && controller.index.unwrap_or_default() != 0 && !has_several_roots(config),
                "/@index",
                "a root has the index 0",
            )?;
            at.refuse_if(
                is_root && controller.address.is_some(),
                "/address",
                "a root has no address",
            )
        }
        ControllerType::Usb => {
            let is_xhci = matches!(model, Some("nec-xhci" | "qemu-xhci"));
            let ports = controller.ports.unwrap_or_default();
            at.refuse_when(
                is_xhci && ports > 15,
                "/@ports",
                format_args!("an xHCI controller has up to 15 ports, not {ports}"),
            )
        }
        _ => Ok(()),
    }
}

/// A pSeries machine has several roots.
fn has_several_roots(config: &DomainConfig) -> bool {
    let os = config.os.as_ref().and_then(|os| os.kind.as_ref());
    let arch = os.and_then(|os| os.arch.as_deref()).unwrap_or_default();
    let machine = os.and_then(|os| os.machine.as_deref()).unwrap_or_default();
    arch.starts_with("ppc64") || machine.starts_with("pseries")
}

fn check_parts(config: &DomainConfig, at: At<'_>, kind: &ControllerType, controller: &Controller) -> Checked {
    let model = controller.model.as_deref();
    if let Some(driver) = &controller.driver {
        check_driver(at.on(&driver.rest), kind, model, driver)?;
    }
    match &controller.target {
        Some(target) if *kind == ControllerType::Pci => check_target(config, at.on(&target.rest), target),
        _ => Ok(()),
    }
}

fn check_driver(
    at: At<'_>,
    kind: &ControllerType,
    model: Option<&str>,
    driver: &ControllerDriver,
) -> Checked {
    let is_virtio_scsi = *kind == ControllerType::Scsi
        && matches!(
            model,
            None | Some("auto" | "virtio-scsi" | "virtio-transitional" | "virtio-non-transitional")
        );
    at.refuse_if(
        (driver.iothread.is_some() || driver.iothreads.is_some()) && !is_virtio_scsi,
        "/driver/@iothread",
        "an I/O thread is for SCSI controllers of the model virtio-scsi",
    )?;
    let is_virtio = is_virtio_scsi || *kind == ControllerType::VirtioSerial;
    let options = [
        ("iommu", driver.iommu.is_some()),
        ("ats", driver.ats.is_some()),
        ("packed", driver.packed.is_some()),
        ("page_per_vq", driver.page_per_vq.is_some()),
    ];
    for (name, is_said) in options {
        if is_said && !is_virtio {
            let sentence = format!("'{name}' is for virtio controllers");
            return Err(at.wrong(&format!("/driver/@{name}"), sentence));
        }
    }
    Ok(())
}

fn check_target(config: &DomainConfig, at: At<'_>, target: &ControllerTarget) -> Checked {
    let cells = super::numa::cells(config).len();
    if let Some(node) = target.node
        && usize::try_from(node).is_ok_and(|node| node >= cells)
        && config.is_run_by_qemu()
    {
        return Err(at.wrong(
            "/target/node",
            format!("there is no cell {node}; the guest has {cells}"),
        ));
    }
    let ranges = [
        ("chassisNr", target.chassis_nr, 1, 255),
        ("chassis", target.chassis, 0, 255),
        ("port", target.port.map(|port| u32::from(port.0)), 0, 255),
        ("busNr", target.bus_nr, 1, 254),
        ("index", target.index, 0, 30),
    ];
    for (name, value, least, greatest) in ranges {
        if let Some(value) = value
            && !(least..=greatest).contains(&value)
        {
            return Err(at.wrong(
                &format!("/target/@{name}"),
                format!("{value} is not from {least} to {greatest}"),
            ));
        }
    }
    Ok(())
}

/// Where USB is switched off, nothing may need it.
fn check_usb(config: &DomainConfig, devices: &Devices) -> Checked {
    use crate::model::domain::devices::{DiskBus, InputBus};
    let is_none = |controller: &Controller| {
        controller.kind == Some(ControllerType::Usb) && controller.model.as_deref() == Some("none")
    };
    let Some(position) = devices.controllers.iter().position(is_none) else {
        return Ok(());
    };
    let others = devices
        .controllers
        .iter()
        .any(|other| other.kind == Some(ControllerType::Usb) && !is_none(other));
    let sentence = "USB is switched off by a controller of the model 'none'";
    let at = At::nth("/domain/devices/controller", position, &config.rest);
    at.refuse_if(
        others,
        "/@model",
        "there are other USB controllers than the one of the model 'none'",
    )?;
    if let Some(hub) = devices.hubs.first() {
        return Err(At::nth("/domain/devices/hub", 0, &hub.rest).wrong("", sentence));
    }
    if let Some(device) = devices.redirdevs.first() {
        return Err(At::nth("/domain/devices/redirdev", 0, &device.rest).wrong("", sentence));
    }
    for (index, input) in devices.inputs.iter().enumerate() {
        let at = At::nth("/domain/devices/input", index, &input.rest);
        at.refuse_if(input.bus == Some(InputBus::Usb), "/@bus", sentence)?;
    }
    for (index, disk) in devices.disks.iter().enumerate() {
        let at = At::nth("/domain/devices/disk", index, &disk.rest);
        at.refuse_if(
            super::disks::bus(disk) == Some(DiskBus::Usb),
            "/target/@bus",
            sentence,
        )?;
    }
    for (index, device) in devices.hostdevs.iter().enumerate() {
        let at = At::nth("/domain/devices/hostdev", index, &device.rest);
        at.refuse_if(device.kind.as_deref() == Some("usb"), "/@type", sentence)?;
    }
    for (index, device) in devices.sounds.iter().enumerate() {
        let at = At::nth("/domain/devices/sound", index, &device.rest);
        at.refuse_if(device.model.as_deref() == Some("usb"), "/@model", sentence)?;
    }
    Ok(())
}
