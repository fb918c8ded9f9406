//! Keyboards, mice and other input devices.

use super::at::{At, Checked};
use crate::model::domain::devices::{Devices, Input, InputBus, InputType};

pub(super) fn check(devices: &Devices) -> Checked {
    for (index, input) in devices.inputs.iter().enumerate() {
        let at = At::nth("/domain/devices/input", index, &input.rest);
        let kind = at.need("/@type", "the attribute 'type'", input.kind.as_ref())?;
        check_bus(at, kind, input)?;
        check_model(at, kind, input)?;
        check_source(at, kind, input)?;
    }
    for (index, hub) in devices.hubs.iter().enumerate() {
        let at = At::nth("/domain/devices/hub", index, &hub.rest);
        at.need("/@type", "the attribute 'type'", hub.kind.as_ref())?;
        at.one_of("/@type", hub.kind.as_ref(), &["usb"])?;
    }
    Ok(())
}

fn check_bus(at: At<'_>, kind: &InputType, input: &Input) -> Checked {
    let bus = input.bus.as_ref();
    let is_ps2 = bus == Some(&InputBus::Ps2);
    at.refuse_when(
        is_ps2 && !matches!(kind, InputType::Mouse | InputType::Keyboard),
        "/@bus",
        format_args!("the bus ps2 has no {kind}"),
    )?;
    at.refuse_if(
        *kind == InputType::Passthrough && bus.is_some_and(|bus| *bus != InputBus::Virtio),
        "/@bus",
        "a device of the host is handed through on the bus virtio",
    )
}

fn check_model(at: At<'_>, kind: &InputType, input: &Input) -> Checked {
    let models = ["virtio", "virtio-transitional", "virtio-non-transitional"];
    at.one_of("/@model", input.model.as_ref(), &models)?;
    let is_special = input.model.as_deref().is_some_and(|model| model != "virtio");
    at.refuse_when(
        is_special && *kind != InputType::Passthrough,
        "/@model",
        format_args!("a {kind} is neither transitional nor non-transitional"),
    )?;
    let is_virtio = matches!(input.bus, None | Some(InputBus::Virtio));
    match &input.driver {
        Some(driver) => at.on(&driver.rest).refuse_if(
            !is_virtio,
            "/driver",
            "options of the driver are for the bus virtio",
        ),
        None => Ok(()),
    }
}

fn check_source(at: At<'_>, kind: &InputType, input: &Input) -> Checked {
    let source = input.source.as_ref();
    match kind {
        InputType::Passthrough => {
            let path = source.and_then(|source| source.evdev.as_ref().or(source.dev.as_ref()));
            at.need_text("/source/@evdev", "the device of the host", path)?;
            Ok(())
        }
        InputType::Evdev => {
            let path = source.and_then(|source| source.dev.as_ref());
            at.need_text("/source/@dev", "the device of the host", path)?;
            let grab = source.and_then(|source| source.grab.as_ref());
            at.one_of("/source/@grab", grab, &["all"])?;
            let toggles = [
                "ctrl-ctrl",
                "alt-alt",
                "shift-shift",
                "meta-meta",
                "scrolllock",
                "ctrl-scrolllock",
            ];
            let toggle = source.and_then(|source| source.grab_toggle.as_ref());
            at.one_of("/source/@grabToggle", toggle, &toggles)
        }
        _ => Ok(()),
    }
}
