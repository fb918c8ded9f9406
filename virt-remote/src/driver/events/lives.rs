//! The order of a domain's life, the same for every driver of a daemon: pure.
//!
//! What libvirt's drivers tell differs, and so does the order. Here a start is `Started`, then `Resumed` unless it was
//! started paused, and a rename is one event.

use std::collections::HashMap;
use std::time::Duration;

use tokio::time::Instant;
use uuid::Uuid;
use virt_core::domain::DomainRef;
use virt_core::event::{DefinedReason, DomainChange, ResumedReason, StoppedReason, SuspendedReason};

use super::lifecycle::Lifecycle;
use crate::driver::hypervisor::Hypervisor;

/// How long a `Resumed` waits for the `Started` that it belongs to, and an end of which the reason is not sure for the one that is.
const PATIENCE: Duration = Duration::from_secs(1);

/// Resets that follow each other so quickly are one reboot: firmware resets the machine once more when it finds that it
/// was not the first to run.
const ONE_REBOOT: Duration = Duration::from_secs(2);

/// What is to be told.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Step {
    /// This.
    Change(DomainChange),
    /// This, if the domain runs now: its driver does not tell.
    IfItRuns(DomainChange),
    /// A panic, and what is done about it: by the domain's document.
    Panic,
}

/// A domain that has a run.
#[derive(Debug, Clone, Copy)]
struct Life {
    /// Whether its vCPUs have run, as far as told.
    moving: bool,
}

/// A `Resumed` of a run whose start was not told yet.
#[derive(Debug)]
struct Held {
    domain: DomainRef,
    reason: ResumedReason,
    until: Instant,
}

/// An end that may be told once more, with its reason: libvirt's LXC driver tells a destroy as a failure first, where it sees the
/// container's end before it has done with the destroy.
#[derive(Debug)]
struct Ended {
    domain: DomainRef,
    reason: StoppedReason,
    until: Instant,
}

/// What is known of all lives.
#[derive(Debug)]
pub(super) struct Lives {
    hypervisor: Hypervisor,
    lives: HashMap<Uuid, Life>,
    held: HashMap<Uuid, Held>,
    ended: HashMap<Uuid, Ended>,
    renamed: HashMap<Uuid, String>,
    /// When each was reset last.
    reset: HashMap<Uuid, Instant>,
}

impl Lives {
    /// These domains run.
    pub(super) fn new(hypervisor: Hypervisor, active: impl IntoIterator<Item = Uuid>) -> Self {
        let lives = active.into_iter().map(|uuid| (uuid, Life { moving: true }));
        Self {
            hypervisor,
            lives: lives.collect(),
            held: HashMap::new(),
            ended: HashMap::new(),
            renamed: HashMap::new(),
            reset: HashMap::new(),
        }
    }

    /// What is to be told of something that happened.
    pub(super) fn follow(&mut self, domain: &DomainRef, happened: Lifecycle, now: Instant) -> Vec<Step> {
        // What follows an end comes after it; another end says the reason.
        let before = self.ended.remove(&domain.uuid);
        let before = before.filter(|_| !matches!(happened, Lifecycle::Stopped(_)));
        let before = before.map(|ended| Step::Change(DomainChange::Stopped(ended.reason)));
        before
            .into_iter()
            .chain(self.follow_on(domain, happened, now))
            .collect()
    }

