//! CD-ROM drives and floppies.

use virt_core::Result;

use super::connectable;
use super::group::Group;
use super::made;
use super::spec::Wanted;
use crate::vim::{
    AnyVirtualDevice, AnyVirtualDeviceBackingInfo, VirtualCdrom, VirtualCdromAtapiBackingInfo,
    VirtualCdromIsoBackingInfo, VirtualCdromPassthroughBackingInfo, VirtualCdromRemotePassthroughBackingInfo,
    VirtualDeviceDeviceBackingInfo, VirtualDeviceFileBackingInfo, VirtualDeviceRemoteDeviceBackingInfo,
    VirtualFloppy, VirtualFloppyDeviceBackingInfo, VirtualFloppyImageBackingInfo,
    VirtualFloppyRemoteDeviceBackingInfo, VirtualSCSIPassthrough, VirtualSCSIPassthroughDeviceBackingInfo,
};
use crate::vmx::convert::{Lines, Place};

/// What is understood of one.
pub(super) const KEYS: &[&str] = &[
    "present",
    "devicetype",
    "filename",
    "filetype",
    "autodetect",
    "clientdevice",
    "startconnected",
    "allowguestconnectioncontrol",
];

/// How a file names an empty drive.
const EMPTY: &str = "emptyBackingString";
/// How a file names the drive of the host that is found at start.
const AUTO_DETECT: &str = "auto detect";

/// The API's name of a file: what is in no datastore is in `[]`.
pub(super) fn file_of(name: &str) -> String {
    match name.starts_with('/') {
        true => format!("[] {name}"),
        false => name.to_owned(),
    }
}

/// The other way round.
pub(super) fn name_of(file: &str) -> String {
    match file.strip_prefix("[]") {
        Some(path) => path.trim_start().to_owned(),
        None => file.to_owned(),
    }
}

/// The image in a drive; none where there is no image.
fn image(group: &Group) -> Option<&str> {
    let name = group.text("fileName")?;
    let is_image = name.to_ascii_lowercase().ends_with(".iso") || group.is("deviceType", "cdrom-image");
    (is_image && name != EMPTY && !name.eq_ignore_ascii_case(AUTO_DETECT)).then_some(name)
}

/// The host's drive: its name, and whether it is found at start.
fn host_drive(group: &Group) -> VirtualDeviceDeviceBackingInfo {
    let name = group.get("fileName").unwrap_or_default();
    let is_found = name.is_empty() || name.eq_ignore_ascii_case(AUTO_DETECT);
    VirtualDeviceDeviceBackingInfo {
        device_name: if is_found { String::new() } else { name.to_owned() },
        use_auto_detect: Some(is_found),
        ..VirtualDeviceDeviceBackingInfo::default()
    }
}

pub(super) fn optical(wanted: &Wanted<'_>) -> Result<AnyVirtualDevice> {
    let group = wanted.group;
    if group.is("deviceType", "scsi-passthru") {
        let mut drive: VirtualSCSIPassthrough = wanted.existing_part().unwrap_or_default();
        let base = host_drive(group);
        drive.backing = Some(VirtualSCSIPassthroughDeviceBackingInfo { base }.into());
        return Ok(drive.into());
    }
    let mut drive: VirtualCdrom = wanted.existing_part().unwrap_or_default();
    let is_of_host = !group.is("clientDevice", "true") && group.text("fileName") != Some(EMPTY);
    let (backing, is_there): (AnyVirtualDeviceBackingInfo, bool) = if let Some(image) = image(group) {
        let backing = made(|backing: &mut VirtualCdromIsoBackingInfo| backing.file_name = file_of(image));
        (backing.into(), true)
    } else if is_of_host && group.is("deviceType", "cdrom-raw") {
        let base = host_drive(group);
        let backing = VirtualCdromPassthroughBackingInfo {
            base,
            exclusive: false,
        };
        (backing.into(), true)
    } else if is_of_host && (group.is("deviceType", "atapi-cdrom") || group.is("fileName", AUTO_DETECT)) {
        let base = host_drive(group);
        (VirtualCdromAtapiBackingInfo { base }.into(), true)
    } else {
        let base = VirtualDeviceRemoteDeviceBackingInfo {
            use_auto_detect: Some(false),
            ..VirtualDeviceRemoteDeviceBackingInfo::default()
        };
        let backing = VirtualCdromRemotePassthroughBackingInfo {
            base,
            exclusive: false,
        };
        (backing.into(), false)
    };
    let is_new = is_there && is_another(drive.backing.as_ref(), &backing);
    drive.backing = Some(backing);
    let before = drive.connectable.take();
    let connected = connectable::info(before.as_ref(), group, is_there, wanted.means.is_running);
    drive.connectable = Some(match is_new {
        true => connectable::connected(connected, wanted.means.is_running),
        false => connected,
    });
    Ok(drive.into())
}

