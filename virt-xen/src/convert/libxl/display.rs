//! Displays and graphics adapters.

use serde_json::Value;
use virt_core::Result;
use virt_core::model::DomainConfig;
use virt_core::model::domain::devices::{Graphics, GraphicsType, VideoModel, VideoModelType};
use virt_core::model::value::{SecretText, YesNo};

use super::super::complete::is_traditional;
use super::super::options::ToLibxl;
use super::super::problem::{invalid, unsupported};
use super::super::to_config::{is_auto, listen_address};
use super::super::words::Kind;
use super::object::Object;

/// The port of the first display.
const FIRST_PORT: u32 = 5900;

pub(super) fn write(
    domain: &DomainConfig,
    kind: Kind,
    options: &ToLibxl,
    out: &mut Object,
    build: &mut Object,
    machine: &mut Object,
) -> Result<()> {
    let graphics = domain.devices.as_ref().map(|devices| devices.graphics.as_slice());
    let graphics = graphics.unwrap_or_default();
    let frames = graphics
        .iter()
        .map(|one| frame(one, kind, options))
        .collect::<Result<Vec<Object>>>()?;
    if kind == Kind::Hvm {
        for name in ["vnc", "sdl"] {
            let mut off = Object::default();
            off.flag("enable", false);
            machine.set(name, off);
        }
        let spice = graphics.iter().find(|one| one.kind == Some(GraphicsType::Spice));
        let options = spice.map_or(Ok(Object::default()), |one| spice_info(one, options))?;
        machine.set("spice", options);
        machine.set_text(
            "keymap",
            spice.or(graphics.first()).and_then(|one| one.keymap.as_deref()),
        );
        if let (None, Some(first)) = (spice, frames.first()) {
            for name in ["vnc", "sdl"] {
                if let Some(value) = first.get(name) {
                    machine.set(name, value.clone());
                }
            }
        }
        write_video(domain, build, machine)?;
    }
    let keyboards: Vec<Object> = frames.iter().map(|_frame| Object::default()).collect();
    out.set_list("vfbs", frames);
    out.set_list("vkbs", keyboards);
    Ok(())
}

fn frame(graphics: &Graphics, kind: Kind, options: &ToLibxl) -> Result<Object> {
    let (mut frame, mut vnc, mut sdl) = (Object::default(), Object::default(), Object::default());
    match &graphics.kind {
        Some(GraphicsType::Sdl) => {
            sdl.flag("enable", true);
            sdl.flag("opengl", false);
            sdl.set_text("display", graphics.display.as_deref());
            sdl.set_text("xauthority", graphics.xauth.as_deref());
            vnc.flag("enable", false);
        }
        Some(GraphicsType::Vnc) => {
            vnc.flag("enable", true);
            vnc.flag("findunused", false);
            sdl.flag("enable", false);
            let port = match is_auto(graphics) {
                true => Some(u32::from(options.display_port)),
                false => u32::try_from(graphics.port.unwrap_or(5900)).ok(),
            };
            let display = port.and_then(|port| port.checked_sub(FIRST_PORT));
            let bad = || {
                invalid(
                    "/domain/devices/graphics/@port",
                    "ports of displays begin with 5900",
                )
            };
            vnc.set_number("display", display.ok_or_else(bad)?.into());
            vnc.set("listen", listen_address(graphics)?.unwrap_or("127.0.0.1"));
            vnc.set_text("passwd", graphics.passwd.as_ref().map(SecretText::reveal));
            frame.set_text("keymap", graphics.keymap.as_deref());
        }
        Some(GraphicsType::Spice) if kind == Kind::Hvm => {}
        other => {
            let other = other.as_ref().map_or_else(String::new, ToString::to_string);
            let text = format!(
                "a guest of this kind has displays vnc, sdl and, as a whole machine, spice; not {other:?}"
            );
            return Err(unsupported("/domain/devices/graphics/@type", text));
        }
    }
    frame.set("vnc", vnc);
    frame.set("sdl", sdl);
    Ok(frame)
}

fn spice_info(graphics: &Graphics, options: &ToLibxl) -> Result<Object> {
    if graphics.tls_port.is_some_and(|port| port > 0) {
        let text = "libvirt does not tell libxl of it";
        return Err(unsupported("/domain/devices/graphics/@tlsPort", text));
    }
    let mut spice = Object::default();
    spice.flag("enable", true);
    let port = match is_auto(graphics) || graphics.port.is_none() {
        true => u64::from(options.display_port),
        false => u64::try_from(graphics.port.unwrap_or(0)).unwrap_or(0),
    };
    spice.set_number("port", port);
    spice.set("host", listen_address(graphics)?.unwrap_or("127.0.0.1"));
    spice.set_text("passwd", graphics.passwd.as_ref().map(SecretText::reveal));
    spice.flag("disable_ticketing", graphics.passwd.is_none());
    let mode = graphics.mouse.as_ref().and_then(|mouse| mouse.mode.as_deref());
    spice.flag("agent_mouse", mode != Some("server"));
    let clipboard = graphics
        .clipboard
        .as_ref()
        .and_then(|clipboard| clipboard.copypaste);
    spice.flag("vdagent", clipboard == Some(YesNo::Yes));
    spice.flag("clipboard_sharing", clipboard == Some(YesNo::Yes));
    Ok(spice)
}

fn write_video(domain: &DomainConfig, build: &mut Object, machine: &mut Object) -> Result<()> {
    let videos = domain.devices.iter().flat_map(|devices| &devices.videos);
    let models: Vec<&VideoModel> = videos.filter_map(|video| video.model.as_ref()).collect();
    let mut vga = Object::default();
    match models.as_slice() {
        [] => {
            machine.flag("nographic", true);
            vga.set("kind", "none");
        }
        [model] => {
            let is_old = is_traditional(domain);
            let (word, least) = match &model.kind {
                Some(VideoModelType::Vga | VideoModelType::Xen) => ("std", if is_old { 8 } else { 16 }),
                Some(VideoModelType::Cirrus) => ("cirrus", if is_old { 4 } else { 8 }),
                Some(VideoModelType::Qxl) => ("qxl", 128),
                kind => {
                    let kind = kind.as_ref().map_or_else(String::new, ToString::to_string);
                    let text = format!("Xen has adapters vga, cirrus and qxl, not {kind:?}");
                    return Err(unsupported("/domain/devices/video/model/@type", text));
                }
            };
            let vram = model.vram.unwrap_or(least * 1024);
            if vram < least * 1024 {
                let text = format!("an adapter of this type has {least} MiB at least");
                return Err(unsupported("/domain/devices/video/model/@vram", text));
            }
            vga.set("kind", word);
            build.set("video_memkb", vram);
        }
        _ => {
            let text = "a guest of Xen has one adapter";
            return Err(unsupported("/domain/devices/video[2]", text));
        }
    }
    machine.set("vga", Value::from(vga));
    Ok(())
}
