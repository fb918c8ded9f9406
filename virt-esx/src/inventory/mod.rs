//! The virtual machines of a server, kept as they are by what it tells: look-ups and states cost no call.

mod autostart;
mod changes;
mod claims;
mod follow;
mod machine;
mod standing;

use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::watch;
use uuid::Uuid;
use virt_core::domain::{DomainInfo, DomainRef, DomainSelector, StateReason};
use virt_core::event::{DomainChange, DomainEvent, Event, EventBus, StoppedReason};
use virt_core::{CallContext, Error, ErrorKind, Result, Subject};

pub(crate) use autostart::does_start;
pub(crate) use follow::follow;
pub(crate) use machine::{Machine, escaped, number, unescaped};

use self::autostart::{Autostart, FOLLOWED_OF_HOSTS};
use self::standing::{End, Reset};
use crate::listed::listed;
use crate::vim::{
    HostAutoStartManagerConfig, ManagedObjectReference, ObjectUpdate, ObjectUpdateKind,
    VirtualMachinePowerState, VirtualMachineQuestionInfo,
};

/// How long it is waited for the server to tell of what was just done.
const TOLD_WITHIN: Duration = Duration::from_secs(5);

/// The virtual machines of a server.
#[derive(Debug)]
pub(crate) struct Inventory {
    state: Mutex<State>,
    /// Names and uuids of machines that are being made.
    claimed: Mutex<Vec<(String, Uuid)>>,
    events: EventBus,
    /// How often something has changed.
    changed: watch::Sender<u64>,
}

#[derive(Debug, Default)]
struct State {
    machines: HashMap<ManagedObjectReference, Known>,
    by_uuid: HashMap<Uuid, ManagedObjectReference>,
    autostart: Autostart,
    /// Machines that we are about to end, and how.
    ending: HashMap<ManagedObjectReference, End>,
    /// Machines that we reset, or have reset: some servers tell of it by another time of boot, others not at all.
    reset: HashMap<ManagedObjectReference, Reset>,
    /// Machines that we are taking back to a snapshot, and how many of us: their power is told of once that is done.
    reverting: HashMap<ManagedObjectReference, usize>,
    /// Machines that we have paused, by suspending them.
    paused: HashSet<ManagedObjectReference>,
    /// Whether all there is has been told once.
    complete: bool,
    /// Whether nothing is told any more.
    ended: bool,
}

#[derive(Debug)]
struct Known {
    machine: Machine,
    reason: StateReason,
    /// Whether it was told last that the tools in its guest answer. They are silent while it is suspended, and that is no
    /// news.
    tools_told: bool,
    /// Whether it was told of, since all was told the last time.
    seen: bool,
}

/// A domain, and all that is known of it.
#[derive(Debug, Clone)]
pub(crate) struct Listed {
    pub(crate) reference: ManagedObjectReference,
    pub(crate) info: DomainInfo,
    pub(crate) machine: Machine,
}

