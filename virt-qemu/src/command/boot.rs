//! `-boot` and direct kernel boot.

use virt_core::model::domain::devices::{DeviceBoot, DiskDevice};
use virt_core::model::domain::{BootDevice, BootDeviceKind};
use virt_core::model::value::YesNo;

use super::context::Context;
use super::line::Arguments;
use super::option_text::OptionText;

pub(super) fn render(context: &Context<'_>, args: &mut Arguments) {
    let Some(os) = context.os() else { return };
    let menu = os.boot_menu.as_ref();
    let enabled = menu.and_then(|menu| menu.enable).map(YesNo::is_set);
    let mut option = OptionText::default();
    if let Some(enabled) = enabled {
        option = option.with_switch("menu", enabled);
    }
    let splash = menu
        .and_then(|menu| menu.timeout)
        .filter(|_| enabled == Some(true));
    let option = option
        .with_some("splash-time", splash)
        .with_some(
            "reboot-timeout",
            os.bios.as_ref().and_then(|bios| bios.reboot_timeout),
        )
        .with("strict", "on");
    args.option("-boot", option);
    for (flag, value) in [
        ("-kernel", &os.kernel),
        ("-initrd", &os.initrd),
        ("-append", &os.cmdline),
    ] {
        if let Some(value) = value {
            args.option(flag, value);
        }
    }
}

/// The boot index of the `index`th disk: its own order, or that of its kind if it is the first of the kind.
pub(super) fn disk_index(context: &Context<'_>, index: usize) -> Option<u32> {
    let disk = context.devices.disks.get(index)?;
    let own = disk.boot.as_ref().and_then(|boot| boot.order);
    let kind = match disk.device {
        Some(DiskDevice::Cdrom) => BootDeviceKind::Cdrom,
        Some(DiskDevice::Floppy) => BootDeviceKind::Fd,
        _ => BootDeviceKind::Hd,
    };
    let first = !context
        .devices
        .disks
        .iter()
        .take(index)
        .any(|earlier| earlier.device == disk.device);
    own.or_else(|| if first { rank(context, &kind) } else { None })
}

/// The boot index of the `index`th interface.
pub(super) fn interface_index(context: &Context<'_>, index: usize) -> Option<u32> {
    let own = context
        .devices
        .interfaces
        .get(index)?
        .boot
        .as_ref()
        .and_then(|boot: &DeviceBoot| boot.order);
    own.or_else(|| {
        if index == 0 {
            rank(context, &BootDeviceKind::Network)
        } else {
            None
        }
    })
}

/// When a kind of device is tried, from 1.
fn rank(context: &Context<'_>, kind: &BootDeviceKind) -> Option<u32> {
    let order: &[BootDevice] = context.os().map(|os| os.boot.as_slice()).unwrap_or_default();
    let place = order.iter().position(|boot| boot.dev.as_ref() == Some(kind))?;
    u32::try_from(place + 1).ok()
}
