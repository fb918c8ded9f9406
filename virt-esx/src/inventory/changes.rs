//! What is told of a machine that is another one than before: pure.

use virt_core::domain::StateReason;
use virt_core::event::{
    AgentState, DefinedReason, DomainChange, ResumedReason, StartedReason, StoppedReason, SuspendedReason,
};

use super::machine::Machine;
use crate::vim::VirtualMachinePowerState as Power;

/// What is to be told of a change, in order.
pub(super) fn between(before: &Machine, after: &Machine, ended: Option<StoppedReason>) -> Vec<DomainChange> {
    let mut told = Vec::new();
    let is_renamed = before.name != after.name;
    if is_renamed {
        let from = before.name.clone();
        told.push(DomainChange::Defined(DefinedReason::Renamed { from }));
    }
    // Another name is another version, too.
    // One that had no version was not there as a whole.
    let is_other = !before.change_version.is_empty() && before.change_version != after.change_version;
    let differs = is_other && !is_renamed
        || before.memory_mib != after.memory_mib
        || before.cpus != after.cpus
        || before.annotation != after.annotation;
    if differs {
        told.push(DomainChange::Defined(DefinedReason::Updated));
    }
    match (&before.power, &after.power) {
        (Power::PoweredOff, Power::PoweredOn) => {
            told.push(DomainChange::Started(StartedReason::Booted));
            told.push(DomainChange::Resumed(ResumedReason::Unpaused));
        }
        (Power::PoweredOff, Power::Suspended) => {
            told.push(DomainChange::Started(StartedReason::FromSnapshot))
        }
        (Power::PoweredOn, Power::Suspended) => told.push(DomainChange::Suspended(SuspendedReason::Paused)),
        (Power::Suspended, Power::PoweredOn) => told.push(DomainChange::Resumed(ResumedReason::Unpaused)),
        (Power::PoweredOn, Power::PoweredOff) => match ended {
            Some(reason) => told.push(DomainChange::Stopped(reason)),
            None => told.extend([
                DomainChange::ShutdownFinished,
                DomainChange::Stopped(StoppedReason::Shutdown),
            ]),
        },
        (Power::Suspended, Power::PoweredOff) => {
            told.push(DomainChange::Stopped(ended.unwrap_or(StoppedReason::Destroyed)));
        }
        (Power::PoweredOn, Power::PoweredOn) => {
            if let (Some(begun), Some(again)) = (before.boot_time, after.boot_time)
                && again > begun
            {
                told.push(DomainChange::Rebooted);
            }
        }
        _ => {}
    }
    told
}

/// What is told of a machine that is a domain from now on. One that runs, or is suspended, came from elsewhere.
pub(super) fn arrived(machine: &Machine, tools_told: &mut bool) -> Vec<DomainChange> {
    let mut told = vec![DomainChange::Defined(DefinedReason::Added)];
    if machine.is_active() {
        told.push(DomainChange::Started(StartedReason::Migrated));
    }
    if machine.power == Power::PoweredOn {
        told.push(DomainChange::Resumed(ResumedReason::Unpaused));
    }
    told.extend(of_tools(machine, machine, tools_told).map(DomainChange::Agent));
    told
}

/// Whether a change is one of power.
pub(super) fn is_of_power(told: &DomainChange) -> bool {
    matches!(
        told,
        DomainChange::Started(_)
            | DomainChange::Resumed(_)
            | DomainChange::Suspended(_)
            | DomainChange::Stopped(_)
            | DomainChange::ShutdownFinished
            | DomainChange::Rebooted
    )
}

/// What is told of a machine that was taken back to a snapshot, whatever it was seen to be meanwhile.
pub(super) fn reverted(before: &Power, after: &Power) -> Vec<DomainChange> {
    let mut told = Vec::new();
    if *before != Power::PoweredOff {
        told.push(DomainChange::Stopped(StoppedReason::FromSnapshot));
    }
    if *after != Power::PoweredOff {
        told.push(DomainChange::Started(StartedReason::FromSnapshot));
    }
    if *after == Power::PoweredOn {
        told.push(DomainChange::Resumed(ResumedReason::Unpaused));
    }
    told
}

/// What is to be told of the tools in a guest: that they answer, where that was not `told` last; and that they do not any
/// more, where they have ended while it ran. One that ends or is suspended takes them along.
pub(super) fn of_tools(before: &Machine, after: &Machine, told: &mut bool) -> Option<AgentState> {
    let runs = |machine: &Machine| machine.power == Power::PoweredOn;
    if after.power == Power::PoweredOff {
        *told = false;
    } else if runs(after) && after.tools_run && !*told {
        *told = true;
        return Some(AgentState::Connected);
    } else if runs(before) && runs(after) && before.tools_run && !after.tools_run && *told {
        *told = false;
        return Some(AgentState::Disconnected);
    }
    None
}

/// Why a machine is in the state it is in, by what is told of it: one that was started and runs was booted.
pub(super) fn reason(told: &[DomainChange]) -> Option<StateReason> {
    let has_started = |change: &&DomainChange| matches!(change, DomainChange::Started(_));
    let started = told.iter().find(has_started).and_then(reason_of);
    started.or_else(|| told.iter().filter_map(reason_of).next_back())
}