/// Whether a drive gets another medium than it has: that is connected, whatever the one before was.
fn is_another(before: Option<&AnyVirtualDeviceBackingInfo>, after: &AnyVirtualDeviceBackingInfo) -> bool {
    let file = |backing: &AnyVirtualDeviceBackingInfo| {
        let file = backing.part::<VirtualDeviceFileBackingInfo>();
        file.map(|file| file.file_name.clone())
    };
    before.is_some_and(|before| before.type_name() != after.type_name() || file(before) != file(after))
}

pub(super) fn floppy(wanted: &Wanted<'_>) -> Result<AnyVirtualDevice> {
    let group = wanted.group;
    let mut drive: VirtualFloppy = wanted.existing_part().unwrap_or_default();
    let name = group.text("fileName");
    let (backing, is_there): (AnyVirtualDeviceBackingInfo, bool) = match name {
        Some(name) if group.is("fileType", "file") => {
            let backing =
                made(|backing: &mut VirtualFloppyImageBackingInfo| backing.file_name = file_of(name));
            (backing.into(), true)
        }
        _ if group.is("fileType", "device") && !group.is("clientDevice", "true") => {
            let base = host_drive(group);
            (VirtualFloppyDeviceBackingInfo { base }.into(), true)
        }
        _ => {
            let base = VirtualDeviceRemoteDeviceBackingInfo {
                use_auto_detect: Some(false),
                ..VirtualDeviceRemoteDeviceBackingInfo::default()
            };
            (VirtualFloppyRemoteDeviceBackingInfo { base }.into(), false)
        }
    };
    let is_new = is_there && is_another(drive.backing.as_ref(), &backing);
    drive.backing = Some(backing);
    let before = drive.connectable.take();
    let connected = connectable::info(before.as_ref(), group, is_there, wanted.means.is_running);
    drive.connectable = Some(match is_new {
        true => connectable::connected(connected, wanted.means.is_running),
        false => connected,
    });
    Ok(drive.into())
}

/// What a file calls the host's drive.
fn drive_name(backing: &VirtualDeviceDeviceBackingInfo) -> &str {
    match backing.use_auto_detect {
        Some(true) => AUTO_DETECT,
        _ => &backing.device_name,
    }
}

pub(super) fn describe_optical(device: &AnyVirtualDevice, place: Place, out: &mut Lines) {
    let key = |name: &str| format!("{}.{name}", place.device());
    out.add_flag(key("present"), true);
    let backing = device.backing.as_ref();
    if device.part::<VirtualSCSIPassthrough>().is_some() {
        out.add(key("deviceType"), "scsi-passthru");
        if let Some(host) = backing.and_then(|backing| backing.part::<VirtualDeviceDeviceBackingInfo>()) {
            out.add_text(key("fileName"), drive_name(host));
        }
        return;
    }
    let iso = backing.and_then(|backing| backing.part::<VirtualCdromIsoBackingInfo>());
    let host = backing.and_then(|backing| backing.part::<VirtualDeviceDeviceBackingInfo>());
    if let Some(iso) = iso {
        let name = name_of(&iso.file_name);
        out.add(key("deviceType"), "cdrom-image");
        out.add_text(key("fileName"), if name.is_empty() { EMPTY } else { &name });
    } else if let Some(host) = host {
        let is_raw = backing.is_some_and(|backing| backing.is_a("VirtualCdromPassthroughBackingInfo"));
        out.add(
            key("deviceType"),
            if is_raw { "cdrom-raw" } else { "atapi-cdrom" },
        );
        out.add_text(key("fileName"), drive_name(host));
    } else {
        out.add(key("deviceType"), "cdrom-raw");
        out.add_flag(key("clientDevice"), true);
        out.add(key("fileName"), EMPTY);
    }
    if !connectable::starts_connected(device.connectable.as_ref()) {
        out.add_flag(key("startConnected"), false);
    }
}

pub(super) fn describe_floppy(device: &AnyVirtualDevice, place: Place, out: &mut Lines) {
    let key = |name: &str| format!("{}.{name}", place.device());
    out.add_flag(key("present"), true);
    let backing = device.backing.as_ref();
    let file = backing.and_then(|backing| backing.part::<VirtualDeviceFileBackingInfo>());
    let host = backing.and_then(|backing| backing.part::<VirtualDeviceDeviceBackingInfo>());
    if let Some(file) = file {
        out.add(key("fileType"), "file");
        out.add_text(key("fileName"), &name_of(&file.file_name));
    } else if let Some(host) = host {
        out.add(key("fileType"), "device");
        out.add_text(key("fileName"), drive_name(host));
    } else {
        out.add_flag(key("clientDevice"), true);
    }
    if !connectable::starts_connected(device.connectable.as_ref()) {
        out.add_flag(key("startConnected"), false);
    }
}
