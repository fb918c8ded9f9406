//! What is behind a character device: the mode of its end, and bind before connect.

use crate::model::domain::devices::{ChardevSource, ChardevType, Devices};
use crate::sorted::sort_by_rank;

pub(super) fn fill(devices: &mut Devices) {
    for port in &mut devices.serials {
        fill_sources(&mut port.kind, &mut port.sources);
    }
    for port in &mut devices.parallels {
        fill_sources(&mut port.kind, &mut port.sources);
    }
    for console in &mut devices.consoles {
        fill_sources(&mut console.kind, &mut console.sources);
    }
    for channel in &mut devices.channels {
        fill_sources(&mut channel.kind, &mut channel.sources);
    }
    for card in &mut devices.smartcards {
        if card.kind.is_some() {
            fill_sources(&mut card.kind, &mut card.sources);
        }
    }
    for device in &mut devices.redirdevs {
        fill_sources(&mut device.kind, &mut device.sources);
    }
    for rng in &mut devices.rngs {
        if let Some(backend) = &mut rng.backend
            && backend.kind.is_some()
        {
            fill_sources(&mut backend.kind, &mut backend.sources);
        }
    }
}

fn fill_sources(kind: &mut Option<ChardevType>, sources: &mut Vec<ChardevSource>) {
    match kind.get_or_insert(ChardevType::Pty) {
        ChardevType::Unix => {
            sources.retain(|source| source.path.is_some());
            connects(sources);
        }
        ChardevType::Tcp => connects(sources),
        ChardevType::Udp => {
            connects(sources);
            sort_by_rank(sources, |source| source.mode.as_deref() != Some("bind"));
        }
        _ => {}
    }
}

fn connects(sources: &mut [ChardevSource]) {
    for source in sources {
        source.mode.get_or_insert_with(|| "connect".to_owned());
    }
}
