//! Devices put into a document, taken out of it and changed in it.

use virt_core::model::domain::devices::Alias;
use virt_core::model::{Device, DomainConfig};
use virt_core::{Error, ErrorKind, Result, Subject};

use super::interfaces::complete_interface;

/// Adds a device that is not there yet; it is returned as it stands there then.
pub(crate) fn attach(config: &mut DomainConfig, device: &Device) -> Result<Device> {
    let mut device = device.clone();
    check_kind(&device)?;
    if let Device::Interface(interface) = &mut device {
        complete_interface(interface);
    }
    let mut changed = config.clone();
    let devices = changed.devices_mut();
    if device.identity().is_some() && devices.position(&device).is_some() {
        let message = format!("the domain has a {} already", device.title());
        return Err(Error::new(ErrorKind::AlreadyExists, message).with_subject(element(&device)));
    }
    device.clone().add_to(devices);
    checked(&changed, &device)?;
    *config = changed;
    Ok(device)
}

/// Takes a device out; it is returned as it stood there.
pub(crate) fn detach(config: &mut DomainConfig, device: &Device) -> Result<Device> {
    check_kind(device)?;
    let index = position(config, device)?;
    let removed = config.devices_mut().remove(device.name(), index);
    removed.ok_or_else(|| missing(config, device))
}

/// The device as it stands there, and its number among those of its kind.
pub(crate) fn find(config: &DomainConfig, device: &Device) -> Result<Device> {
    let found = config.devices.as_ref().and_then(|devices| devices.find(device));
    found.ok_or_else(|| missing(config, device))
}

/// Changes a device, which keeps its alias; it is returned as it was and as it is.
pub(crate) fn update(config: &mut DomainConfig, device: &Device) -> Result<(Device, Device)> {
    check_kind(device)?;
    let index = position(config, device)?;
    let old = find(config, device)?;
    let mut new = device.clone();
    if let (Some(alias), None) = (old.alias(), new.alias())
        && let Some(slot) = alias_of(&mut new)
    {
        let mut named = Alias::default();
        named.name = Some(alias);
        *slot = Some(named);
    }
    let mut changed = config.clone();
    changed.devices_mut().replace(index, new.clone());
    checked(&changed, device)?;
    *config = changed;
    Ok((old, new))
}

/// An interface of a running container keeps the names of its two ends where another document of it has none.
pub(crate) fn keep_ends(config: &DomainConfig, device: &mut Device) {
    let Ok(Device::Interface(old)) = find(config, device) else {
        return;
    };
    if let Device::Interface(new) = device {
        new.target = new.target.take().or(old.target);
        new.guest = new.guest.take().or(old.guest);
    }
}

fn alias_of(device: &mut Device) -> Option<&mut Option<Alias>> {
    match device {
        Device::Interface(interface) => Some(&mut interface.alias),
        Device::Filesystem(filesystem) => Some(&mut filesystem.alias),
        Device::Hostdev(hostdev) => Some(&mut hostdev.alias),
        Device::Console(console) => Some(&mut console.alias),
        _ => None,
    }
}

/// Refuses devices that no container has.
fn check_kind(device: &Device) -> Result<()> {
    match device {
        Device::Interface(_) | Device::Filesystem(_) | Device::Hostdev(_) | Device::Console(_) => Ok(()),
        other => Err(Error::unsupported(format!(
            "a container has no device <{}>: it has interfaces, file systems, host devices and consoles",
            other.name()
        ))
        .with_subject(element(other))),
    }
}

fn checked(config: &DomainConfig, device: &Device) -> Result<()> {
    config
        .validate()
        .map_err(|error| Error::from(error).with_subject(element(device)))
}

fn position(config: &DomainConfig, device: &Device) -> Result<usize> {
    let found = config
        .devices
        .as_ref()
        .and_then(|devices| devices.position(device));
    found.ok_or_else(|| missing(config, device))
}

fn missing(config: &DomainConfig, device: &Device) -> Error {
    let all = config
        .devices
        .iter()
        .flat_map(|devices| devices.of_kind(device.name()));
    let names: Vec<String> = all.map(|device| device.title()).collect();
    let listed = if names.is_empty() {
        "none".to_owned()
    } else {
        names.join(", ")
    };
    Error::new(
        ErrorKind::NotFound,
        format!("the domain has no {} (there are: {listed})", device.title()),
    )
    .with_subject(element(device))
}

fn element(device: &Device) -> Subject {
    Subject::Element(format!("/domain/devices/{}", device.name()))
}
