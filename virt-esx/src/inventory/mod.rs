//! The virtual machines of a server, kept as they are by what it tells: look-ups and states cost no call.

mod changes;
mod follow;
mod machine;

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::watch;
use uuid::Uuid;
use virt_core::domain::{DomainInfo, DomainRef, DomainSelector, StateReason};
use virt_core::event::{DefinedReason, DomainChange, DomainEvent, Event, EventBus, StoppedReason};
use virt_core::{Error, ErrorKind, Result, Subject};

pub(crate) use follow::follow;
pub(crate) use machine::{Machine, escaped, number, unescaped};

use crate::vim::{ManagedObjectReference, ObjectUpdate, ObjectUpdateKind, VirtualMachineQuestionInfo};

/// How long it is waited for the server to tell of what was just done.
const TOLD_WITHIN: Duration = Duration::from_secs(5);

/// The virtual machines of a server.
#[derive(Debug)]
pub(crate) struct Inventory {
    state: Mutex<State>,
    events: EventBus,
    /// How often something has changed.
    changed: watch::Sender<u64>,
}

#[derive(Debug, Default)]
struct State {
    machines: HashMap<ManagedObjectReference, Known>,
    by_uuid: HashMap<Uuid, ManagedObjectReference>,
    /// Machines that we are about to end, and how.
    ending: HashMap<ManagedObjectReference, StoppedReason>,
    /// Whether all there is has been told once.
    complete: bool,
}

#[derive(Debug)]
struct Known {
    machine: Machine,
    reason: StateReason,
    /// Whether it was told of, since all was told the last time.
    seen: bool,
}

