//! Devices on PCI handed through.

use virt_core::Result;
use virt_core::model::DomainConfig;
use virt_core::model::domain::devices::{HostAddress, HostDevice, HostDeviceSource};
use virt_core::model::value::{AddressNumber, Hex8, Hex32, YesNo};

use super::super::problem::wrong_key;
use super::source::Source;
use crate::config_file::Syntax;

const KEY: &str = "pci";

pub(super) fn read(source: &Source<'_>, domain: &mut DomainConfig) -> Result<()> {
    // libvirt does not read who takes it from the host, and xm does not know.
    let is_more = source.is_complete() && source.syntax() == Syntax::Xl;
    for text in source.texts(KEY) {
        match device(&text, is_more) {
            Ok(device) => domain.devices_mut().hostdevs.push(device),
            Err(error) => {
                source.lenient::<()>(error)?;
            }
        }
    }
    Ok(())
}

/// `[DOMAIN:]BUS:SLOT.FUNCTION[,permissive=1]`
fn device(text: &str, is_more: bool) -> Result<HostDevice> {
    let bad = || wrong_key(KEY, format!("{text:?} is no address on PCI: say 0000:01:00.0"));
    let (place, options) = match text.split_once(',') {
        Some((place, options)) => (place, Some(options)),
        None => (text, None),
    };
    let number = |text: &str| u32::from_str_radix(text.trim(), 16).map_err(|_error| bad());
    let mut parts: Vec<&str> = place.splitn(3, ':').collect();
    let last = parts.pop().ok_or_else(bad)?;
    let bus = number(parts.pop().ok_or_else(bad)?)?;
    let domain = parts.pop().map_or(Ok(0), number)?;
    let (slot, function) = last.split_once('.').ok_or_else(bad)?;
    let (slot, function) = (number(slot)?, number(function)?);
    if bus > 0xff || slot > 0x1f || function > 7 || domain > 0xffff {
        return Err(bad());
    }
    let mut address = HostAddress::default();
    address.domain = Some(Hex32::from(domain));
    address.bus = Some(AddressNumber::hexadecimal(bus));
    address.slot = Some(AddressNumber::hexadecimal(slot));
    address.function = Some(Hex8::from(u8::try_from(function).unwrap_or_default()));
    let mut source = HostDeviceSource::default();
    source.address = Some(address);
    let mut is_taken = false;
    for option in options.into_iter().flat_map(|options| options.split(',')) {
        let (key, value) = option.split_once('=').ok_or_else(bad)?;
        if key.trim() == "seize" {
            is_taken = value.parse::<i64>().map_err(|_error| bad())? != 0;
        }
        if key.trim() == "permissive" {
            let is_on = value.parse::<i64>().map_err(|_error| bad())? != 0;
            source.write_filtering = Some(YesNo::from(!is_on));
        }
    }
    let mut device = handed_through("pci", source);
    if is_taken && is_more {
        device.managed = Some(YesNo::Yes);
    }
    Ok(device)
}

/// A device of the host.
pub(super) fn handed_through(kind: &str, source: HostDeviceSource) -> HostDevice {
    let mut device = HostDevice::default();
    device.mode = Some("subsystem".to_owned());
    device.kind = Some(kind.to_owned());
    device.managed = Some(YesNo::No);
    device.source = Some(source);
    device
}
