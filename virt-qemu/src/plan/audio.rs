//! Audio backends.

use virt_core::model::DomainConfig;
use virt_core::model::domain::devices::{Audio, AudioType};

/// Adds the mute backend every x86 guest of libvirt has, unless there is a backend.
pub(crate) fn ensure(config: &mut DomainConfig) {
    let devices = config.devices_mut();
    if devices.audios.is_empty() {
        let mut audio = Audio::default();
        audio.id = Some(1);
        audio.kind = Some(AudioType::None);
        devices.audios.push(audio);
    }
}
