//! Which settings of controllers have an effect.

use virt_core::Result;
use virt_core::model::domain::devices::{Controller, ControllerType};

use super::super::refusal;

pub(super) fn check(controller: &Controller, path: &str) -> Result<()> {
    let no_effect = |what: &str| {
        let why = format!("{what} has no effect on this controller; leave it out");
        Err(refusal::unsupported(format!("{path}/{what}"), why))
    };
    let kind = controller.kind.as_ref();
    let model = controller.model.as_deref().unwrap_or_default();
    let pci = kind == Some(&ControllerType::Pci);
    let virtio_scsi = kind == Some(&ControllerType::Scsi) && model.starts_with("virtio");
    if let Some(name) = controller
        .device_model
        .as_ref()
        .and_then(|device| device.name.as_deref())
    {
        let fits = match model {
            "pcie-root-port" => matches!(name, "pcie-root-port" | "ioh3420"),
            "pci-bridge" => name == "pci-bridge",
            "dmi-to-pci-bridge" => name == "i82801b11-bridge",
            "pcie-to-pci-bridge" => name == "pcie-pci-bridge",
            "pcie-switch-upstream-port" => name == "x3130-upstream",
            "pcie-switch-downstream-port" => name == "xio3130-downstream",
            _ => false,
        };
        if !(pci && fits) {
            return Err(refusal::unsupported(
                format!("{path}/model/@name"),
                format!("{name:?} is no make of this controller"),
            ));
        }
    }
    let virtio = virtio_scsi || kind == Some(&ControllerType::VirtioSerial);
    let for_scsi = controller.driver.as_ref().is_some_and(|driver| {
        driver.queues.is_some()
            || driver.cmd_per_lun.is_some()
            || driver.max_sectors.is_some()
            || driver.ioeventfd.is_some()
    });
    if controller.driver.is_some() && !virtio || for_scsi && !virtio_scsi {
        return no_effect("driver");
    }
    if controller.vectors.is_some() && kind != Some(&ControllerType::VirtioSerial) {
        return no_effect("@vectors");
    }
    if controller.ports.is_some() && !matches!(kind, Some(ControllerType::VirtioSerial | ControllerType::Usb))
    {
        return no_effect("@ports");
    }
    if controller.master.is_some() && !model.starts_with("ich9-uhci") {
        return no_effect("master");
    }
    target(controller, pci, model, path)
}

fn target(controller: &Controller, pci: bool, model: &str, path: &str) -> Result<()> {
    let Some(target) = &controller.target else {
        return Ok(());
    };
    let port = matches!(model, "pcie-root-port" | "pcie-switch-downstream-port");
    let fits = pci
        && (target.chassis_nr.is_none() || model == "pci-bridge")
        && (target.chassis.is_none() && target.port.is_none() || port)
        && (target.hotplug.is_none() || port || model == "pci-root");
    if fits {
        return Ok(());
    }
    Err(refusal::unsupported(
        format!("{path}/target"),
        "this target has no effect on this controller; leave it out",
    ))
}
