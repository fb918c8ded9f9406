//! Changes as the API takes them.

use virt_core::{Error, ErrorKind, Result};

use super::group::Group;
use super::hardware::Hardware;
use super::networks::Networks;
use super::plan::{Change, Plan};
use super::slot::Slot;
use super::{cards, controllers, disks, drives, others, ports, settings};
use crate::vim::{
    AnyVirtualDevice, Object, OptionValue, VirtualDeviceConfigSpec,
    VirtualDeviceConfigSpecOperation as Operation, VirtualMachineConfigSpec,
};
use crate::vmx::convert::{Bus, Place};

/// What has to be known for it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Means {
    pub(crate) networks: Networks,
    /// Whether the machine runs: what is connected is so at once then.
    pub(crate) is_running: bool,
    /// Whether the guest is one of 64 bits.
    pub(crate) is_64_bit: bool,
}

/// A device as its lines want it.
pub(super) struct Wanted<'w> {
    pub(super) slot: Slot,
    pub(super) group: &'w Group,
    /// The lines of the one that is there, as far as they were compared.
    before: Option<&'w Group>,
    /// The one that is there.
    pub(super) existing: Option<&'w AnyVirtualDevice>,
    pub(super) means: &'w Means,
}

impl Wanted<'_> {
    /// Whether nothing was compared of this: as it is with the device that is there, so it stays.
    pub(super) fn leaves(&self, name: &str) -> bool {
        let is_said = |group: &Group| group.get(name).is_some();
        self.existing.is_some() && !is_said(self.group) && !self.before.is_some_and(is_said)
    }

    /// A copy of what there is.
    pub(super) fn existing_part<T: Object + Clone>(&self) -> Option<T> {
        self.existing?.part::<T>().cloned()
    }

    /// The device as it is to be.
    fn device(&self) -> Result<AnyVirtualDevice> {
        match self.slot {
            Slot::Controller(bus, number) => controllers::device(self, bus, number),
            Slot::Usb => Ok(others::usb(self)),
            Slot::UsbXhci => Ok(others::usb_xhci(self)),
            Slot::Video => Ok(others::video(self)),
            Slot::At(place) => disks::medium(self, place),
            Slot::Card(_) => cards::device(self),
            Slot::Serial(_) => ports::serial(self),
            Slot::Parallel(_) => ports::parallel(self),
            Slot::Sound => others::sound(self),
        }
    }
}

/// What of a device's lines becomes a member of a struct; the rest is options of the machine.
fn understood(slot: Slot, name: &str) -> bool {
    let keys = match slot {
        Slot::Controller(..) => controllers::KEYS,
        Slot::Usb | Slot::UsbXhci => others::USB_KEYS,
        Slot::Video => others::VIDEO_KEYS,
        Slot::At(_) => return disks::KEYS.contains(&name) || drives::KEYS.contains(&name),
        Slot::Card(_) => cards::KEYS,
        Slot::Serial(_) | Slot::Parallel(_) => ports::KEYS,
        Slot::Sound => others::SOUND_KEYS,
    };
    keys.contains(&name)
}

/// The changes of devices, in the order in which the server carries them out.
#[derive(Default)]
struct Steps {
    removed: Vec<VirtualDeviceConfigSpec>,
    controllers_removed: Vec<VirtualDeviceConfigSpec>,
    controllers: Vec<VirtualDeviceConfigSpec>,
    edited: Vec<VirtualDeviceConfigSpec>,
    added: Vec<VirtualDeviceConfigSpec>,
    /// Controllers that are new, so that what is on them names them by the key of the specification.
    new_controllers: Vec<(Bus, u32)>,
    /// Controllers that others take the place of: their keys, and those of the others.
    replaced_controllers: Vec<(i32, i32)>,
}

impl Plan {
    /// The specification that makes the changes of a machine with this hardware.
    ///
    /// # Errors
    /// [`InvalidConfig`](ErrorKind::InvalidConfig) and [`Unsupported`](ErrorKind::Unsupported), naming the element, for
    /// what cannot be said; [`Busy`](ErrorKind::Busy) where the machine has not, or not any more, what is to be changed.
    pub(crate) fn spec(&self, hardware: &Hardware, means: &Means) -> Result<VirtualMachineConfigSpec> {
        let mut spec = VirtualMachineConfigSpec::default();
        settings::set(&self.before, &self.after, &mut spec);
        let mut steps = Steps::default();
        for change in &self.changes {
            steps.take(change, hardware, means)?;
            options(change, &mut spec.extra_config);
        }
        steps.move_along(hardware);
        let order = [
            steps.removed,
            steps.controllers_removed,
            steps.controllers,
            steps.edited,
            steps.added,
        ];
        spec.device_change = order.into_iter().flatten().collect();
        Ok(spec)
    }
}

