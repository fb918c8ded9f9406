//! A domain as a file.

mod controllers;
mod devices_refused;
mod disk_options;
mod disks;
mod display;
mod expressed;
mod filesystems;
mod floppies;
mod interfaces;
mod mac;
mod machine;
mod ports;
mod refused;
mod usb;

pub(crate) use disks::place_of;
pub(crate) use machine::uuid_text;

use virt_core::Result;
use virt_core::model::DomainConfig;

use super::file_names::FileNames;
use super::kept::{Kept, kept};
use super::lines::Lines;
use super::options::{DEFAULT_HARDWARE, ToVmx};
use super::problem::unsupported;
use crate::vmx::document::Vmx;

/// What elements are written by.
pub(super) struct Context<'c> {
    pub(super) hardware: u32,
    pub(super) files: &'c dyn FileNames,
    pub(super) kept: &'c Kept,
}

/// The file of a domain, in libvirt's order and spelling; what a complete reading [kept](super::kept()) comes behind, or in
/// the place of what it was kept for.
///
/// Beyond libvirt, which leaves them out or refuses them, there are: disks on SATA and NVMe, units of SCSI from 16 on for
/// hardware 13 and later, controllers of SCSI without disks if they have a model, the generation id, secure boot, the order in
/// which devices are booted, sound cards, USB controllers, interfaces whose link is down, serial ports to nowhere, shared disks.
///
/// * Without a UUID, or with one of zeros, VMware makes one. Without the address of an interface, too.
/// * A display brings an adapter with it, as in libvirt. Every machine has a mouse and a keyboard.
/// * Memory is rounded up to what can be divided by 4 MiB, the memory of the adapter to 64 KiB.
/// * `<vmware:datacenterpath>`, the metadata of others, and the number of a running domain are of no file.
///
/// # Errors
/// Naming the element and the way out: [`Unsupported`](virt_core::ErrorKind::Unsupported) for what VMware cannot do, or libvirt
/// has no key for; [`InvalidConfig`](virt_core::ErrorKind::InvalidConfig) for what is missing or contradicts itself.
pub fn to_vmx(domain: &DomainConfig, options: &ToVmx) -> Result<Vmx> {
    lines(domain, options)?.into_vmx()
}

/// The same, line by line.
pub(crate) fn lines(domain: &DomainConfig, options: &ToVmx) -> Result<Lines> {
    let kept = kept(domain)?.unwrap_or_default();
    let hardware = hardware(options, &kept)?;
    let context = Context {
        hardware,
        files: options.files.as_ref(),
        kept: &kept,
    };
    Ok(elements(domain, &context)?.with(&kept))
}

/// The version of virtual hardware.
pub(super) fn hardware(options: &ToVmx, kept: &Kept) -> Result<u32> {
    let version = options.hardware_version.or(kept.hardware_version);
    match version.unwrap_or(DEFAULT_HARDWARE) {
        version if version < 4 => Err(unsupported(
            "/domain",
            format!("virtual hardware {version} is older than 4"),
        )),
        version => Ok(version),
    }
}

/// The lines the elements of a domain make.
pub(super) fn elements(domain: &DomainConfig, context: &Context<'_>) -> Result<Lines> {
    refused::check(domain)?;
    let mut out = Lines::default();
    machine::write(domain, context, &mut out)?;
    if let Some(devices) = &domain.devices {
        devices_refused::check(devices)?;
        display::write_vnc(devices, &mut out)?;
        let has_scsi = controllers::write(devices, context, &mut out)?;
        disks::write(devices, context, &mut out)?;
        floppies::write_missing(&mut out);
        filesystems::write(devices, &mut out)?;
        interfaces::write(devices, context, &mut out)?;
        display::write_adapter(devices, &mut out)?;
        ports::write(devices, context, &mut out)?;
        machine::write_firmware(domain, &mut out)?;
        controllers::write_bridges(context, has_scsi, &mut out);
        usb::write(devices, &mut out)?;
        display::write_sound(devices, &mut out)?;
    } else {
        floppies::write_missing(&mut out);
        machine::write_firmware(domain, &mut out)?;
        controllers::write_bridges(context, false, &mut out);
    }
    expressed::check(domain)?;
    Ok(out)
}

#[cfg(test)]
mod tests;
