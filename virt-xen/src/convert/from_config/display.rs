//! Displays.

use virt_core::Result;
use virt_core::model::DomainConfig;
use virt_core::model::domain::devices::{
    Graphics, GraphicsCopyPaste, GraphicsListen, GraphicsMode, GraphicsType, Video, VideoModel,
    VideoModelType,
};
use virt_core::model::value::{SecretText, YesNo};

use super::super::problem::wrong_key;
use super::super::words::Kind;
use super::fields::{fields, last};
use super::source::Source;
use crate::config_file::Syntax;

/// The port of the first display.
const FIRST_PORT: i32 = 5900;

fn new(kind: GraphicsType, listen: Option<String>) -> Graphics {
    let mut graphics = Graphics::default();
    graphics.kind = Some(kind);
    let mut first = GraphicsListen::default();
    first.kind = Some("address".to_owned());
    first.address.clone_from(&listen);
    graphics.listens.push(first);
    graphics.listen = listen;
    graphics
}

fn set_port(graphics: &mut Graphics, is_auto: bool, display: Option<i32>) {
    graphics.autoport = Some(YesNo::from(is_auto));
    graphics.port = match display {
        _ if is_auto => Some(-1),
        Some(display) => Some(display.saturating_add(FIRST_PORT)),
        None => None,
    };
}

fn sdl(display: Option<String>, xauth: Option<String>) -> Graphics {
    let mut graphics = Graphics::default();
    graphics.kind = Some(GraphicsType::Sdl);
    graphics.display = display;
    graphics.xauth = xauth;
    graphics
}

pub(super) fn read(source: &Source<'_>, kind: Kind, domain: &mut DomainConfig) -> Result<()> {
    let graphics = match kind {
        Kind::Hvm => machine(source)?,
        Kind::Pv | Kind::Pvh => paravirtual(source)?,
    };
    domain.devices_mut().graphics.extend(graphics);
    if kind == Kind::Hvm && source.is_complete() && source.syntax() == Syntax::Xl {
        domain.devices_mut().videos.extend(video(source)?);
    }
    domain.devices_mut().emulator = source.text("device_model_override")?;
    Ok(())
}

fn machine(source: &Source<'_>) -> Result<Option<Graphics>> {
    if source.flag("vnc")? == Some(true) {
        let mut graphics = new(GraphicsType::Vnc, source.text("vnclisten")?);
        let is_auto = source.flag("vncunused")?.unwrap_or(true);
        let display = match is_auto {
            true => None,
            false => Some(source.number("vncdisplay")?.unwrap_or(0)),
        };
        set_port(&mut graphics, is_auto, display.map(small));
        graphics.passwd = source.text("vncpasswd")?.map(SecretText::new);
        graphics.keymap = source.text("keymap")?;
        return Ok(Some(graphics));
    }
    match source.flag("sdl")? {
        Some(true) => Ok(Some(sdl(source.text("display")?, source.text("xauthority")?))),
        _ => Ok(None),
    }
}

/// The adapter of a whole machine, which libvirt does not read.
fn video(source: &Source<'_>) -> Result<Option<Video>> {
    let (word, memory) = (source.text("vga")?, source.number("videoram")?);
    if word.is_none() && memory.is_none() {
        return Ok(None);
    }
    let mut model = VideoModel::default();
    model.kind = Some(match word.as_deref() {
        None | Some("cirrus") => VideoModelType::Cirrus,
        Some("stdvga") => VideoModelType::Vga,
        Some("qxl") => VideoModelType::Qxl,
        Some("none") => VideoModelType::None,
        Some(_) => return Ok(None),
    });
    if model.kind != Some(VideoModelType::None) {
        let kib = memory.and_then(|mib| u32::try_from(mib).ok()?.checked_mul(1024));
        model.vram = kib.filter(|kib| *kib > 0);
    }
    let mut video = Video::default();
    video.model = Some(model);
    Ok(Some(video))
}

fn small(number: i64) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}

fn paravirtual(source: &Source<'_>) -> Result<Option<Graphics>> {
    // There is one display.
    let Some(text) = source.texts("vfb").into_iter().next() else {
        return Ok(None);
    };
    let fields = fields(&text);
    let said = |key: &str| last(&fields, key).map(ToOwned::to_owned);
    if text.contains("type=sdl") {
        return Ok(Some(sdl(said("display"), said("xauthority"))));
    }
    let mut graphics = new(GraphicsType::Vnc, said("vnclisten"));
    let display = match said("vncdisplay").map(|text| (text.parse::<i32>(), text)) {
        None => None,
        Some((Ok(display), _)) if display >= 0 || !source.is_complete() => Some(display),
        Some((_, text)) => source.lenient(wrong_key("vfb", format!("{text:?} is no number of a display")))?,
    };
    set_port(&mut graphics, said("vncunused").as_deref() == Some("1"), display);
    graphics.passwd = said("vncpasswd").map(SecretText::new);
    graphics.keymap = said("keymap");
    Ok(Some(graphics))
}

pub(super) fn read_spice(source: &Source<'_>, kind: Kind, domain: &mut DomainConfig) -> Result<()> {
    if kind != Kind::Hvm || source.flag("spice")? != Some(true) {
        return Ok(());
    }
    let mut graphics = new(GraphicsType::Spice, source.text("spicehost")?);
    let port = |key: &str| -> Result<Option<i32>> {
        let number = source.number(key)?.filter(|number| *number > 0);
        Ok(number.map(small))
    };
    graphics.port = port("spiceport")?;
    graphics.tls_port = port("spicetls_port")?;
    let is_auto = graphics.port.is_none() && graphics.tls_port.is_none();
    graphics.autoport = Some(YesNo::from(is_auto));
    if source.flag("spicedisable_ticketing")? != Some(true) {
        graphics.passwd = match source.text("spicepasswd")? {
            Some(password) => Some(SecretText::new(password)),
            None => source.lenient(wrong_key(
                "spicepasswd",
                "the file does not say it: say one, or spicedisable_ticketing = 1",
            ))?,
        };
    }
    if source.is_complete() {
        graphics.keymap = source.text("keymap")?;
    }
    let is_client = source.flag("spiceagent_mouse")? == Some(true);
    let mut mouse = GraphicsMode::default();
    mouse.mode = Some(if is_client { "client" } else { "server" }.to_owned());
    graphics.mouse = Some(mouse);
    let mut clipboard = GraphicsCopyPaste::default();
    clipboard.copypaste = Some(YesNo::from(source.flag("spice_clipboard_sharing")? == Some(true)));
    graphics.clipboard = Some(clipboard);
    // It is the one display there is.
    domain.devices_mut().graphics = vec![graphics];
    Ok(())
}
