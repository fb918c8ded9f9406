//! The display: VNC, and the graphics adapter.

use virt_core::Result;
use virt_core::model::DomainConfig;
use virt_core::model::domain::devices::{
    Graphics, GraphicsListen, GraphicsType, Video, VideoModel, VideoModelType,
};
use virt_core::model::value::{SecretText, YesNo};

use super::super::problem::wrong_key;
use super::source::Source;

pub(super) fn read_vnc(source: &Source<'_>, domain: &mut DomainConfig) -> Result<()> {
    let key = |name: &str| format!("RemoteDisplay.vnc.{name}");
    if source.flag(&key("enabled"))? != Some(true) {
        return Ok(());
    }
    let mut graphics = Graphics::default();
    graphics.kind = Some(GraphicsType::Vnc);
    let port = source.number(&key("port"))?.filter(|port| *port >= 0);
    let is_auto = port.is_none();
    graphics.port = Some(match port.map(i32::try_from) {
        Some(Ok(port)) => port,
        Some(Err(_)) => {
            let error = wrong_key("RemoteDisplay.vnc.port", "it is no port");
            source.lenient(error)?.unwrap_or(-1)
        }
        None => -1,
    });
    graphics.autoport = Some(YesNo::from(is_auto));
    graphics.keymap = source.text(&key("keymap"));
    graphics.passwd = source.text(&key("password")).map(SecretText::new);
    let mut listen = GraphicsListen::default();
    listen.kind = Some("address".to_owned());
    listen.address = source.text(&key("ip"));
    graphics.listen.clone_from(&listen.address);
    graphics.listens.push(listen);
    domain.devices_mut().graphics.push(graphics);
    Ok(())
}

/// The memory of an adapter whose file says none, in bytes.
const MEMORY: i64 = 4 << 20;

pub(super) fn read_adapter(source: &Source<'_>, domain: &mut DomainConfig) -> Result<()> {
    let bytes = source.number("svga.vramSize")?.unwrap_or(MEMORY);
    let kib = u64::try_from(bytes)
        .map(|bytes| bytes.div_ceil(1024))
        .and_then(u32::try_from);
    let kib = match kib {
        Ok(kib) => kib,
        Err(_) => {
            let error = wrong_key("svga.vramSize", format!("{bytes} is no number of bytes"));
            source.lenient(error)?.unwrap_or(4096)
        }
    };
    let mut model = VideoModel::default();
    model.kind = Some(VideoModelType::Vmvga);
    model.vram = Some(kib);
    model.primary = Some(YesNo::Yes);
    let mut video = Video::default();
    video.model = Some(model);
    domain.devices_mut().videos.push(video);
    Ok(())
}
