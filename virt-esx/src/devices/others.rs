//! USB controllers, the graphics adapter, the sound card.

use virt_core::Result;

use super::made;
use super::spec::Wanted;
use crate::vim::{
    AnyVirtualDevice, VirtualEnsoniq1371, VirtualHdAudioCard, VirtualMachineVideoCard, VirtualSoundBlaster16,
    VirtualSoundCard, VirtualSoundCardDeviceBackingInfo, VirtualUSBController, VirtualUSBXHCIController,
};
use crate::vmx::convert::{Lines, unsupported};

/// What is understood of them.
pub(super) const USB_KEYS: &[&str] = &["present", "ehci.present"];
pub(super) const VIDEO_KEYS: &[&str] = &["present", "vramsize"];
pub(super) const SOUND_KEYS: &[&str] = &[
    "present",
    "virtualdev",
    "startconnected",
    "filename",
    "autodetect",
];

pub(super) fn usb(wanted: &Wanted<'_>) -> AnyVirtualDevice {
    let mut controller: VirtualUSBController = wanted.existing_part().unwrap_or_default();
    controller.ehci_enabled = Some(wanted.group.flag("ehci.present").unwrap_or(false));
    controller.into()
}

pub(super) fn usb_xhci(wanted: &Wanted<'_>) -> AnyVirtualDevice {
    let controller: VirtualUSBXHCIController = wanted.existing_part().unwrap_or_default();
    controller.into()
}

pub(super) fn video(wanted: &Wanted<'_>) -> AnyVirtualDevice {
    let mut card: VirtualMachineVideoCard = wanted.existing_part().unwrap_or_default();
    let bytes: Option<i64> = wanted.group.get("vramSize").and_then(|text| text.parse().ok());
    if let Some(bytes) = bytes {
        card.video_ram_size_in_kb = Some(bytes / 1024);
        card.use_auto_detect = Some(false);
    }
    card.into()
}

pub(super) fn sound(wanted: &Wanted<'_>) -> Result<AnyVirtualDevice> {
    let word = wanted
        .group
        .text("virtualDev")
        .unwrap_or("es1371")
        .to_ascii_lowercase();
    let base: VirtualSoundCard = wanted.existing_part().unwrap_or_else(|| {
        made(|card: &mut VirtualSoundCard| {
            let backing = made(|backing: &mut VirtualSoundCardDeviceBackingInfo| {
                backing.use_auto_detect = Some(true);
            });
            card.backing = Some(backing.into());
        })
    });
    Ok(match word.as_str() {
        "es1371" => VirtualEnsoniq1371 { base }.into(),
        "sb16" => VirtualSoundBlaster16 { base }.into(),
        "hdaudio" => VirtualHdAudioCard { base }.into(),
        other => {
            let text = format!("{other:?} is none of es1371, sb16, hdaudio");
            return Err(unsupported(wanted.slot.element(), text));
        }
    })
}

pub(super) fn describe_usb(controller: &VirtualUSBController, out: &mut Lines) {
    out.add_flag("usb.present", true);
    if controller.ehci_enabled == Some(true) {
        out.add_flag("ehci.present", true);
    }
}

pub(super) fn describe_video(card: &VirtualMachineVideoCard, out: &mut Lines) {
    out.add_flag("svga.present", true);
    if let Some(size) = card.video_ram_size_in_kb.filter(|size| *size > 0) {
        out.add("svga.vramSize", size.saturating_mul(1024).to_string());
    }
}

pub(super) fn describe_sound(device: &AnyVirtualDevice, out: &mut Lines) {
    out.add_flag("sound.present", true);
    let word = match device {
        AnyVirtualDevice::VirtualEnsoniq1371(_) => "es1371",
        AnyVirtualDevice::VirtualSoundBlaster16(_) => "sb16",
        AnyVirtualDevice::VirtualHdAudioCard(_) => "hdaudio",
        _ => return,
    };
    out.add("sound.virtualDev", word);
}
