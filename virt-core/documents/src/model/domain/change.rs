//! The difference of two domains as live update sees it: devices, and everything else.

use std::fmt;

use super::config::DomainConfig;
use super::devices::{Device, Devices};
use crate::xml::{Change, ChangeKind, Pair, Record as _, Slot, Step, diff_at, pairs, step_to};

/// One difference of two domains.
///
/// Devices that only stand in another order are a [`Setting`](Self::Setting) that moved.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum ConfigChange {
    /// A device that is new, as for attaching it.
    DeviceAdded(Device),
    /// A device that is gone, as for detaching it.
    DeviceRemoved(Device),
    /// A device that is another now, as for updating it.
    DeviceChanged {
        /// The device as it was.
        from: Device,
        /// The device as it is.
        to: Device,
        /// What about it changed.
        changes: Vec<Change>,
    },
    /// Anything but a device.
    Setting(Change),
}

impl DomainConfig {
    /// What changed from this domain to the other, devices as wholes: [`diff`](Self::diff) as live update needs it. Nothing
    /// exactly when they are equal.
    pub fn changes(&self, to: &Self) -> Vec<ConfigChange> {
        let differences = match (&self.devices, &to.devices) {
            (Some(_), Some(_)) | (None, None) => self.diff(to),
            // So that what is in the list is told one by one.
            _ => with_devices(self).diff(&with_devices(to)),
        };
        let mut changes: Vec<ConfigChange> = differences
            .into_iter()
            .filter(|change| !is_within_device(change))
            .map(ConfigChange::Setting)
            .collect();
        let none = Devices::default();
        let (old, new) = (
            self.devices.as_ref().unwrap_or(&none),
            to.devices.as_ref().unwrap_or(&none),
        );
        for name in Device::NAMES {
            of_kind(name, old, new, &mut changes);
        }
        others(old, new, &mut changes);
        if changes.is_empty() {
            // An empty list of devices where there was none.
            changes.extend(self.diff(to).into_iter().map(ConfigChange::Setting));
        }
        changes
    }
}

fn with_devices(config: &DomainConfig) -> DomainConfig {
    let mut config = config.clone();
    config.devices_mut();
    config
}

/// Whether a change belongs to a device that is told of as a whole.
fn is_within_device(change: &Change) -> bool {
    match change.path.steps() {
        [_, devices, device, deeper @ ..] if devices.name() == "devices" => {
            let is_device = Device::NAMES.contains(&device.name())
                || (matches!(device, Step::Item { .. }) && is_unknown(device.name()));
            is_device && (change.kind != ChangeKind::Moved || !deeper.is_empty())
        }
        _ => false,
    }
}

/// Whether no field of the list of devices has that name.
fn is_unknown(name: &str) -> bool {
    let fields = Devices::default().spec().fields;
    !fields.iter().any(|field| field.name == name)
}

fn of_kind(name: &'static str, old: &Devices, new: &Devices, changes: &mut Vec<ConfigChange>) {
    let Some(row) = old.spec().fields.iter().position(|field| field.name == name) else {
        return;
    };
    let (Slot::Child(from), Slot::Child(to)) = (old.slot(row), new.slot(row)) else {
        return;
    };
    for pair in pairs(name, from, to) {
        let change = match pair {
            Pair::Added { to: place, .. } => new.device(name, place).map(ConfigChange::DeviceAdded),
            Pair::Removed { from: place, .. } => old.device(name, place).map(ConfigChange::DeviceRemoved),
            Pair::Both {
                from: one,
                to: other,
                key,
                ..
            } => {
                let (Some(old_item), Some(new_item)) = (from.item(one), to.item(other)) else {
                    continue;
                };
                let mut path = vec![
                    Step::Element("domain".to_owned()),
                    Step::Element("devices".to_owned()),
                ];
                path.push(match from.is_single() {
                    true => Step::Element(name.to_owned()),
                    false => step_to(name, key.as_ref(), one),
                });
                let inside = diff_at(path, old_item, new_item);
                if inside.is_empty() {
                    continue;
                }
                changed(old.device(name, one), new.device(name, other), inside)
            }
        };
        changes.extend(change);
    }
}

fn changed(from: Option<Device>, to: Option<Device>, changes: Vec<Change>) -> Option<ConfigChange> {
    Some(ConfigChange::DeviceChanged {
        from: from?,
        to: to?,
        changes,
    })
}

/// Devices there is no type for: nothing tells them apart, so they are added and removed.
fn others(old: &Devices, new: &Devices, changes: &mut Vec<ConfigChange>) {
    let list = |devices: &Devices| devices.others().cloned().collect::<Vec<_>>();
    let (mut gone, mut came) = (list(old), list(new));
    gone.retain(|element| match came.iter().position(|other| other == element) {
        Some(place) => {
            came.remove(place);
            false
        }
        None => true,
    });
    let device = |element| Device::Other(Box::new(element));
    changes.extend(gone.into_iter().map(device).map(ConfigChange::DeviceRemoved));
    changes.extend(came.into_iter().map(device).map(ConfigChange::DeviceAdded));
}

impl fmt::Display for ConfigChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::DeviceAdded(device) => write!(f, "{} added", device.title()),
            Self::DeviceRemoved(device) => write!(f, "{} removed", device.title()),
            Self::DeviceChanged { from, changes, .. } => {
                write!(f, "{} changed", from.title())?;
                changes.iter().try_for_each(|change| write!(f, "; {change}"))
            }
            Self::Setting(change) => change.fmt(f),
        }
    }
}
