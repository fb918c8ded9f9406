//! A virtual machine as the inventory knows it.

use std::time::{Duration, SystemTime};

use uuid::Uuid;
use virt_core::domain::{DomainInfo, DomainRef, DomainState, StateReason};
use virt_core::model::ByteSize;

use crate::property::Wanted;
use crate::vim::{
    AnyValue, DateTime, ManagedObjectReference, ObjectUpdate, PropertyChangeOp, Value,
    VirtualMachinePowerState, VirtualMachineQuestionInfo,
};

/// What is followed of every virtual machine.
pub(crate) const FOLLOWED: Wanted<'static> = Wanted {
    kind: "VirtualMachine",
    paths: &[
        "name",
        "config.uuid",
        "config.template",
        "config.annotation",
        "config.changeVersion",
        "config.files.vmPathName",
        "config.hardware.memoryMB",
        "config.hardware.numCPU",
        "runtime.powerState",
        "runtime.bootTime",
        "runtime.host",
        "runtime.question",
        "guest.toolsRunningStatus",
        "guest.hostName",
        "guest.ipAddress",
    ],
};

/// What a server says of tools that answer.
const TOOLS_RUN: &str = "guestToolsRunning";

/// A virtual machine, as far as it is followed.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Machine {
    pub(crate) name: String,
    pub(crate) uuid: Option<Uuid>,
    pub(crate) is_template: bool,
    pub(crate) annotation: String,
    /// Another one whenever its configuration has changed.
    pub(crate) change_version: String,
    /// Where its configuration file is: `[datastore] dir/file.vmx`.
    pub(crate) file: String,
    pub(crate) memory_mib: u64,
    pub(crate) cpus: u32,
    pub(crate) power: VirtualMachinePowerState,
    pub(crate) boot_time: Option<SystemTime>,
    pub(crate) host: Option<ManagedObjectReference>,
    /// What it asks, and stands still until it is answered.
    pub(crate) question: Option<Box<VirtualMachineQuestionInfo>>,
    pub(crate) tools_run: bool,
    pub(crate) guest_name: String,
    pub(crate) guest_address: String,
}

impl Machine {
    /// Takes in what has changed. What cannot be understood stays as it was.
    pub(super) fn apply(&mut self, update: &ObjectUpdate) {
        for change in &update.change_set {
            let value = change
                .val
                .as_ref()
                .filter(|_| change.op != PropertyChangeOp::Remove);
            self.set(&change.name, value);
            // A whole stands for all of its parts.
            for path in FOLLOWED.paths {
                let part = path.strip_prefix(change.name.as_str());
                if let Some(below) = part.and_then(|part| part.strip_prefix('.')) {
                    self.set(path, value.and_then(|value| part_of(value, below)).as_ref());
                }
            }
        }
        for missing in &update.missing_set {
            self.set(&missing.path, None);
        }
    }

    /// One property; `None` where it has none now. A part of the configuration as a whole stands for all below it.
    fn set(&mut self, path: &str, value: Option<&AnyValue>) {
        let text = || value.map(AnyValue::text).unwrap_or_default();
        match path {
            "name" => self.name = unescaped(&text()),
            "config.uuid" => self.uuid = text().parse().ok(),
            "config.template" => self.is_template = text() == "true",
            "config.annotation" => self.annotation = text(),
            "config.changeVersion" => self.change_version = text(),
            "config.files.vmPathName" => self.file = text(),
            "config.hardware.memoryMB" => self.memory_mib = text().parse().unwrap_or_default(),
            "config.hardware.numCPU" => self.cpus = text().parse().unwrap_or_default(),
            "runtime.powerState" => {
                self.power = value.and_then(|value| value.read().ok()).unwrap_or_default()
            }
            "runtime.bootTime" => {
                let time = value.and_then(|value| value.read::<DateTime>().ok());
                self.boot_time = time.and_then(|time| time.to_system_time());
            }
            "runtime.host" => self.host = value.and_then(|value| value.read().ok()),
            "runtime.question" => self.question = value.and_then(|value| value.read().ok()).map(Box::new),
            "guest.toolsRunningStatus" => self.tools_run = text() == TOOLS_RUN,
            "guest.hostName" => self.guest_name = text(),
            "guest.ipAddress" => self.guest_address = text(),
            _ => {}
        }
    }

    /// The uuid of the domain that it is; none where it is a template, or not accessible.
    pub(crate) fn identity(&self) -> Option<Uuid> {
        self.uuid.filter(|_| !self.is_template)
    }

    pub(crate) fn is_active(&self) -> bool {
        self.power != VirtualMachinePowerState::PoweredOff
    }

    /// Its state, as libvirt names it: what is suspended to disk is paused.
    pub(crate) fn state(&self) -> DomainState {
        match self.power {
            VirtualMachinePowerState::PoweredOn => DomainState::Running,
            VirtualMachinePowerState::Suspended => DomainState::Paused,
            _ => DomainState::ShutOff,
        }
    }

