//! Which machines start with their hosts, as the hosts tell it.

use std::collections::{HashMap, HashSet};

use super::machine::part_of;
use crate::property::Wanted;
use crate::vim::{
    AutoStartPowerInfo, HostAutoStartManagerConfig, ManagedObjectReference, ObjectUpdate, ObjectUpdateKind,
    PropertyChangeOp,
};

/// What is followed of every host.
pub(crate) const FOLLOWED_OF_HOSTS: Wanted<'static> = Wanted {
    kind: "HostSystem",
    paths: &[AUTOSTART],
};

const AUTOSTART: &str = "config.autoStart";

/// Which machines start with their hosts.
#[derive(Debug, Default)]
pub(super) struct Autostart {
    hosts: HashMap<ManagedObjectReference, Host>,
}

#[derive(Debug, Default)]
struct Host {
    starts: HashSet<ManagedObjectReference>,
    /// Whether it was told of, since all was told the last time.
    seen: bool,
}

impl Autostart {
    /// Whether a machine starts with the host it is on.
    pub(super) fn starts(
        &self,
        host: Option<&ManagedObjectReference>,
        machine: &ManagedObjectReference,
    ) -> bool {
        let host = host.and_then(|host| self.hosts.get(host));
        host.is_some_and(|host| host.starts.contains(machine))
    }

    pub(super) fn begin_again(&mut self) {
        self.hosts.values_mut().for_each(|host| host.seen = false);
    }

    pub(super) fn is_complete(&mut self) {
        self.hosts.retain(|_, host| host.seen);
    }

    pub(super) fn apply(&mut self, update: &ObjectUpdate) {
        if update.kind == ObjectUpdateKind::Leave {
            self.hosts.remove(&update.obj);
            return;
        }
        let is_new = update.kind == ObjectUpdateKind::Enter;
        let host = self.hosts.entry(update.obj.clone()).or_default();
        host.seen = true;
        if is_new {
            host.starts.clear();
        }
        for change in &update.change_set {
            // The whole of a configuration stands for all of its parts.
            let part = AUTOSTART.strip_prefix(change.name.as_str());
            let Some(below) = part.filter(|below| below.is_empty() || below.starts_with('.')) else {
                continue;
            };
            let value = change
                .val
                .as_ref()
                .filter(|_| change.op != PropertyChangeOp::Remove);
            let config = match below.strip_prefix('.') {
                Some(below) => value
                    .and_then(|value| part_of(value, below))
                    .and_then(|value| value.read().ok()),
                None => value.and_then(|value| value.read().ok()),
            };
            host.starts = config.as_ref().map(those_that_start).unwrap_or_default();
        }
    }

    /// A host's configuration is so now.
    pub(super) fn is_so(&mut self, host: &ManagedObjectReference, config: &HostAutoStartManagerConfig) {
        let host = self.hosts.entry(host.clone()).or_default();
        host.starts = those_that_start(config);
        host.seen = true;
    }
}

/// The machines that start by themselves: none where a host has that switched off.
fn those_that_start(config: &HostAutoStartManagerConfig) -> HashSet<ManagedObjectReference> {
    let is_on = config
        .defaults
        .as_ref()
        .is_some_and(|defaults| defaults.enabled == Some(true));
    let starting = config.power_info.iter().filter(|info| is_on && does_start(info));
    starting.map(|info| info.key.clone()).collect()
}

/// Whether a machine is to start by itself. Servers spell it as they like.
pub(crate) fn does_start(info: &AutoStartPowerInfo) -> bool {
    info.start_action.eq_ignore_ascii_case("powerOn")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vim::{AnyValue, AutoStartDefaults, PropertyChange};

    fn reference(kind: &str, value: &str) -> ManagedObjectReference {
        ManagedObjectReference::new(kind, value)
    }

    fn config(enabled: bool, action: &str) -> HostAutoStartManagerConfig {
        HostAutoStartManagerConfig {
            defaults: Some(AutoStartDefaults {
                enabled: Some(enabled),
                ..AutoStartDefaults::default()
            }),
            power_info: vec![AutoStartPowerInfo {
                key: reference("VirtualMachine", "1"),
                start_action: action.to_owned(),
                ..AutoStartPowerInfo::default()
            }],
        }
    }

    fn told(kind: ObjectUpdateKind, config: Option<&HostAutoStartManagerConfig>) -> ObjectUpdate {
        ObjectUpdate {
            kind,
            obj: reference("HostSystem", "ha-host"),
            change_set: vec![PropertyChange {
                name: AUTOSTART.to_owned(),
                op: PropertyChangeOp::Assign,
                val: config.map(AnyValue::new),
            }],
            missing_set: Vec::new(),
        }
    }

    #[test]
    fn a_machine_starts_where_its_host_starts_any() {
        let (machine, host) = (
            reference("VirtualMachine", "1"),
            reference("HostSystem", "ha-host"),
        );
        let mut known = Autostart::default();
        assert!(!known.starts(Some(&host), &machine));
        known.apply(&told(ObjectUpdateKind::Enter, Some(&config(true, "PowerOn"))));
        assert!(known.starts(Some(&host), &machine) && !known.starts(None, &machine));
        assert!(!known.starts(Some(&host), &reference("VirtualMachine", "2")));
        known.apply(&told(ObjectUpdateKind::Modify, Some(&config(false, "powerOn"))));
        assert!(!known.starts(Some(&host), &machine));
        known.is_so(&host, &config(true, "powerOn"));
        assert!(known.starts(Some(&host), &machine));
        known.apply(&told(ObjectUpdateKind::Modify, Some(&config(true, "none"))));
        assert!(!known.starts(Some(&host), &machine));
        known.is_so(&host, &config(true, "powerOn"));
        let mut whole = told(ObjectUpdateKind::Modify, None);
        for change in &mut whole.change_set {
            change.name = "config".to_owned();
        }
        known.apply(&whole);
        assert!(
            !known.starts(Some(&host), &machine),
            "a host that is away tells nothing"
        );
        known.is_so(&host, &config(true, "powerOn"));
        known.begin_again();
        assert!(known.starts(Some(&host), &machine), "until all was told again");
        known.is_complete();
        assert!(!known.starts(Some(&host), &machine));
    }
}