fn reason_of(told: &DomainChange) -> Option<StateReason> {
    Some(match told {
        DomainChange::Started(StartedReason::FromSnapshot)
        | DomainChange::Stopped(StoppedReason::FromSnapshot) => StateReason::FromSnapshot,
        DomainChange::Started(StartedReason::Migrated) => StateReason::Migrated,
        DomainChange::Started(_) | DomainChange::Rebooted => StateReason::Booted,
        DomainChange::Resumed(_) => StateReason::Unpaused,
        DomainChange::Suspended(_) => StateReason::User,
        DomainChange::Stopped(StoppedReason::Destroyed) => StateReason::Destroyed,
        DomainChange::Stopped(_) => StateReason::Shutdown,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::{Duration, SystemTime};

    fn machine(power: Power) -> Machine {
        Machine {
            name: "web".to_owned(),
            power,
            ..Machine::default()
        }
    }

    #[test]
    fn starts_and_ends_are_told_as_everywhere() {
        let (off, on, asleep) = (
            machine(Power::PoweredOff),
            machine(Power::PoweredOn),
            machine(Power::Suspended),
        );
        let started = [
            DomainChange::Started(StartedReason::Booted),
            DomainChange::Resumed(ResumedReason::Unpaused),
        ];
        assert_eq!(between(&off, &on, None), started);
        let destroyed = [DomainChange::Stopped(StoppedReason::Destroyed)];
        assert_eq!(between(&on, &off, Some(StoppedReason::Destroyed)), destroyed);
        let by_itself = [
            DomainChange::ShutdownFinished,
            DomainChange::Stopped(StoppedReason::Shutdown),
        ];
        assert_eq!(between(&on, &off, None), by_itself);
        assert_eq!(
            between(&on, &asleep, None),
            [DomainChange::Suspended(SuspendedReason::Paused)]
        );
        assert_eq!(
            between(&asleep, &on, None),
            [DomainChange::Resumed(ResumedReason::Unpaused)]
        );
        assert_eq!(between(&asleep, &off, None), destroyed);
        assert_eq!(between(&on, &on, None), []);
    }

    #[test]
    fn a_machine_taken_back_is_told_of_as_another_run() {
        let stopped = DomainChange::Stopped(StoppedReason::FromSnapshot);
        let started = DomainChange::Started(StartedReason::FromSnapshot);
        let resumed = DomainChange::Resumed(ResumedReason::Unpaused);
        assert_eq!(reverted(&Power::PoweredOff, &Power::PoweredOff), []);
        assert!(
            reverted(&Power::PoweredOn, &Power::PoweredOff)
                .iter()
                .eq([&stopped])
        );
        assert_eq!(
            reverted(&Power::PoweredOn, &Power::PoweredOn),
            [stopped, started.clone(), resumed]
        );
        assert!(
            reverted(&Power::PoweredOff, &Power::Suspended)
                .iter()
                .eq([&started])
        );
        assert!(is_of_power(&started) && !is_of_power(&DomainChange::Undefined));
    }

    #[test]
    fn a_later_boot_is_a_reboot_and_another_name_a_rename() {
        let mut before = machine(Power::PoweredOn);
        before.boot_time = Some(SystemTime::UNIX_EPOCH);
        let mut after = before.clone();
        after.boot_time = Some(SystemTime::UNIX_EPOCH + Duration::from_secs(9));
        after.name = "db".to_owned();
        after.change_version = "2".to_owned();
        let from = "web".to_owned();
        assert_eq!(
            between(&before, &after, None),
            [
                DomainChange::Defined(DefinedReason::Renamed { from }),
                DomainChange::Rebooted,
            ]
        );
    }

    #[test]
    fn tools_that_come_and_go_are_told_and_those_of_a_machine_that_sleeps_are_no_news() {
        let with = |power, tools_run| Machine {
            tools_run,
            ..machine(power)
        };
        let (on, answering) = (with(Power::PoweredOn, false), with(Power::PoweredOn, true));
        let (asleep, off) = (with(Power::Suspended, false), with(Power::PoweredOff, false));
        let mut told = false;
        for (before, after, news) in [
            (&off, &on, None),
            (&on, &answering, Some(AgentState::Connected)),
            (&answering, &asleep, None),
            (&asleep, &on, None),
            (&on, &answering, None),
            (&answering, &on, Some(AgentState::Disconnected)),
            (&on, &answering, Some(AgentState::Connected)),
            (&answering, &off, None),
            (&off, &answering, Some(AgentState::Connected)),
        ] {
            assert_eq!(of_tools(before, after, &mut told), news, "{before:?} {after:?}");
        }
    }

    #[test]
    fn who_was_started_was_booted() {
        let (off, on, asleep) = (
            machine(Power::PoweredOff),
            machine(Power::PoweredOn),
            machine(Power::Suspended),
        );
        for (before, after, why) in [
            (&off, &on, StateReason::Booted),
            (&on, &asleep, StateReason::User),
            (&asleep, &on, StateReason::Unpaused),
            (&on, &off, StateReason::Shutdown),
        ] {
            assert_eq!(reason(&between(before, after, None)), Some(why));
        }
    }
}
