//! Mice, tablets and keyboards on USB; sound cards.

use virt_core::Result;
use virt_core::model::DomainConfig;
use virt_core::model::domain::devices::{Input, InputBus, InputType};

use super::super::made::Made;
use super::super::problem::unsupported;
use super::super::words::Kind;
use super::is_machine;
use crate::config_file::Value;

/// Devices on USB, each with its place in the document. All others have to be those every guest has.
pub(in super::super) fn usb_inputs(domain: &DomainConfig, kind: Kind) -> Result<Vec<(String, &Input)>> {
    let inputs = domain.devices.iter().flat_map(|devices| &devices.inputs);
    let mut found = Vec::new();
    for (number, input) in inputs.enumerate() {
        let place = format!("/domain/devices/input[{}]", number + 1);
        let is_usual = matches!(input.kind, Some(InputType::Mouse | InputType::Keyboard));
        match (&input.bus, is_machine(kind)) {
            (Some(InputBus::Usb), true) => found.push((place, input)),
            (Some(InputBus::Ps2), true) | (Some(InputBus::Xen), false) if is_usual => {}
            _ => {
                let text = "a machine has a mouse and a keyboard, and what is on USB; a paravirtual guest those of bus xen";
                return Err(unsupported(place, text));
            }
        }
    }
    Ok(found)
}

pub(super) fn write(domain: &DomainConfig, kind: Kind, is_xl: bool, out: &mut Made) -> Result<()> {
    let mut names = Vec::new();
    for (place, input) in usb_inputs(domain, kind)? {
        let name = match &input.kind {
            Some(InputType::Mouse) => "mouse",
            Some(InputType::Tablet) => "tablet",
            Some(InputType::Keyboard) => "keyboard",
            _ => {
                let text = "Xen has mice, tablets and keyboards on USB";
                return Err(unsupported(format!("{place}/@type"), text));
            }
        };
        if !is_xl && !names.is_empty() {
            return Err(unsupported(place, "xm has one device on USB"));
        }
        names.push(name);
    }
    match names.as_slice() {
        [] => {}
        [name] => {
            out.add("usb", true);
            out.add("usbdevice", *name);
        }
        names => {
            out.add("usb", true);
            out.add("usbdevice", Value::texts(names.iter().copied()));
        }
    }
    Ok(())
}

/// Sound cards of Xen's device model.
pub(in super::super) fn is_sound(model: &str) -> bool {
    matches!(model, "sb16" | "es1370" | "ac97" | "ich6" | "pcspk")
}

pub(super) fn write_sound(domain: &DomainConfig, kind: Kind, out: &mut Made) -> Result<()> {
    let sounds = domain.devices.iter().flat_map(|devices| &devices.sounds);
    let models: Vec<&str> = sounds
        .map(|sound| sound.model.as_deref().unwrap_or_default())
        .collect();
    if models.is_empty() {
        return Ok(());
    }
    if !is_machine(kind) {
        return Err(unsupported(
            "/domain/devices/sound",
            "a paravirtual guest has no sound card",
        ));
    }
    if let Some(model) = models.iter().find(|model| !is_sound(model)) {
        let text = format!("Xen has sound cards sb16, es1370, ac97 and ich6, not {model:?}");
        return Err(unsupported("/domain/devices/sound/@model", text));
    }
    out.add("soundhw", models.join(","));
    Ok(())
}
