//! Devices put into a document, taken out of it and changed in it.

use super::live::alias_kind;
use crate::error::{Error, ErrorKind, Result, Subject};
use crate::model::domain::devices::{Devices, DiskDevice};
use crate::model::{Device, Disk, DomainConfig};
use crate::xml::{Document, Element};

/// Adds a device that is not there yet; of a running machine with a name for it, which is returned.
pub(in crate::test) fn attach(
    config: &mut DomainConfig,
    device: &Device,
    live: bool,
) -> Result<Option<String>> {
    if matches!(device, Device::Other(_)) {
        let message = format!("the test driver has no device <{}>", device.name());
        return Err(Error::unsupported(message).with_subject(element(device)));
    }
    if let Device::Disk(disk) = device
        && disk
            .target
            .as_ref()
            .and_then(|target| target.dev.as_ref())
            .is_none()
    {
        let message = "a disk that is attached has a target, as <target dev='vdb'/>";
        return Err(Error::new(ErrorKind::InvalidConfig, message).with_subject(element(device)));
    }
    let mut changed = config.clone();
    let devices = changed.devices_mut();
    let is_taken = is_single(device) && devices.device(device.name(), 0).is_some();
    if is_taken || is_there(devices, device) {
        let message = format!("the domain has a {} already", device.title());
        return Err(Error::new(ErrorKind::AlreadyExists, message).with_subject(element(device)));
    }
    let alias = match live {
        true => Some(device.alias().unwrap_or_else(|| free_alias(devices, device))),
        false => None,
    };
    let added = match &alias {
        Some(alias) => under_alias(device, alias)?,
        None => device.clone(),
    };
    added.add_to(devices);
    super::accept::complete(&mut changed);
    changed
        .validate()
        .map_err(|error| Error::from(error).with_subject(element(device)))?;
    *config = changed;
    Ok(alias)
}

/// The same device under that alias, where its kind has one.
fn under_alias(device: &Device, alias: &str) -> Result<Device> {
    let mut element = Document::parse(&device.to_xml())?.root;
    let is_alias = |child: &Element| child.name.as_written() == "alias";
    element
        .children
        .retain(|node| !node.as_element().is_some_and(is_alias));
    let alias = Element::new("alias").with_attribute("name", alias);
    Ok(Device::from_element(&element.with_child(alias))?)
}

/// Whether there is one of its kind at most.
fn is_single(device: &Device) -> bool {
    let mut devices = Devices::default();
    device.clone().add_to(&mut devices);
    device.clone().add_to(&mut devices).is_some()
}

/// Whether the same device is there. What is only alike (two random number generators) is another one.
fn is_there(devices: &Devices, device: &Device) -> bool {
    device.identity().is_some() && devices.position(device).is_some()
}

/// Takes a device out; it is returned as it stood there.
pub(in crate::test) fn detach(config: &mut DomainConfig, device: &Device) -> Result<Device> {
    let index = position(config, device)?;
    let removed = config.devices_mut().remove(device.name(), index);
    removed.ok_or_else(|| missing(config, device))
}

/// The device as it stands there.
pub(in crate::test) fn find(config: &DomainConfig, device: &Device) -> Result<Device> {
    let found = config.devices.as_ref().and_then(|devices| devices.find(device));
    found.ok_or_else(|| missing(config, device))
}

/// Changes a device; of a running machine only what can be changed there, and it keeps its name.
pub(in crate::test) fn update(config: &mut DomainConfig, device: &Device, live: bool) -> Result<()> {
    let index = position(config, device)?;
    let old = find(config, device)?;
    if live {
        check_live_update(&old, device)?;
    }
    let new = match (old.alias(), device.alias()) {
        (Some(alias), None) => under_alias(device, &alias)?,
        _ => device.clone(),
    };
    let mut changed = config.clone();
    changed.devices_mut().replace(index, new);
    changed
        .validate()
        .map_err(|error| Error::from(error).with_subject(element(device)))?;
    *config = changed;
    Ok(())
}

fn check_live_update(old: &Device, new: &Device) -> Result<()> {
    let refuse = |what: &'static str| Err(Error::unsupported(what).with_subject(element(new)));
    match (old, new) {
        (Device::Disk(old), Device::Disk(new)) => {
            if old.device != new.device
                || old.target.as_ref().map(|t| &t.bus) != new.target.as_ref().map(|t| &t.bus)
            {
                return refuse("kind and bus of a disk are not changed while the machine runs");
            }
            if source_of(old) != source_of(new) && !has_tray(old) {
                return refuse("only drives with a tray get another source while the machine runs");
            }
            Ok(())
        }
        (Device::Interface(old), Device::Interface(new)) if old.model != new.model => {
            refuse("the model of an interface is not changed while the machine runs")
        }
        (Device::Interface(_), Device::Interface(_)) | (Device::Graphics(_), Device::Graphics(_)) => Ok(()),
        _ => refuse("only disks, interfaces and displays are changed while the machine runs"),
    }
}

fn source_of(disk: &Disk) -> Option<(Option<&str>, Option<&str>)> {
    let source = disk.source.as_ref()?;
    Some((source.file.as_deref(), source.dev.as_deref()))
}

fn has_tray(disk: &Disk) -> bool {
    matches!(disk.device, Some(DiskDevice::Cdrom | DiskDevice::Floppy))
}

fn position(config: &DomainConfig, device: &Device) -> Result<usize> {
    let devices = config.devices.as_ref();
    let position = devices.and_then(|devices| devices.position(device));
    position.ok_or_else(|| missing(config, device))
}

/// "There is no such device", naming those of its kind.
fn missing(config: &DomainConfig, device: &Device) -> Error {
    let devices = config.devices.iter();
    let known: Vec<String> = devices
        .flat_map(|devices| devices.of_kind(device.name()))
        .map(|device| device.title())
        .collect();
    let message = match known.is_empty() {
        true => format!("no {} (there is no {} at all)", device.title(), device.name()),
        false => format!("no {} (there are: {})", device.title(), known.join(", ")),
    };
    Error::new(ErrorKind::NotFound, message)
}

fn element(device: &Device) -> Subject {
    Subject::Element(format!("/domain/devices/{}", device.name()))
}

/// The first name of its kind that nobody has.
fn free_alias(devices: &Devices, device: &Device) -> String {
    let kind = alias_kind(device);
    let taken: Vec<String> = devices.all().filter_map(|device| device.alias()).collect();
    let mut number = 0_u32;
    loop {
        let alias = format!("{kind}{number}");
        if !taken.contains(&alias) {
            return alias;
        }
        number = number.saturating_add(1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_gets_an_alias_in_place_of_its_own() {
        for text in [
            "<disk><target dev='vda'/></disk>",
            "<disk><alias name='virtio-disk0'/><target dev='vda'/></disk>",
        ] {
            let device = Device::from_xml(text).unwrap();
            let named = under_alias(&device, "ua-1").unwrap();
            assert_eq!(named.alias().as_deref(), Some("ua-1"));
            assert!(named.is_same(&device));
        }
    }
}
