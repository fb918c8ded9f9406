//! Options of disks that VMware has not.

use virt_core::Result;
use virt_core::model::domain::devices::{Disk, DiskDevice, DiskDriver, ImageFormat};

use super::super::problem::unsupported;
use super::disks::element;

pub(super) fn check(disk: &Disk) -> Result<()> {
    let is_hard_disk = matches!(disk.device, None | Some(DiskDevice::Disk));
    let options = [
        (disk.model.is_some(), "@model"),
        (disk.rawio.is_some(), "@rawio"),
        (disk.sgio.is_some(), "@sgio"),
        (disk.auth.is_some(), "auth"),
        (disk.backing_store.is_some(), "backingStore"),
        (disk.backenddomain.is_some(), "backenddomain"),
        (disk.geometry.is_some(), "geometry"),
        (disk.blockio.is_some(), "blockio"),
        (disk.mirror.is_some(), "mirror"),
        (disk.throttlefilters.is_some(), "throttlefilters"),
        (disk.iotune.is_some(), "iotune"),
        (disk.readonly && is_hard_disk, "readonly"),
        (disk.serial.is_some(), "serial"),
        (disk.wwn.is_some(), "wwn"),
        (disk.vendor.is_some(), "vendor"),
        (disk.product.is_some(), "product"),
        (disk.encryption.is_some(), "encryption"),
    ];
    if let Some((_, name)) = options.into_iter().find(|(is_there, _)| *is_there) {
        return Err(unsupported(
            element(disk, name),
            "VMware's disks have no such option",
        ));
    }
    if disk.boot.is_some() {
        let text = "kinds of devices are booted in an order: say <boot dev='…'/> in <os>";
        return Err(unsupported(element(disk, "boot"), text));
    }
    match &disk.driver {
        Some(driver) => check_driver(disk, driver, is_hard_disk),
        None => Ok(()),
    }
}

fn check_driver(disk: &Disk, driver: &DiskDriver, is_hard_disk: bool) -> Result<()> {
    let own = if is_hard_disk {
        ImageFormat::Vmdk
    } else {
        ImageFormat::Raw
    };
    if let Some(format) = driver.kind.as_ref().filter(|format| **format != own) {
        let text = format!("the format is {own}, not {format}");
        return Err(unsupported(element(disk, "driver/@type"), text));
    }
    let options = [
        (driver.error_policy.is_some(), "error_policy"),
        (driver.rerror_policy.is_some(), "rerror_policy"),
        (driver.io.is_some(), "io"),
        (driver.ioeventfd.is_some(), "ioeventfd"),
        (driver.event_idx.is_some(), "event_idx"),
        (driver.copy_on_read.is_some(), "copy_on_read"),
        (driver.discard.is_some(), "discard"),
        (driver.iothread.is_some(), "iothread"),
        (driver.detect_zeroes.is_some(), "detect_zeroes"),
        (driver.queues.is_some(), "queues"),
        (driver.queue_size.is_some(), "queue_size"),
    ];
    match options.into_iter().find(|(is_there, _)| *is_there) {
        Some((_, name)) => Err(unsupported(
            element(disk, &format!("driver/@{name}")),
            "VMware's disks have no such option",
        )),
        None => Ok(()),
    }
}
