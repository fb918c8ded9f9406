//! A file as a domain.

mod controllers;
mod disks;
mod display;
mod filesystems;
mod interfaces;
mod keep;
mod machine;
mod media;
mod ports;
mod sound;
mod source;

use virt_core::Result;
use virt_core::model::DomainConfig;

use super::kept::{Kept, set_kept};
use super::options::FromVmx;
use crate::vmx::document::Vmx;
use source::Source;

/// The domain a file describes: `virConnectDomainXMLFromNative` for `vmware-vmx`.
///
/// With [`FromVmx::libvirt`] as libvirt 11.3 has it. With [`FromVmx::complete`] nothing is lost:
///
/// * What there is no element for is [kept](super::kept()) in the metadata, and so is what an element would be written
///   otherwise for. [`to_vmx`](super::to_vmx()) makes the same file of it, but for the order of its lines, comments, lines of a
///   key that was said before, and the case of `TRUE`.
/// * A device that libvirt fails on, or ignores, is kept as lines.
/// * On hardware 13 and later a SCSI disk has the address of its controller and unit; libvirt counts it wrongly, as if a
///   controller had 63 disks that the file counts by 15. Each disk has a name of its own.
/// * Escapes count in every value, not only in the name and the notes.
///
/// # Errors
/// [`InvalidConfig`](virt_core::ErrorKind::InvalidConfig) and [`Unsupported`](virt_core::ErrorKind::Unsupported), naming the
/// key, where libvirt fails. A complete reading fails only where there is no name.
pub fn from_vmx(vmx: &Vmx, options: &FromVmx) -> Result<DomainConfig> {
    let (mut domain, kept) = read(vmx, options)?;
    if let Some(kept) = kept {
        set_kept(&mut domain, Some(&kept));
    }
    Ok(domain)
}

/// The domain, and apart from it what is to be kept by a complete reading.
pub(super) fn read(vmx: &Vmx, options: &FromVmx) -> Result<(DomainConfig, Option<Kept>)> {
    let source = Source::new(vmx, options);
    let hardware = source.hardware()?;
    let mut domain = machine::read(&source)?;
    display::read_vnc(&source, &mut domain)?;
    disks::read(&source, hardware, &mut domain)?;
    filesystems::read(&source, &mut domain)?;
    let interfaces = interfaces::read(&source, &mut domain)?;
    display::read_adapter(&source, &mut domain)?;
    sound::read(&source, &mut domain);
    ports::read(&source, &mut domain)?;
    let kept = match source.is_complete() {
        true => Some(keep::keep(vmx, &domain, options, hardware, interfaces)?),
        false => None,
    };
    Ok((domain, kept))
}

#[cfg(test)]
mod tests;
