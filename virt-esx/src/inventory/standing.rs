//! What is known of machines beside what the server tells: those that we have paused or are taking back, and templates.

use std::time::{Duration, Instant};

use uuid::Uuid;
use virt_core::domain::StateReason;
use virt_core::event::{DomainChange, StoppedReason};

use super::{Inventory, Machine, changes};
use crate::vim::{ManagedObjectReference, VirtualMachinePowerState as Power};

/// A machine that is a template.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Template {
    pub(crate) reference: ManagedObjectReference,
    pub(crate) machine: Machine,
}

/// What is told within this time of a reset is that reset.
const ONE_RESET: Duration = Duration::from_secs(10);
/// How long an end that nobody waits for any more may still come.
const LATE_END: Duration = Duration::from_secs(30);

/// How a machine is about to end.
#[derive(Debug)]
pub(super) struct End {
    reason: StoppedReason,
    wanted_by: usize,
    /// Where nobody waits for it any more.
    until: Option<Instant>,
}

impl End {
    pub(super) fn reason(&self) -> Option<StoppedReason> {
        let counts = self.until.is_none_or(|until| Instant::now() < until);
        counts.then_some(self.reason)
    }
}

/// A reset of ours.
#[derive(Debug)]
pub(super) struct Reset {
    /// When it was done; `None` while it is under way.
    done: Option<Instant>,
    /// Whether something was not told for its sake.
    is_seen: bool,
}

impl Reset {
    fn done() -> Self {
        Self {
            done: Some(Instant::now()),
            is_seen: false,
        }
    }

    /// Whether a reboot that the server tells of is this one.
    pub(super) fn takes(&mut self) -> bool {
        let is_it = self.done.is_none_or(|done| done.elapsed() < ONE_RESET);
        self.is_seen |= is_it;
        is_it
    }
}

/// A machine that we are about to end. Whoever stops waiting for that does not know whether it does.
#[derive(Debug)]
pub(crate) struct Ending<'a> {
    inventory: &'a Inventory,
    machine: ManagedObjectReference,
    is_off: bool,
}

/// A machine that we reset. Where nothing comes of it, what the server has told meanwhile is told then.
#[derive(Debug)]
pub(crate) struct Resetting<'a> {
    inventory: &'a Inventory,
    machine: ManagedObjectReference,
    is_done: bool,
}

/// A machine that is being taken back to a snapshot. However that ends, its power is told of again then.
#[derive(Debug)]
pub(crate) struct Reverting<'a> {
    inventory: &'a Inventory,
    machine: ManagedObjectReference,
    before: Power,
    is_back: bool,
}

impl Inventory {
    /// A machine is about to end by our doing.
    pub(crate) fn will_end(&self, machine: &ManagedObjectReference, reason: StoppedReason) -> Ending<'_> {
        let mut state = self.state();
        let end = state.ending.entry(machine.clone()).or_insert(End {
            reason,
            wanted_by: 0,
            until: None,
        });
        end.reason = reason;
        end.until = None;
        end.wanted_by = end.wanted_by.saturating_add(1);
        Ending {
            inventory: self,
            machine: machine.clone(),
            is_off: false,
        }
    }

    /// A machine is about to be reset by us: what the server may tell of that is not told.
    pub(crate) fn will_be_reset(&self, machine: &ManagedObjectReference) -> Resetting<'_> {
        let reset = Reset {
            done: None,
            is_seen: false,
        };
        self.state().reset.insert(machine.clone(), reset);
        Resetting {
            inventory: self,
            machine: machine.clone(),
            is_done: false,
        }
    }

    /// A machine is being taken back to a snapshot: its power is not told of until that is over.
    pub(crate) fn reverting(&self, machine: &ManagedObjectReference) -> Reverting<'_> {
        let mut state = self.state();
        let known = state.machines.get(machine);
        let before = known.map(|known| known.machine.power.clone()).unwrap_or_default();
        let by = state.reverting.entry(machine.clone()).or_default();
        *by = by.saturating_add(1);
        Reverting {
            inventory: self,
            machine: machine.clone(),
            before,
            is_back: false,
        }
    }

    /// We have suspended a machine to pause it; or, it is to count as saved.
    pub(crate) fn set_paused(&self, machine: &ManagedObjectReference, paused: bool) {
        let mut state = self.state();
        if paused {
            state.paused.insert(machine.clone());
        } else {
            state.paused.remove(machine);
        }
    }

    /// Whether a machine is suspended because we have paused it.
    pub(crate) fn is_paused(&self, machine: &ManagedObjectReference) -> bool {
        self.state().paused.contains(machine)
    }

    /// Waits until there is a domain of this uuid, however long that takes. Cancel-safe.
    pub(crate) async fn until_there(&self, uuid: Uuid) {
        let mut changed = self.changed.subscribe();
        loop {
            changed.borrow_and_update();
            if self.machine(uuid).is_ok() || changed.changed().await.is_err() {
                return;
            }
        }
    }

    /// All templates, by name.
    pub(crate) fn templates(&self) -> Vec<Template> {
        let state = self.state();
        let templates = state
            .machines
            .iter()
            .filter(|(_, known)| known.machine.is_template);
        let mut found: Vec<Template> = templates
            .map(|(reference, known)| Template {
                reference: reference.clone(),
                machine: known.machine.clone(),
            })
            .collect();
        found.sort_by(|a, b| a.machine.name.cmp(&b.machine.name));
        found
    }

    /// A machine by the server's name of it, be it a template.
    pub(crate) fn known(&self, machine: &ManagedObjectReference) -> Option<Machine> {
        self.state()
            .machines
            .get(machine)
            .map(|known| known.machine.clone())
    }
}