impl Steps {
    fn take(&mut self, change: &Change, hardware: &Hardware, means: &Means) -> Result<()> {
        let described = change.before.as_ref().or(change.after.as_ref());
        let existing = described.and_then(|group| hardware.find(change.slot, group));
        let Some(group) = &change.after else {
            let existing = existing.ok_or_else(|| changed_meanwhile(change.slot))?;
            self.remove(change.slot, existing);
            return Ok(());
        };
        // The adapter is always there.
        if change.before.is_some() && existing.is_none() {
            return Err(changed_meanwhile(change.slot));
        }
        let wanted = Wanted {
            slot: change.slot,
            group,
            before: change.before.as_ref(),
            existing,
            means,
        };
        let device = wanted.device()?;
        match existing {
            Some(existing) if change.before.is_none() && !matches!(change.slot, Slot::Video) => {
                let text = format!(
                    "the machine has something there already: {}",
                    existing.type_name()
                );
                Err(Error::new(
                    ErrorKind::AlreadyExists,
                    format!("{}: {text}", change.slot.name()),
                ))
            }
            Some(existing)
                if existing.type_name() == device.type_name() && !disks::are_others(existing, &device) =>
            {
                // Where all of it is understood elsewhere, nothing changes of the device itself.
                if existing != &device {
                    self.edited.push(step(Operation::Edit, device));
                }
                Ok(())
            }
            Some(existing) => {
                self.replace(change.slot, existing, device, hardware);
                Ok(())
            }
            None => {
                self.add(change.slot, device, hardware);
                Ok(())
            }
        }
    }

    fn remove(&mut self, slot: Slot, existing: &AnyVirtualDevice) {
        let step = step(Operation::Remove, existing.clone());
        match slot {
            Slot::Controller(..) => self.controllers_removed.push(step),
            _ => self.removed.push(step),
        }
    }

    /// A device of another class, or another disk, in the place of one.
    fn replace(
        &mut self,
        slot: Slot,
        existing: &AnyVirtualDevice,
        mut device: AnyVirtualDevice,
        hardware: &Hardware,
    ) {
        self.remove(slot, existing);
        device.device_info = None;
        device.slot_info = None;
        if matches!(slot, Slot::Controller(..)) {
            self.replaced_controllers.push((existing.key, slot.new_key()));
        }
        self.add(slot, device, hardware);
    }

    /// What stays on controllers that others take the place of goes on those, be it changed besides or not.
    fn move_along(&mut self, hardware: &Hardware) {
        for (from, to) in &self.replaced_controllers {
            for (_, on_it) in hardware.on(*from) {
                if self.removed.iter().any(|step| step.device.key == on_it.key) {
                    continue;
                }
                let edited = self.edited.iter_mut();
                let mut edited = edited.filter(|step| step.device.key == on_it.key);
                if let Some(step) = edited.next() {
                    step.device.controller_key = Some(*to);
                    continue;
                }
                let mut moved = on_it.clone();
                moved.controller_key = Some(*to);
                self.edited.push(step(Operation::Edit, moved));
            }
        }
    }

    fn add(&mut self, slot: Slot, mut device: AnyVirtualDevice, hardware: &Hardware) {
        device.key = slot.new_key();
        match slot {
            Slot::Controller(bus, number) => {
                self.new_controllers.push((bus, number));
                self.controllers.push(step(Operation::Add, device));
                return;
            }
            Slot::At(place) if place.bus != Bus::Floppy => {
                device.controller_key = Some(self.controller_of(place, hardware));
                device.unit_number = i32::try_from(place.unit).ok();
            }
            // The server finds a place for the others: they have their numbers by their order.
            _ => {
                device.controller_key = None;
                device.unit_number = None;
            }
        }
        self.added.push(step(Operation::Add, device));
    }

    fn controller_of(&self, place: Place, hardware: &Hardware) -> i32 {
        let own = Slot::Controller(place.bus, place.controller);
        match self.new_controllers.contains(&(place.bus, place.controller)) {
            true => own.new_key(),
            false => hardware
                .controller_of(Slot::At(place))
                .unwrap_or_else(|| own.new_key()),
        }
    }
}

fn step(operation: Operation, device: AnyVirtualDevice) -> VirtualDeviceConfigSpec {
    VirtualDeviceConfigSpec {
        operation: Some(operation),
        device,
        ..VirtualDeviceConfigSpec::default()
    }
}

/// The lines of a device that no struct has a member for.
fn options(change: &Change, out: &mut Vec<OptionValue>) {
    let none = Group::default();
    let (before, Some(after)) = (change.before.as_ref().unwrap_or(&none), &change.after) else {
        // What is said of a device goes with it.
        return;
    };
    let rest = |name: &str| !understood(change.slot, name);
    for (name, key, value) in after.iter().filter(|(name, ..)| rest(name)) {
        if !before.says(name, value) {
            out.push(settings::option(key, value));
        }
    }
    for (name, key, _) in before.iter().filter(|(name, ..)| rest(name)) {
        if after.get(name).is_none() {
            out.push(settings::option(key, ""));
        }
    }
}

fn changed_meanwhile(slot: Slot) -> Error {
    let text = format!(
        "the machine's configuration file tells of {}, and the server does not (any more): try again",
        slot.name()
    );
    Error::new(ErrorKind::Busy, text)
}
