//! What is known of machines beside what the server tells: those that we have paused or are taking back, and templates.

use uuid::Uuid;
use virt_core::domain::StateReason;

use super::{Inventory, Machine, changes};
use crate::vim::{ManagedObjectReference, VirtualMachinePowerState as Power};

/// A machine that is a template.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Template {
    pub(crate) reference: ManagedObjectReference,
    pub(crate) machine: Machine,
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
    /// A machine is being taken back to a snapshot: its power is not told of until that is over.
    pub(crate) fn reverting(&self, machine: &ManagedObjectReference, before: Power) -> Reverting<'_> {
        self.state().reverting.insert(machine.clone());
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

impl Reverting<'_> {
    /// It is back.
    pub(crate) fn succeed(mut self) {
        self.is_back = true;
    }
}

impl Drop for Reverting<'_> {
    fn drop(&mut self) {
        let told = {
            let mut state = self.inventory.state();
            state.reverting.remove(&self.machine);
            let Some(known) = state.machines.get_mut(&self.machine) else {
                return;
            };
            let now = known.machine.clone();
            let told = if self.is_back {
                known.reason = StateReason::FromSnapshot;
                changes::reverted(&self.before, &now.power)
            } else {
                let mut before = now.clone();
                before.power = self.before.clone();
                changes::between(&before, &now, None)
            };
            state.told(&self.machine, &now, told)
        };
        self.inventory.tell(told);
    }
}