impl Ending<'_> {
    /// It does not end.
    pub(crate) fn call_off(mut self) {
        self.is_off = true;
    }
}

impl Drop for Ending<'_> {
    fn drop(&mut self) {
        let mut state = self.inventory.state();
        let is_there = state.machines.contains_key(&self.machine);
        let Some(end) = state.ending.get_mut(&self.machine) else {
            return;
        };
        end.wanted_by = end.wanted_by.saturating_sub(1);
        if end.wanted_by > 0 {
            return;
        }
        end.until = Some(Instant::now() + LATE_END);
        if self.is_off || !is_there {
            state.ending.remove(&self.machine);
        }
    }
}

impl Resetting<'_> {
    /// It was reset: told here, as not every server does.
    pub(crate) fn succeed(mut self) {
        self.is_done = true;
    }
}

impl Drop for Resetting<'_> {
    fn drop(&mut self) {
        let mut state = self.inventory.state();
        let was_seen = state
            .reset
            .remove(&self.machine)
            .is_some_and(|reset| reset.is_seen);
        if !state.machines.contains_key(&self.machine) {
            return;
        }
        if self.is_done {
            state.reset.insert(self.machine.clone(), Reset::done());
        }
        let is_told = self.is_done || was_seen;
        let told = state.machines.get(&self.machine).map(|known| {
            let reboot = is_told.then_some(DomainChange::Rebooted);
            state.told(&self.machine, &known.machine, reboot)
        });
        self.inventory.tell(state, &told.unwrap_or_default());
    }
}

impl Reverting<'_> {
    /// It is back.
    pub(crate) fn succeed(mut self) {
        self.is_back = true;
    }
}

impl Drop for Reverting<'_> {
    fn drop(&mut self) {
        let mut state = self.inventory.state();
        let others = state
            .reverting
            .remove(&self.machine)
            .map_or(0, |by| by.saturating_sub(1));
        if others > 0 {
            state.reverting.insert(self.machine.clone(), others);
            if !self.is_back {
                // Whoever is at it still will tell.
                return;
            }
        }
        let Some(known) = state.machines.get_mut(&self.machine) else {
            return;
        };
        let now = known.machine.clone();
        let mut before = now.clone();
        let mut told = if self.is_back {
            known.reason = StateReason::FromSnapshot;
            // The tools of the run before went with it.
            known.tools_told = false;
            changes::reverted(&self.before, &now.power)
        } else {
            before.power = self.before.clone();
            before.tools_run = known.tools_told;
            changes::between(&before, &now, None)
        };
        let tools = changes::of_tools(&before, &now, &mut known.tools_told);
        told.extend(tools.map(DomainChange::Agent));
        if self.is_back {
            // Servers may tell of another time of boot later.
            state.reset.insert(self.machine.clone(), Reset::done());
        }
        let told = state.told(&self.machine, &now, told);
        self.inventory.tell(state, &told);
    }
}
