//! Features of the machine.

use virt_core::model::DomainConfig;
use virt_core::model::domain::FeatureState;
use virt_core::model::value::OnOff;

/// A feature that is named without a state is on.
pub(super) fn fill(config: &mut DomainConfig) {
    let Some(features) = &mut config.features else {
        return;
    };
    let set = |feature: &mut Option<FeatureState>| {
        if let Some(feature) = feature {
            feature.state.get_or_insert(OnOff::On);
        }
    };
    set(&mut features.pmu);
    set(&mut features.pvspinlock);
    set(&mut features.vmport);
    if let Some(kvm) = &mut features.kvm {
        set(&mut kvm.hidden);
    }
}
