//! What happened to a domain, and what follows from it.

use super::Machine;
use crate::domain::{DomainState, LifecycleAction, LifecycleEvent, StateReason};
use crate::event::{DomainChange, PanicAction, ResumedReason, StartedReason, StoppedReason, SuspendedReason};

/// What is done when the guest powers off, reboots or crashes (`<on_poweroff>`, `<on_reboot>`, `<on_crash>`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct LifecyclePolicy {
    /// When it powers off; `destroy` unless said.
    pub on_poweroff: LifecycleAction,
    /// When it reboots; `restart` unless said.
    pub on_reboot: LifecycleAction,
    /// When it crashes; `destroy` unless said.
    pub on_crash: LifecycleAction,
}

impl Default for LifecyclePolicy {
    fn default() -> Self {
        Self {
            on_poweroff: LifecycleAction::Destroy,
            on_reboot: LifecycleAction::Restart,
            on_crash: LifecycleAction::Destroy,
        }
    }
}

impl LifecyclePolicy {
    /// The action for an event.
    #[must_use]
    pub const fn action(self, event: LifecycleEvent) -> LifecycleAction {
        match event {
            LifecycleEvent::Poweroff => self.on_poweroff,
            LifecycleEvent::Reboot => self.on_reboot,
            LifecycleEvent::Crash => self.on_crash,
        }
    }

    /// The same policy, with another action for one event.
    #[must_use]
    pub const fn with(mut self, event: LifecycleEvent, action: LifecycleAction) -> Self {
        match event {
            LifecycleEvent::Poweroff => self.on_poweroff = action,
            LifecycleEvent::Reboot => self.on_reboot = action,
            LifecycleEvent::Crash => self.on_crash = action,
        }
        self
    }
}

/// What happened to a domain: by a request that was carried out, from within the guest, or to the hypervisor.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Happening {
    /// The machine is there now.
    Started {
        /// Why.
        reason: StartedReason,
        /// Its vCPUs stand still until it is resumed.
        paused: bool,
    },
    /// Its vCPUs stopped.
    VcpusStopped(SuspendedReason),
    /// Its vCPUs run again.
    VcpusRun(ResumedReason),
    /// The guest powered itself off.
    PoweredOff,
    /// The guest rebooted itself.
    Rebooted,
    /// The machine was reset from outside, or the [`Duty::StartAgain`] was done.
    Reset,
    /// The guest reported a panic.
    Panicked {
        /// What it told, as JSON text; empty when nothing.
        info: String,
    },
    /// The guest put itself to sleep.
    Slept,
    /// The guest woke up.
    Woke,
    /// The machine is gone, or could not be started ([`StoppedReason::Failed`]).
    Ended(StoppedReason),
}

/// What is left to the driver after a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Duty {
    /// Nothing.
    Nothing,
    /// End the machine, then follow [`Happening::Ended`] with this reason.
    End(StoppedReason),
    /// Reset the machine and let it run, then follow [`Happening::Reset`].
    StartAgain,
    /// Write a core dump, then [`Duty::End`] with [`StoppedReason::Crashed`].
    DumpThenEnd,
    /// Write a core dump, then [`Duty::StartAgain`].
    DumpThenStartAgain,
}

/// What follows from something that happened.
#[derive(Debug, Clone, PartialEq)]
#[must_use = "the changes are to be published, and the duty to be done"]
pub struct Step {
    /// The events to publish, in this order.
    pub changes: Vec<DomainChange>,
    /// What is left to do.
    pub duty: Duty,
}

impl Step {
    const fn nothing() -> Self {
        Self {
            changes: Vec::new(),
            duty: Duty::Nothing,
        }
    }

    fn of<const N: usize>(changes: [DomainChange; N]) -> Self {
        Self {
            changes: changes.to_vec(),
            duty: Duty::Nothing,
        }
    }

    fn then(mut self, duty: Duty) -> Self {
        self.duty = duty;
        self
    }
}

