//! Displays and graphics adapters.

use crate::model::domain::devices::{
    Devices, Graphics, GraphicsListen, GraphicsType, VideoModel, VideoModelType,
};
use crate::model::value::YesNo;
use crate::sorted::sort_by_rank;

pub(super) fn fill(devices: &mut Devices) {
    for graphics in &mut devices.graphics {
        match graphics.kind {
            Some(GraphicsType::Vnc) => {
                fill_listens(graphics);
                fill_vnc(graphics);
            }
            Some(GraphicsType::Spice | GraphicsType::Rdp) => {
                fill_listens(graphics);
                fill_address(graphics);
            }
            _ => {}
        }
    }
    let has_primary = devices
        .videos
        .iter()
        .filter_map(|video| video.model.as_ref())
        .any(|model| model.primary == Some(YesNo::Yes));
    for (number, video) in devices.videos.iter_mut().enumerate() {
        if let Some(model) = &mut video.model {
            fill_model(model, number == 0 && !has_primary);
            if model.primary == Some(YesNo::No) {
                model.primary = None;
            }
        }
    }
    // The primary adapter is the first one.
    sort_by_rank(&mut devices.videos, |video| {
        let model = video.model.as_ref();
        model.is_none_or(|model| model.primary != Some(YesNo::Yes))
    });
}

/// Where it listens: as the attributes say it where no element does.
fn fill_listens(graphics: &mut Graphics) {
    let own = match &graphics.socket {
        Some(socket) => GraphicsListen {
            kind: Some("socket".to_owned()),
            socket: Some(socket.clone()),
            ..GraphicsListen::default()
        },
        None => GraphicsListen {
            kind: Some("address".to_owned()),
            address: graphics.listen.clone(),
            ..GraphicsListen::default()
        },
    };
    let is_socket = graphics.socket.is_some();
    match graphics.listens.first_mut() {
        None => graphics.listens.push(own),
        Some(first) if is_socket && matches!(first.kind.as_deref(), Some("address" | "network")) => {
            *first = own
        }
        Some(first) => {
            if first.kind.as_deref() == Some("address") && first.address.is_none() {
                first.address = own.address;
            }
        }
    }
}

/// The attributes say what the first element does.
fn fill_address(graphics: &mut Graphics) {
    let Some(first) = graphics.listens.first() else {
        return;
    };
    graphics.listen = match first.kind.as_deref() {
        Some("address" | "network") => first.address.clone(),
        _ => None,
    };
    graphics.socket = match first.kind.as_deref() {
        Some("socket") => first.socket.clone(),
        _ => None,
    };
}

fn fill_vnc(graphics: &mut Graphics) {
    fill_address(graphics);
    let first = graphics.listens.first().and_then(|listen| listen.kind.as_deref());
    if !matches!(first, Some("address" | "network")) {
        graphics.port = None;
        graphics.autoport = None;
        graphics.websocket = None;
        return;
    }
    let is_auto = match graphics.port {
        Some(-1) => true,
        None => graphics.autoport != Some(YesNo::No),
        Some(_) => graphics.autoport == Some(YesNo::Yes),
    };
    if is_auto && matches!(graphics.port, None | Some(0)) {
        graphics.port = Some(-1);
    }
    graphics.autoport = Some(YesNo::from(is_auto));
}

/// How much memory an adapter has in KiB unless said.
fn fill_model(model: &mut VideoModel, is_primary: bool) {
    let kind = model.kind.clone();
    let vram = match kind {
        Some(VideoModelType::Vga | VideoModelType::Cirrus | VideoModelType::Vmvga) => Some(16_384),
        Some(VideoModelType::Xen) => Some(4096),
        Some(VideoModelType::Vbox) => Some(8192),
        Some(VideoModelType::Qxl) => {
            model.ram.get_or_insert(65_536);
            model.vgamem.get_or_insert(16_384);
            Some(65_536)
        }
        _ => None,
    };
    if let Some(vram) = vram {
        model.vram.get_or_insert(vram);
    }
    if kind == Some(VideoModelType::None) {
        return;
    }
    model.heads.get_or_insert(1);
    if is_primary {
        model.primary = Some(YesNo::Yes);
    }
}