    pub(super) fn info(
        &self,
        reference: &ManagedObjectReference,
        uuid: Uuid,
        reason: StateReason,
    ) -> DomainInfo {
        let mut info = DomainInfo::shut_off(DomainRef::new(uuid, self.name.as_str()));
        info.state = self.state();
        info.reason = reason;
        info.id = self.is_active().then(|| number(reference)).flatten();
        info.max_memory = ByteSize::mib(self.memory_mib);
        info.memory = info.max_memory;
        info.vcpus = self.cpus;
        info.agent_connected = self.is_active().then_some(self.tools_run);
        if self.power == VirtualMachinePowerState::PoweredOn {
            info.running_for = self
                .boot_time
                .map(|begun| begun.elapsed().unwrap_or(Duration::ZERO));
        }
        info
    }
}

/// A part of a value, by its path there.
pub(super) fn part_of(value: &AnyValue, path: &str) -> Option<AnyValue> {
    let mut element = value.element();
    for name in path.split('.') {
        element = element.elements().find(|child| child.name.local() == name)?;
    }
    <AnyValue as Value>::read(element).ok()
}

/// The number in a server's own name of a machine: libvirt's number of a domain that runs.
pub(crate) fn number(reference: &ManagedObjectReference) -> Option<u32> {
    let digits = reference
        .value
        .rsplit(|letter: char| !letter.is_ascii_digit())
        .next()?;
    digits.parse().ok()
}

/// A name as users see it: servers write `%`, `/` and `\` as `%25`, `%2f` and `%5c`.
pub(crate) fn unescaped(name: &str) -> String {
    let mut plain = String::with_capacity(name.len());
    let mut rest = name;
    while let Some((before, after)) = rest.split_once('%') {
        plain.push_str(before);
        let code = after.get(..2).map(str::to_ascii_lowercase);
        let letter = match code.as_deref() {
            Some("25") => '%',
            Some("2f") => '/',
            Some("5c") => '\\',
            _ => {
                plain.push('%');
                rest = after;
                continue;
            }
        };
        plain.push(letter);
        rest = after.get(2..).unwrap_or_default();
    }
    plain.push_str(rest);
    plain
}

/// A name as servers write it.
pub(crate) fn escaped(name: &str) -> String {
    name.replace('%', "%25").replace('/', "%2f").replace('\\', "%5c")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vim::{GuestInfo, PropertyChange};

    #[test]
    fn names_are_told_as_users_see_them() {
        for name in ["web", "50% a/b\\c", "%2f", "%"] {
            assert_eq!(unescaped(&escaped(name)), name);
        }
        assert_eq!(unescaped("a%2Fb%zz%"), "a/b%zz%");
    }

    #[test]
    fn the_number_of_a_domain_is_that_of_the_servers_name() {
        let number = |name: &str| number(&ManagedObjectReference::new("VirtualMachine", name));
        assert_eq!(number("vm-12"), Some(12));
        assert_eq!(number("7"), Some(7));
        assert_eq!(number("web"), None);
    }

    #[test]
    fn a_part_that_is_told_as_a_whole_is_taken_in() {
        let guest = GuestInfo {
            tools_running_status: Some(TOOLS_RUN.to_owned()),
            host_name: Some("web.example".to_owned()),
            ..GuestInfo::default()
        };
        let change = PropertyChange {
            name: "guest".to_owned(),
            op: PropertyChangeOp::Assign,
            val: Some(AnyValue::new(&guest)),
        };
        let update = ObjectUpdate {
            change_set: vec![change],
            ..ObjectUpdate::default()
        };
        let mut machine = Machine {
            guest_address: "10.0.0.1".to_owned(),
            ..Machine::default()
        };
        machine.apply(&update);
        assert!(machine.tools_run);
        assert_eq!(
            (machine.guest_name.as_str(), machine.guest_address.as_str()),
            ("web.example", "")
        );
    }

    #[test]
    fn what_has_changed_is_taken_in_and_the_rest_stays() {
        let mut machine = Machine::default();
        let change = |name: &str, value: Option<AnyValue>| PropertyChange {
            name: name.to_owned(),
            op: PropertyChangeOp::Assign,
            val: value,
        };
        let first = vec![
            change("name", Some("a%2fb".into())),
            change("config.hardware.memoryMB", Some(512.into())),
            change("runtime.powerState", Some("poweredOn".into())),
        ];
        let mut update = ObjectUpdate {
            change_set: first,
            ..ObjectUpdate::default()
        };
        machine.apply(&update);
        update.change_set = vec![
            change("guest.toolsRunningStatus", Some(TOOLS_RUN.into())),
            change("newer", None),
        ];
        machine.apply(&update);
        assert_eq!(
            (machine.name.as_str(), machine.memory_mib, machine.tools_run),
            ("a/b", 512, true)
        );
        assert_eq!(machine.state(), DomainState::Running);
        update.change_set = vec![change("runtime.powerState", None)];
        machine.apply(&update);
        assert_eq!(machine.state(), DomainState::ShutOff);
    }
}