impl Machine {
    /// Takes what happened into account. Something that does not fit the state, such as an event that comes late,
    /// changes nothing.
    pub fn follow(&mut self, happening: Happening, policy: LifecyclePolicy) -> Step {
        use DomainState as S;
        match (happening, self.state) {
            (Happening::Started { reason, paused }, S::ShutOff) => self.started(reason, paused),
            (Happening::VcpusStopped(reason), S::Running) => {
                *self = Self::at(S::Paused, paused_because(reason));
                Step::of([DomainChange::Suspended(reason)])
            }
            (Happening::VcpusRun(reason), S::Paused) => {
                // One that was started to stand still runs for the first time now.
                let why = match self.reason {
                    StateReason::StartedPaused => StateReason::Booted,
                    _ => StateReason::Unpaused,
                };
                *self = Self::at(S::Running, why);
                Step::of([DomainChange::Resumed(reason)])
            }
            (Happening::PoweredOff, S::Running | S::Paused) => self.ended_by_guest(policy.on_poweroff),
            (Happening::Rebooted, S::Running | S::Paused) => self.rebooted(policy.on_reboot),
            (Happening::Reset, S::Paused) => Step::of([DomainChange::Rebooted]),
            (Happening::Reset, state) if state.is_active() => self.runs_anew(),
            (Happening::Panicked { info }, S::Running | S::Paused) => self.panicked(info, policy.on_crash),
            (Happening::Slept, S::Running) => {
                *self = Self::at(S::PmSuspended, StateReason::Unknown);
                Step::of([DomainChange::PmSuspended])
            }
            (Happening::Woke, S::PmSuspended) => {
                *self = Self::at(S::Running, StateReason::WokenUp);
                Step::of([DomainChange::Resumed(ResumedReason::WokenUp)])
            }
            (Happening::Ended(reason), state) => {
                if state.is_active() || reason == StoppedReason::Failed {
                    *self = Self::at(S::ShutOff, shut_off_because(reason));
                }
                if state.is_active() {
                    Step::of([DomainChange::Stopped(reason)])
                } else {
                    Step::nothing()
                }
            }
            _ => Step::nothing(),
        }
    }

    fn started(&mut self, reason: StartedReason, paused: bool) -> Step {
        if paused {
            *self = Self::at(DomainState::Paused, StateReason::StartedPaused);
            return Step::of([DomainChange::Started(reason)]);
        }
        let why = match reason {
            StartedReason::Booted => StateReason::Booted,
            StartedReason::Adopted => StateReason::Unknown,
            StartedReason::Restored => StateReason::Restored,
            StartedReason::Migrated => StateReason::Migrated,
            StartedReason::FromSnapshot => StateReason::FromSnapshot,
        };
        *self = Self::at(DomainState::Running, why);
        Step::of([
            DomainChange::Started(reason),
            DomainChange::Resumed(ResumedReason::Unpaused),
        ])
    }

    /// It begins from its beginning. Why a machine runs does not change by that; one that stood still is booted.
    fn runs_anew(&mut self) -> Step {
        if self.state != DomainState::Running {
            *self = Self::at(DomainState::Running, StateReason::Booted);
        }
        Step::of([DomainChange::Rebooted])
    }

    fn rebooted(&mut self, action: LifecycleAction) -> Step {
        match action {
            LifecycleAction::Restart | LifecycleAction::RestartRename
                if self.state == DomainState::Paused =>
            {
                Step::of([DomainChange::Rebooted])
            }
            LifecycleAction::Restart | LifecycleAction::RestartRename => self.runs_anew(),
            other => self.ended_by_guest(other),
        }
    }

    fn ended_by_guest(&mut self, action: LifecycleAction) -> Step {
        *self = Self::at(DomainState::ShuttingDown, StateReason::Shutdown);
        let step = Step::of([DomainChange::ShutdownFinished]);
        match action {
            LifecycleAction::Preserve => step,
            LifecycleAction::Restart | LifecycleAction::RestartRename => step.then(Duty::StartAgain),
            LifecycleAction::Destroy
            | LifecycleAction::CoredumpDestroy
            | LifecycleAction::CoredumpRestart => step.then(Duty::End(StoppedReason::Shutdown)),
        }
    }

