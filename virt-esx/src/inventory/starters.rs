//! Which machines start with their host, as the hosts tell.

use std::collections::{HashMap, HashSet};

use crate::property::Wanted;
use crate::vim::{HostAutoStartManagerConfig, ManagedObjectReference, ObjectUpdate, ObjectUpdateKind};

/// What is followed of every host.
pub(super) const FOLLOWED: Wanted = Wanted {
    kind: "HostSystem",
    paths: &["config.autoStart"],
};

/// The machines that start with their host, by host.
#[derive(Debug, Default)]
pub(super) struct Starters {
    by_host: HashMap<ManagedObjectReference, HashSet<ManagedObjectReference>>,
}

impl Starters {
    /// Takes in what a host tells.
    pub(super) fn apply(&mut self, update: &ObjectUpdate) {
        if update.kind == ObjectUpdateKind::Leave {
            self.by_host.remove(&update.obj);
            return;
        }
        for change in &update.change_set {
            let config = change.val.as_ref().and_then(|config| config.read().ok());
            let starting = config.map(starting).unwrap_or_default();
            self.by_host.insert(update.obj.clone(), starting);
        }
    }

    /// Whether a machine starts with its host.
    pub(super) fn has(&self, machine: &ManagedObjectReference) -> bool {
        self.by_host.values().any(|starting| starting.contains(machine))
    }
}

/// The machines that start by a host's configuration: none where that is switched off.
fn starting(config: HostAutoStartManagerConfig) -> HashSet<ManagedObjectReference> {
    let is_on = config.defaults.and_then(|defaults| defaults.enabled) == Some(true);
    let starting = config.power_info.into_iter().filter(|info| {
        // One API says it so, and another so.
        is_on && info.start_action.eq_ignore_ascii_case("powerOn")
    });
    starting.map(|info| info.key).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vim::{AnyValue, AutoStartDefaults, AutoStartPowerInfo, PropertyChange};

    #[test]
    fn a_machine_starts_where_its_host_says_so_and_has_it_switched_on() {
        let machine = ManagedObjectReference::new("VirtualMachine", "vm-1");
        let told = |enabled| {
            let config = HostAutoStartManagerConfig {
                defaults: Some(AutoStartDefaults {
                    enabled: Some(enabled),
                    ..AutoStartDefaults::default()
                }),
                power_info: vec![AutoStartPowerInfo {
                    key: machine.clone(),
                    start_action: "powerOn".to_owned(),
                    ..AutoStartPowerInfo::default()
                }],
            };
            ObjectUpdate {
                obj: ManagedObjectReference::new("HostSystem", "host-1"),
                change_set: vec![PropertyChange {
                    name: "config.autoStart".to_owned(),
                    val: Some(AnyValue::new(&config)),
                    ..PropertyChange::default()
                }],
                ..ObjectUpdate::default()
            }
        };
        let mut starters = Starters::default();
        assert!(!starters.has(&machine));
        starters.apply(&told(true));
        assert!(starters.has(&machine));
        starters.apply(&told(false));
        assert!(!starters.has(&machine));
        starters.apply(&told(true));
        let gone = ObjectUpdate {
            kind: ObjectUpdateKind::Leave,
            change_set: Vec::new(),
            ..told(true)
        };
        starters.apply(&gone);
        assert!(!starters.has(&machine));
    }
}
