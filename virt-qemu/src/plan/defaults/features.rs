//! Features of the machine.

use virt_core::Result;
use virt_core::model::DomainConfig;
use virt_core::model::domain::FeatureState;
use virt_core::model::domain::devices::InputBus;
use virt_core::model::value::OnOff;

use super::super::abilities::Abilities;
use super::super::machine::MachineFamily;
use super::super::refusal;

/// A feature that is named without a state is on.
pub(super) fn fill(config: &mut DomainConfig, abilities: &Abilities, family: MachineFamily) -> Result<()> {
    let Some(features) = &mut config.features else {
        return Ok(());
    };
    let set = |feature: &mut Option<FeatureState>| {
        if let Some(feature) = feature {
            feature.state.get_or_insert(OnOff::On);
        }
    };
    set(&mut features.pmu);
    set(&mut features.pvspinlock);
    set(&mut features.vmport);
    set(&mut features.ps2);
    if let Some(smm) = &mut features.smm {
        smm.state.get_or_insert(OnOff::On);
        if smm.state == Some(OnOff::On) && family != MachineFamily::Q35 {
            return Err(refusal::invalid(
                "/domain/features/smm",
                "system management mode needs the machine q35",
            ));
        }
    }
    if let Some(ps2) = features.ps2.as_ref().and_then(|ps2| ps2.state) {
        if abilities.version < (7, 0, 0) {
            return Err(refusal::unsupported(
                "/domain/features/ps2",
                "this QEMU cannot choose; it takes QEMU 7.0",
            ));
        }
        let used = config
            .devices
            .iter()
            .flat_map(|devices| &devices.inputs)
            .any(|input| input.bus == Some(InputBus::Ps2));
        if !ps2.is_set() && used {
            return Err(refusal::invalid(
                "/domain/features/ps2",
                "the guest has PS/2 inputs; remove them or the state \"off\"",
            ));
        }
    }
    if let Some(kvm) = &mut features.kvm {
        set(&mut kvm.hidden);
    }
    Ok(())
}