    fn panicked(&mut self, info: String, action: LifecycleAction) -> Step {
        *self = Self::at(DomainState::Crashed, StateReason::Panicked);
        let told = |action| DomainChange::Panicked { action, info };
        match action {
            LifecycleAction::Preserve => Step::of([
                told(PanicAction::Pause),
                DomainChange::Crashed(StateReason::Panicked),
            ]),
            LifecycleAction::Destroy => {
                Step::of([told(PanicAction::PowerOff)]).then(Duty::End(StoppedReason::Crashed))
            }
            LifecycleAction::Restart | LifecycleAction::RestartRename => {
                Step::of([told(PanicAction::Pause)]).then(Duty::StartAgain)
            }
            LifecycleAction::CoredumpDestroy => Step::of([told(PanicAction::Pause)]).then(Duty::DumpThenEnd),
            LifecycleAction::CoredumpRestart => {
                Step::of([told(PanicAction::Pause)]).then(Duty::DumpThenStartAgain)
            }
        }
    }
}

const fn paused_because(reason: SuspendedReason) -> StateReason {
    match reason {
        SuspendedReason::Paused => StateReason::User,
        SuspendedReason::IoError => StateReason::IoError,
        SuspendedReason::Watchdog => StateReason::Watchdog,
        SuspendedReason::Panicked => StateReason::Panicked,
        SuspendedReason::Job => StateReason::Dumping,
        SuspendedReason::Unknown => StateReason::Unknown,
    }
}

