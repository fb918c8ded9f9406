//! USB controllers.

use virt_core::Result;
use virt_core::model::domain::devices::{ControllerType, Devices};

use super::super::lines::Lines;
use super::super::problem::unsupported;

/// The models of a domain, and what they are in a file.
const MODELS: &[(&str, &str)] = &[
    ("piix3-uhci", "usb"),
    ("piix4-uhci", "usb"),
    ("ehci", "ehci"),
    ("ich9-ehci1", "ehci"),
    ("nec-xhci", "usb_xhci"),
    ("qemu-xhci", "usb_xhci"),
];

pub(super) fn write(devices: &Devices, out: &mut Lines) -> Result<()> {
    let controllers = devices.controllers.iter();
    for controller in controllers.filter(|one| one.kind == Some(ControllerType::Usb)) {
        let device = match controller.model.as_deref() {
            None => "usb",
            Some("none") => continue,
            Some(model) => match MODELS.iter().find(|(one, _)| *one == model) {
                Some((_, device)) => device,
                None => {
                    let text = format!("USB controllers are piix3-uhci, ehci and nec-xhci, not {model}");
                    return Err(unsupported("/domain/devices/controller/@model", text));
                }
            },
        };
        out.add_flag(format!("{device}.present"), true);
    }
    Ok(())
}