impl Inventory {
    pub(crate) fn new(events: EventBus) -> Self {
        Self {
            state: Mutex::default(),
            claimed: Mutex::default(),
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
        state.autostart.begin_again();
    }

    /// All there is has been told: what was not told of is gone.
    pub(crate) fn is_complete(&self) {
        let mut state = self.state();
        let gone: Vec<ManagedObjectReference> = state
            .machines
            .iter()
            .filter(|(_, known)| !known.seen)
            .map(|(reference, _)| reference.clone())
            .collect();
        let told: Vec<Event> = gone.iter().flat_map(|reference| state.leave(reference)).collect();
        state.autostart.is_complete();
        state.complete = true;
        self.tell(state, &told);
    }

    /// Takes in what the server tells of a machine.
    pub(crate) fn apply(&self, update: &ObjectUpdate) {
        let mut state = self.state();
        let told = state.apply(update);
        self.tell(state, &told);
    }

    /// Told while nothing else changes: events come in the order of what has happened.
    fn tell(&self, state: MutexGuard<'_, State>, told: &[Event]) {
        for event in told {
            self.events.publish(event);
        }
        drop(state);
        self.changed.send_modify(|count| *count += 1);
    }

    /// Nothing is told any more.
    pub(crate) fn end(&self, error: &Error) {
        self.state().ended = true;
        tracing::debug!(%error, "an inventory has ended");
        self.events.close();
        self.changed.send_modify(|count| *count += 1);
    }

    /// Whether nothing is told any more.
    pub(crate) fn has_ended(&self) -> bool {
        self.state().ended
    }

    /// All domains, in no order.
    pub(crate) fn infos(&self) -> Vec<DomainInfo> {
        let state = self.state();
        state
            .by_uuid
            .iter()
            .filter_map(|(uuid, reference)| {
                let known = state.machines.get(reference)?;
                Some(state.info(reference, known, *uuid))
            })
            .collect()
    }

    /// These domains, or all that run, as far as they are there, in no order.
    pub(crate) fn listed(&self, domains: Option<&[Uuid]>) -> Vec<Listed> {
        let state = self.state();
        let listed = |uuid: &Uuid| {
            let (reference, known) = state.domain(*uuid).ok()?;
            Some(Listed {
                reference: reference.clone(),
                info: state.info(reference, known, *uuid),
                machine: known.machine.clone(),
            })
        };
        match domains {
            Some(uuids) => uuids.iter().filter_map(listed).collect(),
            None => {
                let all = state.by_uuid.keys().filter_map(listed);
                all.filter(|listed| listed.machine.is_active()).collect()
            }
        }
    }

    /// A domain, and the machine it is.
    pub(crate) fn machine(&self, uuid: Uuid) -> Result<(ManagedObjectReference, Machine)> {
        let state = self.state();
        let (reference, known) = state.domain(uuid)?;
        Ok((reference.clone(), known.machine.clone()))
    }

    pub(crate) fn info(&self, uuid: Uuid) -> Result<DomainInfo> {
        let state = self.state();
        let (reference, known) = state.domain(uuid)?;
        Ok(state.info(reference, known, uuid))
    }

    /// The domain a selector names.
    pub(crate) fn select(&self, selector: &DomainSelector) -> Result<DomainRef> {
        let infos = self.infos();
        let mut hits = infos.iter().filter(|info| match selector {
            DomainSelector::Name(name) => &info.domain.name == name,
            DomainSelector::Uuid(uuid) => &info.domain.uuid == uuid,
            DomainSelector::Id(id) => info.id == Some(*id),
            _ => false,
        });
        let found = hits.next();
        if found.is_some() && hits.next().is_some() {
            let message = "several domains of the inventory are called so: say the uuid, or a part of the inventory in the URI";
            return Err(Error::new(ErrorKind::InvalidArgument, message)
                .with_subject(Subject::Domain(selector.to_string())));
        }
        found.map(|info| info.domain.clone()).ok_or_else(|| {
            let listed = listed(infos.iter().map(|info| info.domain.name.clone()).collect());
            Error::new(
                ErrorKind::NotFound,
                format!("no such domain (there are: {listed})"),
            )
            .with_subject(Subject::Domain(selector.to_string()))
        })
    }

    /// Waits until the server has told of what was just done: then it is seen by everybody, and its events were told.
    /// What takes longer, or longer than the call has, is seen later.
    pub(crate) async fn until(
        &self,
        call: &CallContext,
        machine: &ManagedObjectReference,
        is_so: impl Fn(Option<&Machine>) -> bool,
    ) {
        self.seen_by(call.at_most(TOLD_WITHIN).deadline, machine, is_so)
            .await;
    }

    /// The same for work that nobody waits for.
    pub(crate) async fn until_told(
        &self,
        machine: &ManagedObjectReference,
        is_so: impl Fn(Option<&Machine>) -> bool,
    ) {
        let latest = tokio::time::Instant::now() + TOLD_WITHIN;
        self.seen_by(latest, machine, is_so).await;
    }

    async fn seen_by(
        &self,
        latest: tokio::time::Instant,
        machine: &ManagedObjectReference,
        is_so: impl Fn(Option<&Machine>) -> bool,
    ) {
        if tokio::time::timeout_at(latest, self.when(machine, is_so))
            .await
            .is_err()
        {
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

    /// Which machines start with a host, as was just read.
    pub(crate) fn starts_with(&self, host: &ManagedObjectReference, config: &HostAutoStartManagerConfig) {
        self.state().autostart.is_so(host, config);
    }

    /// The uuid of a machine, where it is a domain.
    pub(crate) fn uuid_of(&self, machine: &ManagedObjectReference) -> Option<Uuid> {
        self.state().machines.get(machine)?.machine.identity()
    }

    /// The name of a machine, domain or not.
    pub(crate) fn name_of(&self, machine: &ManagedObjectReference) -> Option<String> {
        let state = self.state();
        Some(state.machines.get(machine)?.machine.name.clone())
    }

    /// Whether a machine of this name is there.
    pub(crate) fn has_name(&self, name: &str) -> bool {
        self.state()
            .machines
            .values()
            .any(|known| known.machine.name == name)
    }

    /// Whether a machine's configuration file is this one.
    pub(crate) fn has_file(&self, name: &str) -> bool {
        self.state()
            .machines
            .values()
            .any(|known| known.machine.file == name)
    }

    /// The connection has missed something: everybody looks again.
    pub(crate) fn resync(&self) {
        self.events.publish(&Event::Resync);
    }
}

impl State {
    fn domain(&self, uuid: Uuid) -> Result<(&ManagedObjectReference, &Known)> {
        let reference = self.by_uuid.get(&uuid);
        let found = reference.and_then(|reference| self.machines.get_key_value(reference));
        found.ok_or_else(|| Error::new(ErrorKind::NotFound, "no domain of this uuid is there (any more)"))
    }

    fn info(&self, reference: &ManagedObjectReference, known: &Known, uuid: Uuid) -> DomainInfo {
        let mut info = known.machine.info(reference, uuid, known.reason);
        info.autostart = self.autostart.starts(known.machine.host.as_ref(), reference);
        info
    }

    fn apply(&mut self, update: &ObjectUpdate) -> Vec<Event> {
        if update.obj.kind == FOLLOWED_OF_HOSTS.kind {
            self.autostart.apply(update);
            return Vec::new();
        }
        match update.kind {
            ObjectUpdateKind::Leave => self.leave(&update.obj),
            ObjectUpdateKind::Enter => self.enter(update),
            _ => self.modify(update),
        }
    }

    fn enter(&mut self, update: &ObjectUpdate) -> Vec<Event> {
        // It is told as a whole: what is not there now, is not.
        let mut machine = Machine::default();
        machine.apply(update);
        if self.machines.contains_key(&update.obj) {
            return self.change(&update.obj, machine);
        }
        let reason = match machine.power {
            VirtualMachinePowerState::PoweredOn => StateReason::Booted,
            VirtualMachinePowerState::Suspended => StateReason::User,
            _ => StateReason::Unknown,
        };
        let mut known = Known {
            tools_told: machine.tools_run && machine.is_active(),
            machine,
            reason,
            seen: true,
        };
        self.index(&update.obj, &known.machine);
        let mut changes = Vec::new();
        if self.complete {
            known.tools_told = false;
            changes = changes::arrived(&known.machine, &mut known.tools_told);
            known.reason = changes::reason(&changes).unwrap_or(known.reason);
        }
        let told = self.told(&update.obj, &known.machine, changes);
        self.machines.insert(update.obj.clone(), known);
        told
    }

    fn modify(&mut self, update: &ObjectUpdate) -> Vec<Event> {
        let Some(known) = self.machines.get(&update.obj) else {
            return self.enter(update);
        };
        let mut machine = known.machine.clone();
        machine.apply(update);
        self.change(&update.obj, machine)
    }

    /// A machine is so from now on.
    fn change(&mut self, reference: &ManagedObjectReference, after: Machine) -> Vec<Event> {
        let ended = self.ending.get(reference).and_then(End::reason);
        let is_reverting = self.reverting.contains_key(reference);
        let Some(known) = self.machines.get_mut(reference) else {
            return Vec::new();
        };
        known.seen = true;
        let before = std::mem::replace(&mut known.machine, after.clone());
        let mut changes = changes::between(&before, &after, ended);
        if let Some(reason) = changes::reason(&changes) {
            known.reason = reason;
        }
        if is_reverting {
            changes.retain(|change| !changes::is_of_power(change));
        } else {
            changes
                .extend(changes::of_tools(&before, &after, &mut known.tools_told).map(DomainChange::Agent));
        }
        if !after.is_active() {
            self.ending.remove(reference);
        }
        if after.power != VirtualMachinePowerState::Suspended {
            self.paused.remove(reference);
        }
        if let Some(reset) = self.reset.get_mut(reference) {
            changes.retain(|change| *change != DomainChange::Rebooted || !reset.takes());
        }
        if before.identity() == after.identity() {
            return self.told(reference, &after, changes);
        }
        // It was no domain before, or is none any more, or another one.
        let mut told = self.told(reference, &before, gone(&before));
        told.extend(self.forget(reference));
        self.index(reference, &after);
        let Some(known) = self.machines.get_mut(reference) else {
            return told;
        };
        known.tools_told = false;
        let changes = changes::arrived(&after, &mut known.tools_told);
        told.extend(self.told(reference, &after, changes));
        told
    }

    fn leave(&mut self, reference: &ManagedObjectReference) -> Vec<Event> {
        let Some(known) = self.machines.remove(reference) else {
            return Vec::new();
        };
        let mut told = self.told(reference, &known.machine, gone(&known.machine));
        told.extend(self.forget(reference));
        self.ending.remove(reference);
        self.reset.remove(reference);
        self.paused.remove(reference);
        told
    }

    /// The first machine of a uuid has it: a copy by hand may have the same.
    fn index(&mut self, reference: &ManagedObjectReference, machine: &Machine) {
        if let Some(uuid) = machine.identity() {
            let first = self.by_uuid.entry(uuid).or_insert_with(|| reference.clone());
            if first != reference {
                tracing::warn!(machine = %machine.name, %uuid, "two virtual machines have one uuid; the first counts");
            }
        }
    }

    /// A machine is not the domain of its uuid any more: another one of the same uuid may be, and is told of.
    fn forget(&mut self, reference: &ManagedObjectReference) -> Vec<Event> {
        let had = self.by_uuid.iter().find(|(_, known)| *known == reference);
        let Some(uuid) = had.map(|(uuid, _)| *uuid) else {
            return Vec::new();
        };
        self.by_uuid.remove(&uuid);
        let mut others = self.machines.iter_mut();
        let next =
            others.find(|(other, known)| *other != reference && known.machine.identity() == Some(uuid));
        let Some((next, known)) = next else {
            return Vec::new();
        };
        known.tools_told = false;
        let changes = changes::arrived(&known.machine, &mut known.tools_told);
        let (next, machine) = (next.clone(), known.machine.clone());
        self.by_uuid.insert(uuid, next.clone());
        self.told(&next, &machine, changes)
    }

    /// The events of changes of a machine, where it is a domain.
    fn told(
        &self,
        reference: &ManagedObjectReference,
        machine: &Machine,
        changes: impl IntoIterator<Item = DomainChange>,
    ) -> Vec<Event> {
        let uuid = machine
            .identity()
            .filter(|uuid| self.by_uuid.get(uuid) == Some(reference));
        let Some(uuid) = uuid else { return Vec::new() };
        let event = |change| {
            let domain = DomainRef::new(uuid, machine.name.as_str());
            Event::Domain(DomainEvent::now(domain, change))
        };
        changes.into_iter().map(event).collect()
    }
}

/// What is told of a domain that is there no more.
fn gone(machine: &Machine) -> Vec<DomainChange> {
    let stopped = machine
        .is_active()
        .then_some(DomainChange::Stopped(StoppedReason::Migrated));
    stopped.into_iter().chain([DomainChange::Undefined]).collect()
}

#[cfg(test)]
mod tests;
