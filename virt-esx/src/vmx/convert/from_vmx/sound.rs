//! The sound card, which libvirt does not read.

use virt_core::model::DomainConfig;
use virt_core::model::domain::devices::Sound;

use super::super::sound::model;
use super::source::Source;

pub(super) fn read(source: &Source<'_>, domain: &mut DomainConfig) {
    let is_present = matches!(source.is_present("sound"), Ok(true));
    if !source.is_complete() || !is_present {
        return;
    }
    if let Some(model) = source.raw("sound.virtualDev").and_then(model) {
        let mut sound = Sound::default();
        sound.model = Some(model.to_owned());
        domain.devices_mut().sounds.push(sound);
    }
}
