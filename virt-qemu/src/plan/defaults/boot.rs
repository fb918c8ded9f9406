//! What is booted.

use virt_core::Result;
use virt_core::model::DomainConfig;
use virt_core::model::domain::{BootDevice, BootDeviceKind, Os};
use virt_core::model::value::YesNo;

use super::super::refusal;

pub(super) fn fill(config: &mut DomainConfig) -> Result<()> {
    let ordered = orders(config)?;
    let os = config.os.get_or_insert_default();
    check(os)?;
    if let Some(menu) = &mut os.boot_menu
        && menu.enable != Some(YesNo::Yes)
    {
        menu.timeout = None;
    }
    if !os.boot.is_empty() && ordered {
        return Err(refusal::invalid(
            "/domain/os/boot",
            "boot devices are named both here and by <boot order=…> of devices; keep one of the two",
        ));
    }
    if os.boot.is_empty() && !ordered {
        let mut disk = BootDevice::default();
        disk.dev = Some(BootDeviceKind::Hd);
        os.boot.push(disk);
    }
    Ok(())
}

fn check(os: &Os) -> Result<()> {
    for (index, boot) in os.boot.iter().enumerate() {
        let path = format!("/domain/os/boot[{}]", index + 1);
        match &boot.dev {
            Some(BootDeviceKind::Unknown(other)) => {
                return Err(refusal::unsupported(
                    path,
                    format!("boot device {other:?} is not known"),
                ));
            }
            Some(_) => {}
            None => {
                return Err(refusal::invalid(
                    path,
                    "say what to boot from: dev=\"hd\", \"cdrom\", \"network\" or \"fd\"",
                ));
            }
        }
    }
    if os.kernel.is_none() && (os.initrd.is_some() || os.cmdline.is_some()) {
        return Err(refusal::invalid(
            "/domain/os/kernel",
            "<initrd> and <cmdline> belong to a <kernel>; name one",
        ));
    }
    for (path, file) in [
        ("/domain/os/kernel", &os.kernel),
        ("/domain/os/initrd", &os.initrd),
    ] {
        if file.as_deref().is_some_and(|file| !file.starts_with('/')) {
            return Err(refusal::invalid(path, "the path is not absolute"));
        }
    }
    if os
        .bios
        .as_ref()
        .and_then(|bios| bios.reboot_timeout)
        .is_some_and(|timeout| !(-1..=65535).contains(&timeout))
    {
        return Err(refusal::invalid(
            "/domain/os/bios/@rebootTimeout",
            "choose -1 to 65535",
        ));
    }
    Ok(())
}

/// Whether devices have a boot order of their own; each must be above 0 and given once.
fn orders(config: &DomainConfig) -> Result<bool> {
    let Some(devices) = &config.devices else {
        return Ok(false);
    };
    let disks = devices
        .disks
        .iter()
        .map(|disk| &disk.boot)
        .enumerate()
        .map(|(index, boot)| ("disk", index, boot));
    let nets = devices
        .interfaces
        .iter()
        .map(|net| &net.boot)
        .enumerate()
        .map(|(index, boot)| ("interface", index, boot));
    let mut seen = Vec::new();
    for (name, index, boot) in disks.chain(nets) {
        let Some(boot) = boot else { continue };
        let path = format!("{}/boot/@order", refusal::device(name, index));
        match boot.order {
            None | Some(0) => return Err(refusal::invalid(path, "a boot order is a number above 0")),
            Some(order) if seen.contains(&order) => {
                return Err(refusal::invalid(
                    path,
                    format!("boot order {order} is given twice"),
                ));
            }
            Some(order) => seen.push(order),
        }
    }
    Ok(!seen.is_empty())
}
