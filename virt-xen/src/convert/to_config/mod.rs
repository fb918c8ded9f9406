//! A domain as a file.

mod disks;
mod display;
mod hostdevs;
mod inputs;
mod interfaces;
mod machine;
mod os;
mod ports;

use virt_core::Result;
use virt_core::model::DomainConfig;

use super::complete::complete;
use super::expressed;
use super::kept::kept;
use super::made::Made;
use super::options::ToConfig;
use super::words::Kind;
use crate::config_file::{Syntax, XenConfig};

// What libxl is told in the same words.
pub(super) use disks::{
    check as check_disk, disks, driver as disk_driver, format as disk_format, is_image_name,
    name as disk_name, path as disk_path, rbd,
};
pub(super) use display::{is_auto, listen_address};
pub(super) use hostdevs::{
    controllers, devices as handed_through, is_permissive, pci_address, usb_address, usb_version,
};
pub(super) use inputs::{is_sound, usb_inputs};
pub(super) use machine::{MOST_NODES, distances, viridian};
pub(super) use os::{acpi_table, boot_order, check_other_mode, loader_override, uefi};
pub(super) use ports::{MOST_PORTS, serial_text};

/// The file of a domain, in libvirt's order and spelling; what a complete reading [kept](super::kept()) comes behind, or in
/// the place of what it was kept for.
///
/// Beyond libvirt, which leaves them out or refuses them, a file of xl says Hyper-V's extensions (`viridian`), the domain that serves a
/// disk or an interface (`backend`), `discard` of disks, adapters other than the usual (`vga`, `videoram`), a loader other than Xen's
/// (`firmware_override`), the keyboard of SPICE, and that devices are taken from the host (`seize`). Strings that have quotes of both kinds, or `\`, are written so that xl
/// reads them.
///
/// * Memory is rounded up to MiB. Without a UUID or the address of an interface the toolstack makes one.
/// * The device model's mouse and keyboard, the balloon, the bus of Xen and the console of a paravirtual guest are always there.
///
/// # Errors
/// Naming the element and the way out: [`Unsupported`](virt_core::ErrorKind::Unsupported) for what Xen cannot do, or has no key for;
/// [`InvalidConfig`](virt_core::ErrorKind::InvalidConfig) for what is missing or contradicts itself.
pub fn to_config(domain: &DomainConfig, options: &ToConfig) -> Result<XenConfig> {
    let kept = kept(domain)?.unwrap_or_default();
    elements(domain, options)?
        .with(&kept)?
        .into_config(options.syntax)
}

/// The settings the elements of a domain make.
pub(super) fn elements(domain: &DomainConfig, options: &ToConfig) -> Result<Made> {
    let kind = expressed::check(domain, options.syntax)?;
    let full = complete(domain);
    let is_xl = options.syntax == Syntax::Xl;
    let mut out = Made::default();
    machine::write_identity(&full, &mut out)?;
    machine::write_features(&full, kind, is_xl, &mut out)?;
    machine::write_timers(&full, kind, &mut out)?;
    machine::write_clock(&full, kind, &mut out)?;
    machine::write_ends(&full, &mut out)?;
    display::write(&full, kind, &mut out)?;
    interfaces::write(&full, kind, options, &mut out)?;
    hostdevs::write_pci(&full, &mut out)?;
    ports::write(&full, kind, is_xl, &mut out)?;
    inputs::write_sound(&full, kind, &mut out)?;
    if is_xl {
        os::write_xl(&full, kind, &mut out)?;
        machine::write_nodes(&full, &mut out)?;
        hostdevs::write_bus(&full, &mut out);
        disks::write_xl(&full, &mut out)?;
        display::write_spice(&full, kind, &mut out)?;
        display::write_video(&full, kind, &mut out)?;
        inputs::write(&full, kind, is_xl, &mut out)?;
        hostdevs::write_usb(&full, &mut out)?;
        ports::write_channels(&full, &mut out)?;
        os::write_arguments(&full, &mut out);
    } else {
        os::write_xm(&full, kind, &mut out)?;
        disks::write_xm(&full, &mut out)?;
        inputs::write(&full, kind, is_xl, &mut out)?;
    }
    Ok(out)
}

/// Whether it is a whole machine.
fn is_machine(kind: Kind) -> bool {
    kind == Kind::Hvm
}

#[cfg(test)]
mod tests;
