//! Sound cards and what plays for them.

use super::at::{At, Checked};
use crate::model::domain::devices::{Devices, GraphicsType};
use crate::sorted::SortedSet;

const MODELS: &[&str] = &[
    "sb16", "es1370", "pcspk", "ac97", "ich6", "ich9", "usb", "ich7", "virtio",
];

pub(super) fn check(devices: &Devices) -> Checked {
    let mut ids = SortedSet::new();
    for (index, audio) in devices.audios.iter().enumerate() {
        let at = At::nth("/domain/devices/audio", index, &audio.rest);
        let id = *at.need("/@id", "the attribute 'id'", audio.id.as_ref())?;
        at.refuse_if(id == 0, "/@id", "the id is 0; they begin at 1")?;
        at.refuse_when(
            !ids.insert(id),
            "/@id",
            format_args!("the id {id} is there twice"),
        )?;
        at.need("/@type", "the attribute 'type'", audio.kind.as_ref())?;
    }
    for (index, sound) in devices.sounds.iter().enumerate() {
        let at = At::nth("/domain/devices/sound", index, &sound.rest);
        at.need("/@model", "the attribute 'model'", sound.model.as_ref())?;
        at.one_of("/@model", sound.model.as_ref(), MODELS)?;
        for (number, codec) in sound.codecs.iter().enumerate() {
            let at = at.part("/codec", number, &codec.rest);
            at.need("/@type", "the attribute 'type'", codec.kind.as_ref())?;
            at.one_of("/@type", codec.kind.as_ref(), &["duplex", "micro", "output"])?;
        }
        let id = sound.audio.as_ref().and_then(|audio| audio.id);
        check_reference(at, id, &ids)?;
    }
    for (index, graphics) in devices.graphics.iter().enumerate() {
        let at = At::nth("/domain/devices/graphics", index, &graphics.rest);
        if matches!(graphics.kind, Some(GraphicsType::Vnc | GraphicsType::Dbus)) {
            let id = graphics.audio.as_ref().and_then(|audio| audio.id);
            check_reference(at, id, &ids)?;
        }
    }
    Ok(())
}

fn check_reference(at: At<'_>, id: Option<u32>, ids: &SortedSet<u32>) -> Checked {
    match id {
        Some(id) if !ids.contains(&id) => {
            Err(at.wrong("/audio/@id", format!("there is no <audio id='{id}'>")))
        }
        _ => Ok(()),
    }
}
