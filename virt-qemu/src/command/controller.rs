//! Controllers.

use virt_core::Result;
use virt_core::model::domain::devices::{Controller, ControllerType};
use virt_core::model::value::OnOff;

use super::context::{Context, id_of};
use super::line::Arguments;
use super::properties::Properties;
use super::virtio::{self, VirtioOptions};
use crate::plan::machine::MachineFamily;
use crate::plan::{is_usb2, refusal};

/// Settings of the controllers the machine has by itself.
pub(super) fn render_globals(context: &Context<'_>, args: &mut Arguments) {
    let is_root = |known: &&Controller| known.kind == Some(ControllerType::Pci) && known.index == Some(0);
    let root = context.devices.controllers.iter().find(is_root);
    if let Some(hotplug) = root.and_then(|root| root.target.as_ref()?.hotplug) {
        let state = if hotplug.is_set() { "on" } else { "off" };
        args.option("-global", format_args!("PIIX4_PM.acpi-root-pci-hotplug={state}"));
    }
}

/// Kind by kind; controllers the machine has by itself are left out.
pub(super) fn render(context: &Context<'_>, args: &mut Arguments) -> Result<()> {
    let kinds = [
        ControllerType::Pci,
        ControllerType::Usb,
        ControllerType::Scsi,
        ControllerType::Sata,
        ControllerType::VirtioSerial,
    ];
    for kind in kinds {
        let of_kind = |(_, one): &(usize, &Controller)| one.kind.as_ref() == Some(&kind);
        for (index, controller) in context.devices.controllers.iter().enumerate().filter(of_kind) {
            let path = refusal::device("controller", index);
            if let Some(device) = device(context, controller, &path)? {
                let place = context.place(controller.address.as_ref(), &path)?;
                args.device(&device.with_all(place));
            }
        }
    }
    Ok(())
}

fn device(context: &Context<'_>, controller: &Controller, path: &str) -> Result<Option<Properties>> {
    let id = id_of(controller.alias.as_ref(), path)?;
    let model = controller.model.as_deref();
    Ok(match (&controller.kind, controller.index) {
        (Some(ControllerType::Pci | ControllerType::Ide), Some(0)) => None,
        (Some(ControllerType::Sata), Some(0)) if context.family == MachineFamily::Q35 => None,
        (Some(ControllerType::Pci), _) => Some(pci(controller, id)),
        (Some(ControllerType::Usb), _) => usb(context, controller, id)?,
        (Some(ControllerType::Sata), _) => Some(Properties::device("ahci").with("id", id)),
        (Some(ControllerType::Scsi), _) if model == Some("lsilogic") => {
            context.abilities.require("lsi53c895a")?;
            Some(Properties::device("lsi").with("id", id))
        }
        (Some(ControllerType::Scsi), _) => Some(scsi(controller, id)),
        (Some(ControllerType::VirtioSerial), _) => Some(
            Properties::device(virtio::pci_driver("serial", model))
                .with_all(VirtioOptions::from(controller.driver.as_ref()).properties())
                .with("id", id)
                .with_some("max_ports", controller.ports)
                .with_some("vectors", controller.vectors),
        ),
        _ => None,
    })
}

fn pci(controller: &Controller, id: &str) -> Properties {
    let driver = controller
        .device_model
        .as_ref()
        .and_then(|model| model.name.as_deref())
        .unwrap_or_default();
    let target = controller.target.as_ref();
    let hotplug = target.and_then(|target| target.hotplug).map(OnOff::is_set);
    let device = Properties::device(driver);
    match controller.model.as_deref() {
        Some("pci-bridge") => device
            .with_some("chassis_nr", target.and_then(|target| target.chassis_nr))
            .with("id", id),
        Some("pcie-root-port" | "pcie-switch-downstream-port") => device
            .with_some("port", target.and_then(|target| target.port).map(|port| port.0))
            .with_some("chassis", target.and_then(|target| target.chassis))
            .with("id", id)
            .with_some("hotplug", hotplug),
        _ => device.with("id", id),
    }
}

fn usb(context: &Context<'_>, controller: &Controller, id: &str) -> Result<Option<Properties>> {
    let model = controller.model.as_deref().unwrap_or_default();
    let driver = match model {
        "none" => return Ok(None),
        "piix3-uhci" => "piix3-usb-uhci",
        "piix4-uhci" => "piix4-usb-uhci",
        "ehci" => "usb-ehci",
        "nec-xhci" => "nec-usb-xhci",
        "ich9-ehci1" => "ich9-usb-ehci1",
        "ich9-uhci1" => "ich9-usb-uhci1",
        "ich9-uhci2" => "ich9-usb-uhci2",
        "ich9-uhci3" => "ich9-usb-uhci3",
        other => other,
    };
    context.abilities.require(driver)?;
    let device = Properties::device(driver)
        .with_some("p2", controller.ports)
        .with_some("p3", controller.ports);
    let start = controller.master.as_ref().and_then(|master| master.startport);
    Ok(Some(match start.filter(|_| is_usb2(controller)) {
        Some(port) => {
            let bus = context
                .controller(&ControllerType::Usb, controller.index.unwrap_or(0))
                .unwrap_or(id);
            device
                .with("masterbus", format!("{bus}.0"))
                .with("firstport", port)
        }
        None => device.with("id", id),
    }))
}

fn scsi(controller: &Controller, id: &str) -> Properties {
    let driver = controller.driver.as_ref();
    let ioeventfd = driver.and_then(|driver| driver.ioeventfd).map(OnOff::is_set);
    Properties::device(virtio::pci_driver("scsi", controller.model.as_deref()))
        .with_all(VirtioOptions::from(driver).properties())
        .with_some("ioeventfd", ioeventfd)
        .with("id", id)
        .with_some("num_queues", driver.and_then(|driver| driver.queues))
        .with_some("cmd_per_lun", driver.and_then(|driver| driver.cmd_per_lun))
        .with_some("max_sectors", driver.and_then(|driver| driver.max_sectors))
}
