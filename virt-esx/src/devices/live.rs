//! What a machine takes while it runs.

use super::disks::is_disk;
use super::plan::{Change, Plan};
use super::settings;
use super::slot::Slot;
use crate::vmx::convert::Bus;

/// What a server says of the machine.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct HotAdd {
    pub(crate) memory: bool,
    pub(crate) cpus: bool,
}

impl Plan {
    /// The first thing that cannot be changed while the machine runs, in words; none where all of it can.
    pub(crate) fn needs_an_end(&self, hot_add: HotAdd) -> Option<String> {
        let device = self.changes.iter().find(|change| !takes(change));
        let device = device.map(|change| {
            let how = match (&change.before, &change.after) {
                (None, _) => "added",
                (_, None) => "removed",
                _ => "changed so",
            };
            format!("{} is not {how} while the machine runs", change.slot.name())
        });
        device.or_else(|| settings::needs_an_end(&self.before, &self.after, hot_add))
    }
}

/// Whether a running machine takes a change.
fn takes(change: &Change) -> bool {
    let is_edit = change.before.is_some() && change.after.is_some();
    match change.slot {
        Slot::Card(_) => true,
        Slot::Controller(..) | Slot::Usb | Slot::UsbXhci => !is_edit,
        Slot::At(place) => match place.bus {
            // The medium of a drive, and nothing else.
            Bus::Ide | Bus::Floppy => is_edit && !is_hard_disk(change),
            Bus::Scsi | Bus::Sata | Bus::Nvme => !(is_edit && is_hard_disk(change)),
        },
        Slot::Serial(_) | Slot::Parallel(_) | Slot::Sound | Slot::Video => false,
    }
}

fn is_hard_disk(change: &Change) -> bool {
    let groups = [&change.before, &change.after];
    groups.into_iter().flatten().any(is_disk)
}