impl Inventory {
    pub(crate) fn new(events: EventBus) -> Self {
        Self {
            state: Mutex::default(),
            events,
            changed: watch::Sender::new(0),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// All that is told from here on is a whole, until [`Self::is_complete`] is said.
    pub(crate) fn begin_again(&self) {
        let mut state = self.state();
        for known in state.machines.values_mut() {
            known.seen = false;
        }
    }

    /// All there is has been told: what was not told of is gone.
    pub(crate) fn is_complete(&self) {
        let told = {
            let mut state = self.state();
            let gone: Vec<ManagedObjectReference> = state
                .machines
                .iter()
                .filter(|(_, known)| !known.seen)
                .map(|(reference, _)| reference.clone())
                .collect();
            let told: Vec<Event> = gone.iter().flat_map(|reference| state.leave(reference)).collect();
            state.complete = true;
            told
        };
        self.tell(told);
    }

    /// Takes in what the server tells.
    pub(crate) fn apply(&self, updates: &[ObjectUpdate]) {
        let told: Vec<Event> = {
            let mut state = self.state();
            updates.iter().flat_map(|update| state.apply(update)).collect()
        };
        self.tell(told);
    }

    fn tell(&self, told: Vec<Event>) {
        self.changed.send_modify(|count| *count += 1);
        for event in &told {
            self.events.publish(event);
        }
    }

    /// All domains, in no order.
    pub(crate) fn infos(&self) -> Vec<DomainInfo> {
        let state = self.state();
        state
            .by_uuid
            .iter()
            .filter_map(|(uuid, reference)| {
                let known = state.machines.get(reference)?;
                Some(known.machine.info(reference, *uuid, known.reason))
            })
            .collect()
    }

    /// A domain, and the machine it is.
    pub(crate) fn machine(&self, uuid: Uuid) -> Result<(ManagedObjectReference, Machine)> {
        let state = self.state();
        let reference = state.by_uuid.get(&uuid);
        let found = reference.and_then(|reference| {
            let known = state.machines.get(reference)?;
            Some((reference.clone(), known.machine.clone()))
        });
        found.ok_or_else(|| Error::new(ErrorKind::NotFound, "no domain of this uuid is there (any more)"))
    }

    pub(crate) fn info(&self, uuid: Uuid) -> Result<DomainInfo> {
        let state = self.state();
        let reference = state.by_uuid.get(&uuid);
        let found = reference.and_then(|reference| {
            let known = state.machines.get(reference)?;
            Some(known.machine.info(reference, uuid, known.reason))
        });
        found.ok_or_else(|| Error::new(ErrorKind::NotFound, "no domain of this uuid is there (any more)"))
    }

    /// The domain a selector names.
    pub(crate) fn select(&self, selector: &DomainSelector) -> Result<DomainRef> {
        let infos = self.infos();
        let found = infos.iter().find(|info| match selector {
            DomainSelector::Name(name) => &info.domain.name == name,
            DomainSelector::Uuid(uuid) => &info.domain.uuid == uuid,
            DomainSelector::Id(id) => info.id == Some(*id),
            _ => false,
        });
        found.map(|info| info.domain.clone()).ok_or_else(|| {
            let mut names: Vec<&str> = infos.iter().map(|info| info.domain.name.as_str()).collect();
            names.sort_unstable();
            let more = names.len().saturating_sub(8);
            names.truncate(8);
            let mut listed = if names.is_empty() {
                "none".to_owned()
            } else {
                names.join(", ")
            };
            if more > 0 {
                listed.push_str(&format!(" and {more} more"));
            }
            Error::new(
                ErrorKind::NotFound,
                format!("no such domain (there are: {listed})"),
            )
            .with_subject(Subject::Domain(selector.to_string()))
        })
    }

    /// A machine is about to end by our doing.
    pub(crate) fn will_end(&self, machine: &ManagedObjectReference, reason: StoppedReason) {
        self.state().ending.insert(machine.clone(), reason);
    }

    /// It did not.
    pub(crate) fn does_not_end(&self, machine: &ManagedObjectReference) {
        self.state().ending.remove(machine);
    }

    /// Waits until the server has told of what was just done: then it is seen by everybody, and its events were told.
    /// What takes longer is seen later.
    pub(crate) async fn until(
        &self,
        machine: &ManagedObjectReference,
        is_so: impl Fn(Option<&Machine>) -> bool,
    ) {
        let seen = tokio::time::timeout(TOLD_WITHIN, self.when(machine, is_so)).await;
        if seen.is_err() {
            tracing::debug!(%machine, "the server has not told yet of what was done");
        }
    }

    /// Waits until this is told of a machine, however long that takes. Cancel-safe.
    pub(crate) async fn when(
        &self,
        machine: &ManagedObjectReference,
        is_so: impl Fn(Option<&Machine>) -> bool,
    ) {
        let mut changed = self.changed.subscribe();
        loop {
            changed.borrow_and_update();
            let so = {
                let state = self.state();
                is_so(state.machines.get(machine).map(|known| &known.machine))
            };
            if so || changed.changed().await.is_err() {
                return;
            }
        }
    }

    /// Waits until a machine asks something.
    pub(crate) async fn until_asked(&self, machine: &ManagedObjectReference) {
        let asks = |machine: Option<&Machine>| machine.is_some_and(|machine| machine.question.is_some());
        self.when(machine, asks).await;
    }

    /// What a machine asks, and its name.
    pub(crate) fn question(
        &self,
        machine: &ManagedObjectReference,
    ) -> Option<(String, VirtualMachineQuestionInfo)> {
        let state = self.state();
        let machine = &state.machines.get(machine)?.machine;
        let question = machine.question.as_deref()?;
        Some((machine.name.clone(), question.clone()))
    }

    /// The uuid of a machine, where it is a domain.
    pub(crate) fn uuid_of(&self, machine: &ManagedObjectReference) -> Option<Uuid> {
        self.state().machines.get(machine)?.machine.uuid
    }

    /// Whether a machine of this name is there.
    pub(crate) fn has_name(&self, name: &str) -> bool {
        self.state()
            .machines
            .values()
            .any(|known| known.machine.name == name)
    }

    /// The connection has missed something: everybody looks again.
    pub(crate) fn resync(&self) {
        self.events.publish(&Event::Resync);
    }
}

impl State {
    fn apply(&mut self, update: &ObjectUpdate) -> Vec<Event> {
        match update.kind {
            ObjectUpdateKind::Leave => self.leave(&update.obj),
            ObjectUpdateKind::Enter => self.enter(update),
            _ => self.modify(update),
        }
    }

    fn enter(&mut self, update: &ObjectUpdate) -> Vec<Event> {
        if self.machines.contains_key(&update.obj) {
            return self.modify(update);
        }
        let mut machine = Machine::default();
        machine.apply(update);
        let reason = if machine.is_active() {
            StateReason::Booted
        } else {
            StateReason::Unknown
        };
        let known = Known {
            machine,
            reason,
            seen: true,
        };
        let told = if self.complete {
            let defined = DomainChange::Defined(DefinedReason::Added);
            event(&known.machine, defined).into_iter().collect()
        } else {
            Vec::new()
        };
        self.index(&update.obj, &known.machine);
        self.machines.insert(update.obj.clone(), known);
        told
    }

    fn modify(&mut self, update: &ObjectUpdate) -> Vec<Event> {
        let Some(known) = self.machines.get_mut(&update.obj) else {
            return self.enter(update);
        };
        known.seen = true;
        let before = known.machine.clone();
        known.machine.apply(update);
        let after = known.machine.clone();
        let ended = self.ending.get(&update.obj).copied();
        let changes = changes::between(&before, &after, ended);
        if let Some(reason) = changes.iter().filter_map(changes::reason).next_back() {
            known.reason = reason;
        }
        if !after.is_active() {
            self.ending.remove(&update.obj);
        }
        if (before.uuid, before.is_template) != (after.uuid, after.is_template) {
            self.forget(&update.obj);
            self.index(&update.obj, &after);
        }
        changes
            .into_iter()
            .filter_map(|change| event(&after, change))
            .collect()
    }

    fn leave(&mut self, reference: &ManagedObjectReference) -> Vec<Event> {
        self.forget(reference);
        let Some(known) = self.machines.remove(reference) else {
            return Vec::new();
        };
        let stopped = known
            .machine
            .is_active()
            .then_some(DomainChange::Stopped(StoppedReason::Migrated));
        let told = stopped.into_iter().chain([DomainChange::Undefined]);
        told.filter_map(|change| event(&known.machine, change)).collect()
    }

    /// The first machine of a uuid has it: a copy by hand may have the same.
    fn index(&mut self, reference: &ManagedObjectReference, machine: &Machine) {
        if let Some(uuid) = machine.uuid.filter(|_| !machine.is_template) {
            let first = self.by_uuid.entry(uuid).or_insert_with(|| reference.clone());
            if first != reference {
                tracing::warn!(machine = %machine.name, %uuid, "two virtual machines have one uuid; the first counts");
            }
        }
    }

    fn forget(&mut self, reference: &ManagedObjectReference) {
        self.by_uuid.retain(|_, known| known != reference);
    }
}

fn event(machine: &Machine, change: DomainChange) -> Option<Event> {
    let uuid = machine.uuid.filter(|_| !machine.is_template)?;
    let domain = DomainRef::new(uuid, machine.name.as_str());
    Some(Event::Domain(DomainEvent::now(domain, change)))
}

#[cfg(test)]
mod tests;
