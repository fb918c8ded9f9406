//! Devices a machine brings unless the configuration says otherwise.

use virt_core::Result;
use virt_core::model::DomainConfig;
use virt_core::model::domain::devices::{
    ControllerType, Input, InputBus, InputType, MemBalloon, MemBalloonModel, Watchdog, WatchdogAction,
};
use virt_core::model::value::OnOff;

use super::super::abilities::Abilities;
use super::super::audio;
use super::super::machine::MachineFamily;
use super::super::refusal;
use super::controller;

/// Controllers, memory balloon and watchdog.
pub(super) fn add(config: &mut DomainConfig, abilities: &Abilities, family: MachineFamily) -> Result<()> {
    let usb = |known: &virt_core::model::domain::devices::Controller| known.kind == Some(ControllerType::Usb);
    if controller::default_usb(abilities, family).is_some()
        && !config.devices_mut().controllers.iter().any(usb)
    {
        controller::ensure(config, ControllerType::Usb, 0, None);
    }
    if family == MachineFamily::Q35 {
        controller::ensure(config, ControllerType::Sata, 0, None);
        controller::ensure(config, ControllerType::Pci, 0, Some("pcie-root"));
        itco(config);
    } else {
        controller::ensure(config, ControllerType::Pci, 0, Some("pci-root"));
    }
    balloon(config, abilities)
}

/// The chipset of a Q35 has a watchdog that cannot be taken away.
fn itco(config: &mut DomainConfig) {
    let watchdogs = &mut config.devices_mut().watchdogs;
    if watchdogs
        .iter()
        .any(|watchdog| watchdog.model.as_deref() == Some("itco"))
    {
        return;
    }
    let mut watchdog = Watchdog::default();
    watchdog.model = Some("itco".to_owned());
    watchdog.action = Some(
        watchdogs
            .first()
            .and_then(|first| first.action.clone())
            .unwrap_or(WatchdogAction::Reset),
    );
    watchdogs.push(watchdog);
}

fn balloon(config: &mut DomainConfig, abilities: &Abilities) -> Result<()> {
    let balloon = config.devices_mut().memballoon.get_or_insert_with(|| {
        let mut balloon = MemBalloon::default();
        balloon.model = Some(MemBalloonModel::Virtio);
        balloon
    });
    let path = "/domain/devices/memballoon";
    match &balloon.model {
        Some(MemBalloonModel::None) => {}
        Some(
            MemBalloonModel::Virtio
            | MemBalloonModel::VirtioTransitional
            | MemBalloonModel::VirtioNonTransitional,
        ) => {
            abilities.require("virtio-balloon-pci")?;
        }
        Some(other) => {
            let other = other.as_str();
            return Err(refusal::unsupported(
                path,
                format!("balloon model {other:?} is not supported; choose \"virtio\" or \"none\""),
            ));
        }
        None => {
            return Err(refusal::invalid(
                path,
                "a balloon needs a model: \"virtio\" or \"none\"",
            ));
        }
    }
    if balloon.stats.as_ref().is_some_and(|stats| stats.period.is_none()) {
        return Err(refusal::invalid(
            format!("{path}/stats"),
            "statistics need a period in seconds",
        ));
    }
    Ok(())
}

/// Mouse and keyboard of the keyboard controller, and a mute audio backend.
pub(super) fn add_inputs(config: &mut DomainConfig) {
    let ps2 = config
        .features
        .as_ref()
        .and_then(|features| features.ps2.as_ref()?.state)
        .is_none_or(OnOff::is_set);
    let inputs = &mut config.devices_mut().inputs;
    for kind in [InputType::Mouse, InputType::Keyboard] {
        let same = |known: &Input| known.kind.as_ref() == Some(&kind) && known.bus == Some(InputBus::Ps2);
        if ps2 && !inputs.iter().any(same) {
            let mut input = Input::default();
            input.kind = Some(kind);
            input.bus = Some(InputBus::Ps2);
            inputs.push(input);
        }
    }
    audio::ensure(config);
}
