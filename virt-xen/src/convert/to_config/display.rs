//! Displays, and the device model.

use virt_core::Result;
use virt_core::model::DomainConfig;
use virt_core::model::domain::devices::{Graphics, GraphicsType, VideoModel, VideoModelType};
use virt_core::model::value::{SecretText, YesNo};

use super::super::complete::is_traditional;
use super::super::made::Made;
use super::super::problem::{invalid, unsupported};
use super::super::words::Kind;
use super::is_machine;
use crate::config_file::Value;

/// The port of the first display.
const FIRST_PORT: i32 = 5900;

/// Where a display listens, if that is said.
pub(in super::super) fn listen_address(graphics: &Graphics) -> Result<Option<&str>> {
    let first = graphics.listens.first();
    match first.and_then(|listen| listen.kind.as_deref()) {
        None | Some("address") => {}
        Some(kind) => {
            let text = format!("displays of Xen listen on an address, not on a {kind}");
            return Err(unsupported("/domain/devices/graphics/listen/@type", text));
        }
    }
    let address = first.and_then(|listen| listen.address.as_deref());
    Ok(address.or(graphics.listen.as_deref()))
}

pub(in super::super) fn is_auto(graphics: &Graphics) -> bool {
    graphics.autoport == Some(YesNo::Yes) || graphics.port == Some(-1)
}

fn display(graphics: &Graphics) -> Result<i64> {
    let display = graphics.port.unwrap_or(FIRST_PORT).checked_sub(FIRST_PORT);
    match display.filter(|display| *display >= 0) {
        Some(display) => Ok(display.into()),
        None => {
            let text = "ports of displays begin with 5900";
            Err(invalid("/domain/devices/graphics/@port", text))
        }
    }
}

pub(super) fn write(domain: &DomainConfig, kind: Kind, out: &mut Made) -> Result<()> {
    let Some(devices) = &domain.devices else {
        return Ok(());
    };
    out.add_text("device_model_override", devices.emulator.as_deref());
    let graphics = match devices.graphics.as_slice() {
        [] => return Ok(()),
        [graphics] => graphics,
        _ => {
            let text = "a guest of Xen has one display";
            return Err(unsupported("/domain/devices/graphics[2]", text));
        }
    };
    match (&graphics.kind, is_machine(kind)) {
        (Some(GraphicsType::Vnc), true) => machine_vnc(graphics, out),
        (Some(GraphicsType::Vnc), false) => paravirtual_vnc(graphics, out),
        (Some(GraphicsType::Sdl), true) => {
            out.add("sdl", true);
            out.add("vnc", false);
            out.add_text("display", graphics.display.as_deref());
            out.add_text("xauthority", graphics.xauth.as_deref());
            Ok(())
        }
        (Some(GraphicsType::Sdl), false) => {
            let mut text = "type=sdl".to_owned();
            add_part(&mut text, "display", graphics.display.as_deref())?;
            add_part(&mut text, "xauthority", graphics.xauth.as_deref())?;
            out.add("vfb", Value::texts([text]));
            Ok(())
        }
        (Some(GraphicsType::Spice), true) => Ok(()),
        (kind, _) => {
            let kind = kind.as_ref().map_or_else(String::new, ToString::to_string);
            let text = format!(
                "a guest of this kind has displays vnc, sdl and, as a whole machine, spice; not {kind:?}"
            );
            Err(unsupported("/domain/devices/graphics/@type", text))
        }
    }
}

fn add_part(text: &mut String, key: &str, value: Option<&str>) -> Result<()> {
    let Some(value) = value else { return Ok(()) };
    if value.contains(',') {
        let place = "/domain/devices/graphics";
        return Err(unsupported(
            place,
            format!("{key} has a comma, which ends a part of vfb"),
        ));
    }
    text.push(',');
    text.push_str(key);
    text.push('=');
    text.push_str(value);
    Ok(())
}

fn machine_vnc(graphics: &Graphics, out: &mut Made) -> Result<()> {
    out.add("sdl", false);
    out.add("vnc", true);
    out.add("vncunused", is_auto(graphics));
    if !is_auto(graphics) {
        out.add("vncdisplay", display(graphics)?);
    }
    out.add_text("vnclisten", listen_address(graphics)?);
    out.add_text("vncpasswd", graphics.passwd.as_ref().map(SecretText::reveal));
    out.add_text("keymap", graphics.keymap.as_deref());
    Ok(())
}