const fn shut_off_because(reason: StoppedReason) -> StateReason {
    match reason {
        StoppedReason::Shutdown => StateReason::Shutdown,
        StoppedReason::Destroyed => StateReason::Destroyed,
        StoppedReason::Crashed => StateReason::Crashed,
        StoppedReason::Migrated => StateReason::Migrated,
        StoppedReason::Saved => StateReason::Saved,
        StoppedReason::FromSnapshot => StateReason::FromSnapshot,
        StoppedReason::Failed => StateReason::Failed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::machine::{Admission, Request};
    use proptest::prelude::*;

    const ACTIONS: [LifecycleAction; 6] = [
        LifecycleAction::Destroy,
        LifecycleAction::Restart,
        LifecycleAction::RestartRename,
        LifecycleAction::Preserve,
        LifecycleAction::CoredumpDestroy,
        LifecycleAction::CoredumpRestart,
    ];

    fn happenings() -> impl Strategy<Value = Happening> {
        prop_oneof![
            any::<bool>().prop_map(|paused| Happening::Started {
                reason: StartedReason::Booted,
                paused
            }),
            Just(Happening::VcpusStopped(SuspendedReason::Paused)),
            Just(Happening::VcpusStopped(SuspendedReason::IoError)),
            Just(Happening::VcpusRun(ResumedReason::Unpaused)),
            Just(Happening::PoweredOff),
            Just(Happening::Rebooted),
            Just(Happening::Reset),
            Just(Happening::Panicked { info: String::new() }),
            Just(Happening::Slept),
            Just(Happening::Woke),
            Just(Happening::Ended(StoppedReason::Destroyed)),
            Just(Happening::Ended(StoppedReason::Crashed)),
            Just(Happening::Ended(StoppedReason::Failed)),
        ]
    }

    fn policies() -> impl Strategy<Value = LifecyclePolicy> {
        let action = || prop::sample::select(ACTIONS.to_vec());
        (action(), action(), action()).prop_map(|(on_poweroff, on_reboot, on_crash)| LifecyclePolicy {
            on_poweroff,
            on_reboot,
            on_crash,
        })
    }

    fn done(machine: &mut Machine, duty: Duty, policy: LifecyclePolicy) -> Vec<DomainChange> {
        let happening = match duty {
            Duty::Nothing => return Vec::new(),
            Duty::End(reason) => Happening::Ended(reason),
            Duty::DumpThenEnd => Happening::Ended(StoppedReason::Crashed),
            Duty::StartAgain | Duty::DumpThenStartAgain => Happening::Reset,
        };
        let step = machine.follow(happening, policy);
        assert_eq!(step.duty, Duty::Nothing, "a duty that is done leaves none");
        step.changes
    }

    proptest! {
        #[test]
        fn events_alone_tell_whether_a_domain_runs(
            policy in policies(),
            story in prop::collection::vec(happenings(), 0..60),
        ) {
            let mut machine = Machine::default();
            let (mut alive, mut moving) = (false, false);
            for happening in story {
                let step = machine.follow(happening, policy);
                let mut changes = step.changes;
                changes.extend(done(&mut machine, step.duty, policy));
                for change in changes {
                    match change {
                        DomainChange::Started(_) => { prop_assert!(!alive); alive = true; moving = false; }
                        DomainChange::Stopped(_) => { prop_assert!(alive); alive = false; moving = false; }
                        DomainChange::Resumed(_) => { prop_assert!(alive && !moving); moving = true; }
                        DomainChange::Suspended(_) | DomainChange::PmSuspended => {
                            prop_assert!(alive && moving);
                            moving = false;
                        }
                        DomainChange::ShutdownFinished | DomainChange::Crashed(_) => moving = false,
                        DomainChange::Rebooted => {
                            prop_assert!(alive);
                            moving = machine.state() != DomainState::Paused;
                        }
                        DomainChange::Panicked { .. } => prop_assert!(alive),
                        other => prop_assert!(false, "unexpected {other:?}"),
                    }
                }
                prop_assert_eq!(alive, machine.is_active());
                prop_assert_eq!(moving, machine.state() == DomainState::Running);
            }
        }

        #[test]
        fn what_is_admitted_takes_effect_and_what_is_refused_would_have_none(
            story in prop::collection::vec(happenings(), 0..40),
        ) {
            let mut machine = Machine::default();
            for happening in story {
                let before = machine;
                let request = match &happening {
                    Happening::Started { .. } => Request::Start,
                    Happening::VcpusStopped(SuspendedReason::Paused) => Request::Suspend,
                    Happening::VcpusRun(_) => Request::Resume,
                    Happening::Ended(StoppedReason::Destroyed) => Request::Destroy,
                    _ => { drop(machine.follow(happening, LifecyclePolicy::default())); continue; }
                };
                let step = machine.follow(happening, LifecyclePolicy::default());
                match before.admit(request) {
                    Ok(Admission::Proceed) => prop_assert!(!step.changes.is_empty()),
                    Ok(Admission::AlreadyThere) | Err(_) => {
                        prop_assert!(step.changes.is_empty());
                        prop_assert_eq!(before, machine);
                    }
                }
            }
        }
    }

    #[test]
    fn a_start_that_fails_leaves_a_reason_and_no_event() {
        let mut machine = Machine::default();
        let step = machine.follow(
            Happening::Ended(StoppedReason::Failed),
            LifecyclePolicy::default(),
        );
        assert!(step.changes.is_empty());
        assert_eq!(machine.reason(), StateReason::Failed);
    }

    #[test]
    fn a_guest_that_powers_off_and_is_preserved_stays_until_it_is_destroyed() {
        let policy = LifecyclePolicy::default().with(LifecycleEvent::Poweroff, LifecycleAction::Preserve);
        let mut machine = Machine::at(DomainState::Running, StateReason::Booted);
        let step = machine.follow(Happening::PoweredOff, policy);
        assert_eq!(
            (step.changes, step.duty),
            (vec![DomainChange::ShutdownFinished], Duty::Nothing)
        );
        assert_eq!(machine.state(), DomainState::ShuttingDown);
        let step = machine.follow(Happening::Ended(StoppedReason::Destroyed), policy);
        assert_eq!(step.changes, [DomainChange::Stopped(StoppedReason::Destroyed)]);
    }

    #[test]
    fn a_reboot_is_one_event_and_no_new_reason_to_run() {
        let before = Machine::at(DomainState::Running, StateReason::Unpaused);
        let mut machine = before;
        let step = machine.follow(Happening::Rebooted, LifecyclePolicy::default());
        assert_eq!((step.changes, machine), (vec![DomainChange::Rebooted], before));
    }
}