    fn follow_on(&mut self, domain: &DomainRef, happened: Lifecycle, now: Instant) -> Vec<Step> {
        let uuid = domain.uuid;
        let change = match happened {
            Lifecycle::Started(reason) => {
                let started = DomainChange::Started(reason);
                return std::iter::once(Step::Change(started))
                    .chain(self.begin(uuid))
                    .collect();
            }
            Lifecycle::Resumed(reason) => {
                if !self.lives.contains_key(&uuid) && self.hypervisor == Hypervisor::Qemu {
                    let held = Held {
                        domain: domain.clone(),
                        reason,
                        until: now + PATIENCE,
                    };
                    self.held.insert(uuid, held);
                    return Vec::new();
                }
                self.lives.insert(uuid, Life { moving: true });
                DomainChange::Resumed(reason)
            }
            Lifecycle::Woke => {
                self.lives.insert(uuid, Life { moving: true });
                DomainChange::Resumed(ResumedReason::WokenUp)
            }
            Lifecycle::Suspended(reason) => {
                let before = self.lives.insert(uuid, Life { moving: false });
                let never_ran = before.is_some_and(|life| !life.moving);
                if never_ran && reason == SuspendedReason::Paused {
                    // It was started paused: the start said so.
                    return Vec::new();
                }
                DomainChange::Suspended(reason)
            }
            Lifecycle::Slept => {
                self.lives.insert(uuid, Life { moving: false });
                DomainChange::PmSuspended
            }
            Lifecycle::Stopped(reason) => {
                self.lives.remove(&uuid);
                self.held.remove(&uuid);
                self.reset.remove(&uuid);
                if self.hypervisor == Hypervisor::Lxc && reason == StoppedReason::Failed {
                    let ended = Ended {
                        domain: domain.clone(),
                        reason,
                        until: now + PATIENCE,
                    };
                    self.ended.insert(uuid, ended);
                    return Vec::new();
                }
                DomainChange::Stopped(reason)
            }
            Lifecycle::RenamedFrom => {
                self.renamed.insert(uuid, domain.name.clone());
                return Vec::new();
            }
            Lifecycle::RenamedTo => {
                let from = self.renamed.remove(&uuid).unwrap_or_default();
                DomainChange::Defined(DefinedReason::Renamed { from })
            }
            Lifecycle::Defined => DomainChange::Defined(DefinedReason::Added),
            Lifecycle::Redefined => DomainChange::Defined(DefinedReason::Updated),
            Lifecycle::Undefined => DomainChange::Undefined,
            Lifecycle::ShutdownFinished => DomainChange::ShutdownFinished,
            Lifecycle::Panicked => return vec![Step::Panic],
            Lifecycle::Unknown => return Vec::new(),
        };
        vec![Step::Change(change)]
    }

    /// A run begins: whether its vCPUs do, too.
    fn begin(&mut self, uuid: Uuid) -> Option<Step> {
        let resumed = DomainChange::Resumed(ResumedReason::Unpaused);
        let held = self.held.remove(&uuid).is_some();
        let (moving, step) = match self.hypervisor {
            // It tells of them before it tells of the start.
            Hypervisor::Qemu => (held, held.then_some(Step::Change(resumed))),
            // Nothing is ever started paused.
            Hypervisor::Test | Hypervisor::Lxc | Hypervisor::Bhyve | Hypervisor::OpenVz | Hypervisor::Vz => {
                (true, Some(Step::Change(resumed)))
            }
            _ => (true, Some(Step::IfItRuns(resumed))),
        };
        self.lives.insert(uuid, Life { moving });
        step
    }

    /// Whether a reset that was told is a reboot, and not the rest of one.
    pub(super) fn reboots(&mut self, uuid: Uuid, now: Instant) -> bool {
        let before = self.reset.insert(uuid, now);
        before.is_none_or(|before| now.saturating_duration_since(before) >= ONE_REBOOT)
    }

    /// When the next of those that wait has waited long enough.
    pub(super) fn next_overdue(&self) -> Option<Instant> {
        let held = self.held.values().map(|held| held.until);
        let ended = self.ended.values().map(|ended| ended.until);
        held.chain(ended).min()
    }