fn paravirtual_vnc(graphics: &Graphics, out: &mut Made) -> Result<()> {
    let mut text = format!("type=vnc,vncunused={}", u8::from(is_auto(graphics)));
    if !is_auto(graphics) {
        add_part(&mut text, "vncdisplay", Some(&display(graphics)?.to_string()))?;
    }
    add_part(&mut text, "vnclisten", listen_address(graphics)?)?;
    add_part(
        &mut text,
        "vncpasswd",
        graphics.passwd.as_ref().map(SecretText::reveal),
    )?;
    add_part(&mut text, "keymap", graphics.keymap.as_deref())?;
    out.add("vfb", Value::texts([text]));
    Ok(())
}

pub(super) fn write_spice(domain: &DomainConfig, kind: Kind, out: &mut Made) -> Result<()> {
    let first = domain.devices.iter().flat_map(|devices| &devices.graphics).next();
    let Some(graphics) = first.filter(|one| one.kind == Some(GraphicsType::Spice) && is_machine(kind)) else {
        return Ok(());
    };
    let port = |port: Option<i32>| i64::from(port.filter(|port| *port > 0).unwrap_or(0));
    out.add("sdl", false);
    out.add("vnc", false);
    out.add("spice", true);
    out.add_text("spicehost", listen_address(graphics)?);
    out.add("spiceport", port(graphics.port));
    out.add("spicetls_port", port(graphics.tls_port));
    out.add("spicedisable_ticketing", graphics.passwd.is_none());
    out.add_text("spicepasswd", graphics.passwd.as_ref().map(SecretText::reveal));
    out.add_text("keymap", graphics.keymap.as_deref());
    match graphics.mouse.as_ref().and_then(|mouse| mouse.mode.as_deref()) {
        None => {}
        Some("client") => {
            out.add("spiceagent_mouse", true);
            out.add("spicevdagent", true);
        }
        Some("server") => out.add("spiceagent_mouse", false),
        Some(mode) => {
            let text = format!("{mode} is neither server nor client");
            return Err(invalid("/domain/devices/graphics/mouse/@mode", text));
        }
    }
    let clipboard = graphics
        .clipboard
        .as_ref()
        .and_then(|clipboard| clipboard.copypaste);
    if clipboard == Some(YesNo::Yes) {
        out.add("spice_clipboard_sharing", true);
        out.add("spicevdagent", true);
    }
    Ok(())
}

/// The adapter of a whole machine, where it is another one than it has anyway.
pub(super) fn write_video(domain: &DomainConfig, kind: Kind, out: &mut Made) -> Result<()> {
    let videos = domain.devices.iter().flat_map(|devices| &devices.videos);
    let models: Vec<&VideoModel> = videos.filter_map(|video| video.model.as_ref()).collect();
    let model = match models.as_slice() {
        [model] if is_machine(kind) => *model,
        [] | [_] => return Ok(()),
        _ => {
            let text = "a guest of Xen has one adapter";
            return Err(unsupported("/domain/devices/video[2]", text));
        }
    };
    let (word, usual) = match &model.kind {
        Some(VideoModelType::Cirrus) => (None, if is_traditional(domain) { 4 } else { 8 }),
        Some(VideoModelType::Vga | VideoModelType::Xen) => {
            (Some("stdvga"), if is_traditional(domain) { 8 } else { 16 })
        }
        Some(VideoModelType::Qxl) => (Some("qxl"), 128),
        Some(VideoModelType::None) => {
            out.add("vga", "none");
            return Ok(());
        }
        kind => {
            let kind = kind.as_ref().map_or_else(String::new, ToString::to_string);
            let text = format!("Xen has adapters vga, cirrus, qxl and none, not {kind:?}");
            return Err(unsupported("/domain/devices/video/model/@type", text));
        }
    };
    out.add_text("vga", word);
    if let Some(vram) = model.vram.filter(|vram| *vram != usual * 1024) {
        out.add("videoram", vram.div_ceil(1024));
    }
    Ok(())
}
