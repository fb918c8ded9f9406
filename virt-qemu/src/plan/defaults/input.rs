//! Input and audio devices.

use virt_core::Result;
use virt_core::model::DomainConfig;
use virt_core::model::domain::devices::{AudioType, InputBus, InputType};

use super::super::refusal;

pub(super) fn check(config: &mut DomainConfig) -> Result<()> {
    let devices = config.devices_mut();
    for (index, input) in devices.inputs.iter_mut().enumerate() {
        let path = refusal::device("input", index);
        match input.kind {
            Some(InputType::Mouse | InputType::Keyboard) => {}
            _ => {
                return Err(refusal::unsupported(
                    format!("{path}/@type"),
                    "this kind of input is not supported yet; choose \"mouse\" or \"keyboard\"",
                ));
            }
        }
        match input.bus.get_or_insert(InputBus::Ps2) {
            InputBus::Ps2 => {}
            other => {
                let other = other.as_str();
                return Err(refusal::unsupported(
                    format!("{path}/@bus"),
                    format!("inputs on the bus {other:?} are not supported yet; choose \"ps2\""),
                ));
            }
        }
        if input.address.is_some() {
            return Err(refusal::invalid(
                format!("{path}/address"),
                "PS/2 devices have no address",
            ));
        }
    }
    for (index, audio) in devices.audios.iter().enumerate() {
        let path = refusal::device("audio", index);
        if audio.kind != Some(AudioType::None) {
            return Err(refusal::unsupported(
                path,
                "audio backends are not supported yet; choose type=\"none\"",
            ));
        }
        if audio.id.is_none_or(|id| id == 0)
            || devices
                .audios
                .iter()
                .take(index)
                .any(|earlier| earlier.id == audio.id)
        {
            return Err(refusal::invalid(
                format!("{path}/@id"),
                "audio backends have different numbers from 1",
            ));
        }
    }
    Ok(())
}