    /// Those that have: the start they would belong to was before anybody listened, or no better reason came.
    pub(super) fn overdue(&mut self, now: Instant) -> Vec<(DomainRef, DomainChange)> {
        let late = self.held.extract_if(|_, held| held.until <= now);
        let late: Vec<Held> = late.map(|(_, held)| held).collect();
        let resumed = late.into_iter().map(|held| {
            self.lives.insert(held.domain.uuid, Life { moving: true });
            (held.domain, DomainChange::Resumed(held.reason))
        });
        let over = self.ended.extract_if(|_, ended| ended.until <= now);
        let over = over.map(|(_, ended)| (ended.domain, DomainChange::Stopped(ended.reason)));
        resumed.chain(over).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use virt_core::event::{StartedReason, StoppedReason};

    fn told(hypervisor: Hypervisor, happened: &[Lifecycle]) -> Vec<Step> {
        let domain = DomainRef::new(Uuid::from_u128(1), "web");
        let mut lives = Lives::new(hypervisor, []);
        let now = Instant::now();
        happened
            .iter()
            .flat_map(|happened| lives.follow(&domain, *happened, now))
            .collect()
    }

    const BOOTED: Lifecycle = Lifecycle::Started(StartedReason::Booted);
    const RUNS: Lifecycle = Lifecycle::Resumed(ResumedReason::Unpaused);
    const PAUSED: Lifecycle = Lifecycle::Suspended(SuspendedReason::Paused);

    fn changes(changes: &[DomainChange]) -> Vec<Step> {
        changes.iter().cloned().map(Step::Change).collect()
    }

    #[test]
    fn a_start_is_told_in_the_same_order_by_all() {
        let started = changes(&[
            DomainChange::Started(StartedReason::Booted),
            DomainChange::Resumed(ResumedReason::Unpaused),
        ]);
        assert_eq!(told(Hypervisor::Qemu, &[RUNS, BOOTED]), started);
        assert_eq!(told(Hypervisor::Test, &[BOOTED]), started);
    }

    #[test]
    fn a_paused_start_is_a_start_alone_and_what_comes_after_is_told() {
        let told = told(Hypervisor::Qemu, &[BOOTED, PAUSED, RUNS, PAUSED]);
        let wanted = [
            DomainChange::Started(StartedReason::Booted),
            DomainChange::Resumed(ResumedReason::Unpaused),
            DomainChange::Suspended(SuspendedReason::Paused),
        ];
        assert_eq!(told, changes(&wanted));
    }

    #[test]
    fn a_rename_is_one_event() {
        let mut lives = Lives::new(Hypervisor::Qemu, []);
        let (uuid, now) = (Uuid::from_u128(1), Instant::now());
        let old = lives.follow(&DomainRef::new(uuid, "old"), Lifecycle::RenamedFrom, now);
        assert_eq!(old, Vec::new());
        let new = lives.follow(&DomainRef::new(uuid, "new"), Lifecycle::RenamedTo, now);
        let from = "old".to_owned();
        assert_eq!(
            new,
            changes(&[DomainChange::Defined(DefinedReason::Renamed { from })])
        );
    }

    #[test]
    fn what_waits_for_a_start_that_does_not_come_is_told_all_the_same() {
        let mut lives = Lives::new(Hypervisor::Qemu, []);
        let (domain, now) = (DomainRef::new(Uuid::from_u128(1), "web"), Instant::now());
        assert_eq!(lives.follow(&domain, RUNS, now), Vec::new());
        assert_eq!(lives.overdue(now), Vec::new());
        let overdue = lives.overdue(lives.next_overdue().expect("one that waits"));
        assert_eq!(
            overdue,
            vec![(domain, DomainChange::Resumed(ResumedReason::Unpaused))]
        );
        assert_eq!(lives.next_overdue(), None);
    }

    #[test]
    fn a_destroy_that_is_told_as_a_failure_first_is_one_end() {
        let failed = Lifecycle::Stopped(StoppedReason::Failed);
        let destroyed = Lifecycle::Stopped(StoppedReason::Destroyed);
        let ends = |reasons: &[StoppedReason]| -> Vec<DomainChange> {
            reasons
                .iter()
                .map(|reason| DomainChange::Stopped(*reason))
                .collect()
        };
        assert_eq!(
            told(Hypervisor::Lxc, &[failed, destroyed]),
            changes(&ends(&[StoppedReason::Destroyed]))
        );
        assert_eq!(
            told(Hypervisor::Lxc, &[failed, Lifecycle::Undefined]),
            changes(&[
                DomainChange::Stopped(StoppedReason::Failed),
                DomainChange::Undefined
            ])
        );
        assert_eq!(
            told(Hypervisor::Qemu, &[failed]),
            changes(&ends(&[StoppedReason::Failed]))
        );
        let mut lives = Lives::new(Hypervisor::Lxc, []);
        let (domain, now) = (DomainRef::new(Uuid::from_u128(1), "web"), Instant::now());
        assert_eq!(lives.follow(&domain, failed, now), Vec::new());
        let overdue = lives.overdue(lives.next_overdue().expect("one that waits"));
        assert_eq!(
            overdue,
            vec![(domain, DomainChange::Stopped(StoppedReason::Failed))]
        );
        assert_eq!(lives.next_overdue(), None);
    }

    #[test]
    fn resets_that_follow_each_other_quickly_are_one_reboot() {
        let mut lives = Lives::new(Hypervisor::Qemu, []);
        let (uuid, now) = (Uuid::from_u128(1), Instant::now());
        assert!(lives.reboots(uuid, now));
        assert!(!lives.reboots(uuid, now + Duration::from_secs(1)));
        assert!(lives.reboots(uuid, now + Duration::from_secs(10)));
    }

    #[test]
    fn an_end_forgets_the_life() {
        let end = Lifecycle::Stopped(StoppedReason::Destroyed);
        let twice = told(Hypervisor::Qemu, &[RUNS, BOOTED, end, RUNS, BOOTED]);
        assert_eq!(twice.len(), 5);
        assert_eq!(
            twice.get(3),
            Some(&Step::Change(DomainChange::Started(StartedReason::Booted)))
        );
    }
}
