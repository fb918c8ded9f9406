//! The display: VNC, the graphics adapter, and the sound card.

use virt_core::Result;
use virt_core::model::domain::devices::{Devices, Graphics, GraphicsType, VideoModelType};
use virt_core::model::value::YesNo;

use super::super::lines::Lines;
use super::super::problem::{invalid, unsupported};
use super::super::sound;

pub(super) fn write_vnc(devices: &Devices, out: &mut Lines) -> Result<()> {
    if devices.graphics.len() > 1 {
        return Err(unsupported(
            "/domain/devices/graphics[2]",
            "a machine has one display",
        ));
    }
    match devices.graphics.first() {
        Some(graphics) => write_display(graphics, out),
        None => Ok(()),
    }
}

fn write_display(graphics: &Graphics, out: &mut Lines) -> Result<()> {
    let place = "/domain/devices/graphics";
    if graphics.kind != Some(GraphicsType::Vnc) {
        return Err(unsupported(
            format!("{place}/@type"),
            "a display is reached by vnc",
        ));
    }
    let attributes = [
        (graphics.websocket.is_some(), "@websocket"),
        (graphics.socket.is_some(), "@socket"),
        (graphics.passwd_valid_to.is_some(), "@passwdValidTo"),
        (graphics.connected.is_some(), "@connected"),
        (graphics.share_policy.is_some(), "@sharePolicy"),
        (graphics.power_control.is_some(), "@powerControl"),
        (graphics.listens.len() > 1, "listen[2]"),
        (graphics.gl.is_some(), "gl"),
        (graphics.audio.is_some(), "audio"),
    ];
    if let Some((_, name)) = attributes.into_iter().find(|(is_there, _)| *is_there) {
        return Err(unsupported(
            format!("{place}/{name}"),
            "VMware's VNC has no such option",
        ));
    }
    let key = |name: &str| format!("RemoteDisplay.vnc.{name}");
    out.add_flag(key("enabled"), true);
    let is_auto = match graphics.port {
        None => graphics.autoport != Some(YesNo::No),
        Some(port) => port < 0 || graphics.autoport == Some(YesNo::Yes),
    };
    if !is_auto {
        out.add(key("port"), graphics.port.unwrap_or_default().to_string());
    }
    let listen = graphics.listens.first();
    if listen.is_some_and(|listen| !matches!(listen.kind.as_deref(), None | Some("address"))) {
        let text = "VMware's VNC listens on an address";
        return Err(unsupported(format!("{place}/listen/@type"), text));
    }
    let address = listen.and_then(|listen| listen.address.as_deref());
    if let Some(address) = address.or(graphics.listen.as_deref()) {
        out.add_text(key("ip"), address);
    }
    if let Some(keymap) = &graphics.keymap {
        out.add_text(key("keymap"), keymap);
    }
    if let Some(password) = &graphics.passwd {
        out.add_text(key("password"), password.reveal());
    }
    Ok(())
}

/// The memory of an adapter, in KiB.
const MEMORY: u32 = 4096;

pub(super) fn write_adapter(devices: &Devices, out: &mut Lines) -> Result<()> {
    let place = "/domain/devices/video";
    let video = match devices.videos.as_slice() {
        // A display has an adapter.
        [] if devices.graphics.is_empty() => return Ok(()),
        [] => None,
        [video] => Some(video),
        _ => {
            return Err(unsupported(
                format!("{place}[2]"),
                "a machine has one graphics adapter",
            ));
        }
    };
    let model = video.and_then(|video| video.model.as_ref());
    let kind = model.and_then(|model| model.kind.as_ref());
    if let Some(kind) = kind.filter(|kind| **kind != VideoModelType::Vmvga) {
        let text = format!("the adapter is vmvga, not {kind}");
        return Err(unsupported(format!("{place}/model/@type"), text));
    }
    let memory = match model {
        Some(model) => {
            if model.heads.is_some_and(|heads| heads > 1) {
                let text = "the number of screens is not said in a file";
                return Err(unsupported(format!("{place}/model/@heads"), text));
            }
            if model.acceleration.is_some() || model.resolution.is_some() {
                let text = "acceleration and resolution are not said in a file";
                return Err(unsupported(format!("{place}/model"), text));
            }
            model.vram.unwrap_or(MEMORY)
        }
        None => MEMORY,
    };
    let rounded = u64::from(memory).div_ceil(64) * 64;
    out.add("svga.vramSize", (rounded * 1024).to_string());
    Ok(())
}

pub(super) fn write_sound(devices: &Devices, out: &mut Lines) -> Result<()> {
    let sound = match devices.sounds.as_slice() {
        [] => return Ok(()),
        [sound] => sound,
        _ => {
            return Err(unsupported(
                "/domain/devices/sound[2]",
                "a machine has one sound card",
            ));
        }
    };
    let place = "/domain/devices/sound/@model";
    let model = sound
        .model
        .as_deref()
        .ok_or_else(|| invalid(place, "it is missing"))?;
    let word = sound::word(model);
    let refuse = || {
        unsupported(
            place,
            format!("sound cards are es1370, sb16 and ich6, not {model}"),
        )
    };
    out.add_flag("sound.present", true);
    out.add("sound.virtualDev", word.ok_or_else(refuse)?);
    Ok(())
}
