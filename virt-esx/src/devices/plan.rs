//! What has to change for one set of lines to become another.

use virt_core::model::DomainConfig;
use virt_core::model::domain::devices::ControllerType;

use super::cards;
use super::disks::is_disk;
use super::group::{Group, Groups};
use super::guest_id;
use super::settings;
use super::slot::Slot;
use crate::vmx::convert::{Bus, Lines};

/// The changes that make a machine what a document says.
#[derive(Debug, Clone, Default)]
pub(crate) struct Plan {
    pub(super) changes: Vec<Change>,
    pub(super) before: Group,
    pub(super) after: Group,
}

/// A device that comes, goes, or is another one.
#[derive(Debug, Clone)]
pub(super) struct Change {
    pub(super) slot: Slot,
    pub(super) before: Option<Group>,
    pub(super) after: Option<Group>,
}

impl Plan {
    /// All that a new machine is to have.
    pub(crate) fn of_a_new_machine(lines: &Lines) -> Self {
        Self::between(&Lines::default(), lines)
    }

    /// From one to the other.
    pub(crate) fn between(before: &Lines, after: &Lines) -> Self {
        let (mut before, mut after) = (Groups::of(before), Groups::of(after));
        let mut changes = Vec::new();
        for (slot, group) in &after.devices {
            let own = before.devices.remove(slot);
            if own.as_ref().is_some_and(|own| own.is_same(group)) {
                continue;
            }
            changes.push(Change {
                slot: *slot,
                before: own,
                after: Some(group.clone()),
            });
        }
        // The adapter of a display is there, whatever is said of it.
        let gone = before
            .devices
            .into_iter()
            .filter(|(slot, _)| *slot != Slot::Video);
        changes.extend(gone.map(|(slot, group)| Change {
            slot,
            before: Some(group),
            after: None,
        }));
        changes.sort_by_key(|change| change.slot);
        Self {
            changes,
            before: std::mem::take(&mut before.settings),
            after: std::mem::take(&mut after.settings),
        }
    }

    /// Leaves the controllers that the document names, though nothing may be on them.
    #[must_use]
    pub(crate) fn with_controllers_of(mut self, document: &DomainConfig) -> Self {
        let controllers = document.devices.iter().flat_map(|devices| &devices.controllers);
        let named: Vec<(Bus, u32)> = controllers
            .filter_map(|controller| {
                let index = controller.index.unwrap_or_default();
                match controller.kind {
                    Some(ControllerType::Scsi) => Some((Bus::Scsi, index)),
                    Some(ControllerType::Nvme) => Some((Bus::Nvme, index)),
                    // A document counts six places to a controller, and a machine thirty.
                    Some(ControllerType::Sata) => Some((Bus::Sata, index / 5)),
                    _ => None,
                }
            })
            .collect();
        self.changes.retain(|change| match change.slot {
            Slot::Controller(bus, number) => change.after.is_some() || !named.contains(&(bus, number)),
            _ => true,
        });
        self
    }

    /// Whether the guest of the machine is one of 64 bits.
    pub(crate) fn is_64_bit(&self) -> bool {
        self.after.get("guestOS").is_some_and(guest_id::is_64_bit)
    }

    /// Whether there is nothing to do.
    pub(crate) fn is_empty(&self) -> bool {
        self.changes.is_empty() && !settings::differ(&self.before, &self.after)
    }

    /// The files that have to be there, and what names them: images of disks and drives that come, or are others than before.
    pub(crate) fn files(&self) -> Vec<(Slot, String)> {
        let named = |change: &Change| {
            let after = change.after.as_ref()?;
            if !matches!(change.slot, Slot::At(_)) || after.is("clientDevice", "true") {
                return None;
            }
            let name = after.text("fileName").filter(|name| name.starts_with('['))?;
            let own = change.before.as_ref().and_then(|before| before.text("fileName"));
            (own != Some(name)).then(|| (change.slot, name.to_owned()))
        };
        self.changes.iter().filter_map(named).collect()
    }

    /// Whether cards are connected otherwise than before: then it has to be known which networks there are.
    pub(crate) fn connects(&self) -> bool {
        let connects = |change: &Change| {
            let (Slot::Card(_), Some(after)) = (change.slot, &change.after) else {
                return false;
            };
            let names = |group: &Group| {
                let switch = group.get("dvs.switchId").map(ToOwned::to_owned);
                (cards::network(group).map(ToOwned::to_owned), switch)
            };
            change
                .before
                .as_ref()
                .is_none_or(|before| names(before) != names(after))
        };
        self.changes.iter().any(connects)
    }

    /// The first of the files that is a hard disk: the machine's own are put beside it.
    pub(crate) fn first_disk(&self) -> Option<&str> {
        let disks = self
            .changes
            .iter()
            .filter(|change| matches!(change.slot, Slot::At(_)));
        let mut disks = disks
            .filter_map(|change| change.after.as_ref())
            .filter(|group| is_disk(group));
        disks.find_map(|group| group.text("fileName"))
    }

    /// The devices that come.
    pub(crate) fn added(&self) -> impl Iterator<Item = Slot> {
        let new = self.changes.iter().filter(|change| change.before.is_none());
        new.map(|change| change.slot)
    }

    /// The devices that go.
    pub(crate) fn removed(&self) -> impl Iterator<Item = Slot> {
        let gone = self.changes.iter().filter(|change| change.after.is_none());
        gone.map(|change| change.slot)
    }
}
