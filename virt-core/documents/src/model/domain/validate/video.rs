//! Graphics adapters.

use super::at::{At, Checked};
use crate::model::domain::devices::{Devices, Video, VideoModel, VideoModelType};
use crate::model::value::YesNo;

pub(super) fn check(devices: &Devices) -> Checked {
    let mut has_primary = false;
    for (index, video) in devices.videos.iter().enumerate() {
        let at = At::nth("/domain/devices/video", index, &video.rest);
        if let Some(driver) = &video.driver {
            let at = at.on(&driver.rest);
            at.one_of(
                "/driver/@name",
                driver.name.as_ref(),
                &["default", "qemu", "vhostuser"],
            )?;
            at.one_of("/driver/@vgaconf", driver.vgaconf.as_ref(), &["io", "on", "off"])?;
        }
        let Some(model) = &video.model else { continue };
        let at = at.on(&model.rest);
        let is_primary = model.primary == Some(YesNo::Yes);
        at.refuse_if(
            is_primary && has_primary,
            "/model/@primary",
            "there is a primary adapter already",
        )?;
        has_primary |= is_primary;
        at.refuse_if(
            model.kind == Some(VideoModelType::None) && devices.videos.len() > 1,
            "/model/@type",
            "an adapter of the type 'none' is the only one",
        )?;
        check_model(at, video, model)?;
    }
    Ok(())
}

fn check_model(at: At<'_>, video: &Video, model: &VideoModel) -> Checked {
    let Some(kind) = &model.kind else { return Ok(()) };
    let is_set = |size: Option<u32>| size.is_some_and(|size| size != 0);
    let is_qxl = *kind == VideoModelType::Qxl;
    at.refuse_if(
        is_set(model.ram) && !is_qxl,
        "/model/@ram",
        "'ram' is for the type qxl",
    )?;
    at.refuse_if(
        is_set(model.vram64) && !is_qxl,
        "/model/@vram64",
        "'vram64' is for the type qxl",
    )?;
    at.refuse_if(
        is_set(model.vgamem) && !is_qxl,
        "/model/@vgamem",
        "'vgamem' is for the type qxl",
    )?;
    let is_virtio = *kind == VideoModelType::Virtio;
    at.refuse_if(
        model.blob.is_some() && !is_virtio,
        "/model/@blob",
        "'blob' is for the type virtio",
    )?;
    let is_ramfb = *kind == VideoModelType::Ramfb;
    if let Some(address) = &video.address {
        at.on(&address.rest).refuse_if(
            is_ramfb,
            "/address",
            "an adapter of the type ramfb has no address",
        )?;
    }
    if let Some(resolution) = &model.resolution {
        let at = at.on(&resolution.rest);
        at.need("/model/resolution/@x", "the attribute 'x'", resolution.x.as_ref())?;
        at.need("/model/resolution/@y", "the attribute 'y'", resolution.y.as_ref())?;
    }
    Ok(())
}
