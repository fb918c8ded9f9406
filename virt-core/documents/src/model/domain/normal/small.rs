//! Small defaults, here and there.

use crate::model::domain::config::DomainConfig;
use crate::model::domain::devices::{Devices, InputBus, InputType, RngBackendModel};
use crate::model::value::{OnOff, YesNo};
use crate::xml::trimmed;

pub(super) fn fill(config: &mut DomainConfig) {
    let Some(features) = &mut config.features else {
        return;
    };
    if let Some(hyperv) = &mut features.hyperv {
        hyperv.mode.get_or_insert_with(|| "custom".to_owned());
    }
    let switches = [
        &mut features.hap,
        &mut features.pvspinlock,
        &mut features.pmu,
        &mut features.vmport,
        &mut features.vmcoreinfo,
        &mut features.htm,
        &mut features.nested_hv,
        &mut features.ccf_assist,
    ];
    for switch in switches.into_iter().flatten() {
        switch.state.get_or_insert(OnOff::On);
    }
    if let Some(smm) = &mut features.smm {
        smm.state.get_or_insert(OnOff::On);
    }
}

pub(super) fn fill_devices(devices: &mut Devices, has_ps2: bool) {
    for rng in &mut devices.rngs {
        if let Some(backend) = &mut rng.backend
            && backend.model == Some(RngBackendModel::Random)
            && backend
                .device
                .as_ref()
                .is_none_or(|device| trimmed(device).is_empty())
        {
            backend.device = Some("/dev/random".to_owned());
        }
    }
    for input in &mut devices.inputs {
        if input.bus.is_none() {
            input.bus = match input.kind {
                Some(InputType::Mouse | InputType::Keyboard) if has_ps2 => Some(InputBus::Ps2),
                Some(InputType::Passthrough) => Some(InputBus::Virtio),
                Some(InputType::Mouse | InputType::Keyboard | InputType::Tablet) => Some(InputBus::Usb),
                _ => None,
            };
        }
    }
    for device in &mut devices.hostdevs {
        let mode = device.mode.get_or_insert_with(|| "subsystem".to_owned());
        if mode == "subsystem" {
            device.managed.get_or_insert(YesNo::No);
        }
    }
    for device in &mut devices.redirdevs {
        device.bus.get_or_insert_with(|| "usb".to_owned());
    }
}
