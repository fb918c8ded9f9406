//! A file as a domain.

mod channels;
mod cpu;
mod disk_spec;
mod disks;
mod display;
mod features;
mod fields;
mod hostdevs;
mod inputs;
mod interfaces;
mod keep;
mod machine;
mod numa;
mod os;
mod ports;
mod rbd;
mod source;
mod usb;

use virt_core::Result;
use virt_core::model::DomainConfig;

use super::complete::{complete, xenbus};
use super::kept::{Kept, set_kept};
use super::options::{FromConfig, Reading};
use super::words::Kind;
use crate::config_file::{Syntax, XenConfig};
use source::Source;

/// The domain a file describes: `virConnectDomainXMLFromNative` for `xen-xl`, or for `xen-xm`, as the
/// [syntax](XenConfig::syntax) of the file says.
///
/// With [`FromConfig::libvirt`] as libvirt 11.3 has it, with everything its driver fills in. Three things are read better: escapes in
/// strings count, as they do for xl; of a key that is said twice the last one counts; and `vnuma` does not undo `nestedhvm` and `cpuid`. A UUID
/// and addresses of interfaces that the file does not say are not made up.
///
/// With [`FromConfig::complete`] nothing is lost: what there is no element for is [kept](super::kept()) in the metadata, and so is what
/// an element would be written otherwise for. [`to_config`](super::to_config()) makes a file of it that says the same, but for
/// comments, spelling, order of keys, and what was said before.
///
/// # Errors
/// [`InvalidConfig`](virt_core::ErrorKind::InvalidConfig) and [`Unsupported`](virt_core::ErrorKind::Unsupported), naming the key, where
/// libvirt fails. A complete reading fails only where there is no name, or a type of guest that is not known.
pub fn from_config(config: &XenConfig, options: &FromConfig) -> Result<DomainConfig> {
    let (mut domain, kept) = read(config, options)?;
    if let Some(kept) = kept {
        set_kept(&mut domain, Some(&kept));
    }
    Ok(domain)
}

/// The domain, and apart from it what is to be kept by a complete reading.
pub(super) fn read(config: &XenConfig, options: &FromConfig) -> Result<(DomainConfig, Option<Kept>)> {
    let domain = domain(config, options)?;
    let kept = match options.reading {
        Reading::Libvirt => None,
        Reading::Complete => Some(keep::keep(config, &domain, options)?),
    };
    Ok((domain, kept))
}

/// The domain alone.
fn domain(config: &XenConfig, options: &FromConfig) -> Result<DomainConfig> {
    let source = Source::new(config, options);
    let kind = machine::kind(&source)?;
    let mut domain = machine::read(&source, kind)?;
    features::read(&source, kind, &mut domain)?;
    machine::read_clock(&source, kind, &mut domain)?;
    interfaces::read(&source, &mut domain)?;
    hostdevs::read(&source, &mut domain)?;
    inputs::read_sound(&source, kind, &mut domain)?;
    display::read(&source, kind, &mut domain)?;
    ports::read(&source, kind, &mut domain)?;
    match source.syntax() {
        Syntax::Xm => {
            os::read_xm(&source, kind, &mut domain)?;
            domain.devices_mut().controllers.push(xenbus());
            disks::read_xm(&source, kind, &mut domain)?;
            inputs::read(&source, kind, &mut domain)?;
        }
        Syntax::Xl => read_xl(&source, kind, &mut domain)?,
    }
    let mut full = complete(&domain);
    if let Some(os) = &mut full.os
        && kind != Kind::Hvm
    {
        os.boot.clear();
    }
    Ok(full)
}

fn read_xl(source: &Source<'_>, kind: Kind, domain: &mut DomainConfig) -> Result<()> {
    os::read_xl(source, kind, domain)?;
    numa::read(source, domain)?;
    cpu::read(source, domain)?;
    let mut bus = xenbus();
    let limit = |key: &str| -> Result<Option<u32>> {
        let number = source.number(key)?.filter(|number| *number > 0);
        Ok(number.and_then(|number| u32::try_from(number).ok()))
    };
    bus.max_event_channels = limit("max_event_channels")?;
    bus.max_grant_frames = limit("max_grant_frames")?;
    domain.devices_mut().controllers.push(bus);
    disks::read_xl(source, kind, domain)?;
    display::read_spice(source, kind, domain)?;
    inputs::read(source, kind, domain)?;
    usb::read_devices(source, domain)?;
    usb::read_controllers(source, domain);
    channels::read(source, domain)?;
    os::read_arguments(source, domain);
    Ok(())
}

#[cfg(test)]
mod tests;
