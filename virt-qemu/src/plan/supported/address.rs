//! Which kinds of address a device can have, and which names a user can give it.

use virt_core::Result;
use virt_core::model::domain::devices::{Address, AddressType, Alias, ChardevTarget, Devices, PanicModel};

use super::super::refusal;

/// Addresses of devices that do not sit on PCI; those of the others are checked where they are assigned.
pub(super) fn check(devices: &Devices) -> Result<()> {
    for (index, one) in devices.serials.iter().enumerate() {
        only(
            one.address.as_ref(),
            Some(&AddressType::Isa),
            &refusal::device("serial", index),
        )?;
    }
    for (index, one) in devices.consoles.iter().enumerate() {
        let virtio = is_virtio(one.target.as_ref());
        let kind = if virtio {
            AddressType::VirtioSerial
        } else {
            AddressType::Isa
        };
        only(
            one.address.as_ref(),
            Some(&kind),
            &refusal::device("console", index),
        )?;
    }
    for (index, one) in devices.channels.iter().enumerate() {
        only(
            one.address.as_ref(),
            Some(&AddressType::VirtioSerial),
            &refusal::device("channel", index),
        )?;
    }
    for (index, one) in devices.watchdogs.iter().enumerate() {
        let kind = (one.model.as_deref() == Some("i6300esb")).then_some(&AddressType::Pci);
        only(one.address.as_ref(), kind, &refusal::device("watchdog", index))?;
    }
    for (index, one) in devices.panics.iter().enumerate() {
        let pci = one.model == Some(PanicModel::Pvpanic);
        let kind = if pci { AddressType::Pci } else { AddressType::Isa };
        only(
            one.address.as_ref(),
            Some(&kind),
            &refusal::device("panic", index),
        )?;
    }
    Ok(())
}

fn is_virtio(target: Option<&ChardevTarget>) -> bool {
    target.and_then(|target| target.kind.as_deref()) == Some("virtio")
}

fn only(address: Option<&Address>, kind: Option<&AddressType>, path: &str) -> Result<()> {
    let Some(address) = address else { return Ok(()) };
    match kind {
        Some(kind) if address.kind.as_ref() == Some(kind) => Ok(()),
        Some(kind) => Err(refusal::unsupported(
            format!("{path}/address/@type"),
            format!("this device has addresses of type \"{kind}\" only"),
        )),
        None => Err(refusal::unsupported(
            format!("{path}/address"),
            "this device has no address; leave it out",
        )),
    }
}

/// Names users give devices become QEMU's ids: they begin with `ua-`, are plain, and differ.
pub(super) fn check_alias(alias: Option<&Alias>, path: &str, seen: &mut Vec<String>) -> Result<()> {
    let Some(name) = alias
        .and_then(|alias| alias.name.as_deref())
        .filter(|name| name.starts_with("ua-"))
    else {
        return Ok(());
    };
    let at = || format!("{path}/alias/@name");
    let plain = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_');
    if name.len() > 100 || !name.chars().all(plain) {
        return Err(refusal::invalid(
            at(),
            "an alias has up to 100 letters, digits, '-' and '_'",
        ));
    }
    if seen.iter().any(|known| known == name) {
        return Err(refusal::invalid(
            at(),
            format!("the alias {name:?} is given twice"),
        ));
    }
    seen.push(name.to_owned());
    Ok(())
}
