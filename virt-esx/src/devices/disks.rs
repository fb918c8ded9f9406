//! Hard disks.

use virt_core::Result;

use super::drives::{self, file_of, name_of};
use super::group::Group;
use super::made;
use super::spec::Wanted;
use crate::vim::{
    AnyVirtualDevice, AnyVirtualDeviceBackingInfo, VirtualDeviceFileBackingInfo, VirtualDisk,
    VirtualDiskFlatVer2BackingInfo, VirtualDiskLocalPMemBackingInfo,
    VirtualDiskRawDiskMappingVer1BackingInfo, VirtualDiskSeSparseBackingInfo,
    VirtualDiskSparseVer2BackingInfo,
};
use crate::vmx::convert::{Bus, Lines, Place, invalid};

/// What is understood of one.
pub(super) const KEYS: &[&str] = &[
    "present",
    "devicetype",
    "filename",
    "mode",
    "sharing",
    "writethrough",
    "redo",
    "startconnected",
];

/// Whether lines describe a hard disk; else it is a drive.
pub(super) fn is_disk(group: &Group) -> bool {
    group
        .get("fileName")
        .is_some_and(|name| name.to_ascii_lowercase().ends_with(".vmdk"))
}

pub(super) fn device(wanted: &Wanted<'_>) -> Result<AnyVirtualDevice> {
    let group = wanted.group;
    let file = group.text("fileName");
    let file = file.ok_or_else(|| invalid(wanted.slot.element(), "the image of a hard disk is missing"))?;
    let file = file_of(file);
    let existing: Option<VirtualDisk> = wanted.existing_part();
    // Another image is another disk: the size and whatever else the server says of the one there is are not its own.
    let mut disk = existing
        .filter(|disk| image(disk) == Some(file.as_str()))
        .unwrap_or_default();
    let mut backing = disk.backing.take().unwrap_or_else(|| {
        made(|backing: &mut VirtualDiskFlatVer2BackingInfo| backing.file_name = file).into()
    });
    let own = modes(&backing).0.map(ToOwned::to_owned);
    let mode = own.filter(|own| wanted.leaves("mode") && !own.is_empty());
    let mode = mode.unwrap_or_else(|| mode_of(group).to_owned());
    set_modes(&mut backing, &mode, group);
    disk.backing = Some(backing);
    Ok(disk.into())
}

/// The file that a disk is in.
fn image(disk: &VirtualDisk) -> Option<&str> {
    let file = disk.backing.as_ref()?.part::<VirtualDeviceFileBackingInfo>()?;
    Some(&file.file_name)
}

/// Whether both are disks, and each is in a file of its own.
pub(super) fn are_others(existing: &AnyVirtualDevice, device: &AnyVirtualDevice) -> bool {
    let disks = existing.part::<VirtualDisk>().zip(device.part::<VirtualDisk>());
    disks.is_some_and(|(existing, device)| image(existing) != image(device))
}

/// The mode, in which changes are kept or not and snapshots leave the disk out or not.
fn mode_of(group: &Group) -> &'static str {
    let word = group.get("mode").unwrap_or_default().to_ascii_lowercase();
    match word.as_str() {
        "independent-nonpersistent" => "independent_nonpersistent",
        "independent-persistent" => "independent_persistent",
        "nonpersistent" => "nonpersistent",
        "undoable" => "undoable",
        "append" => "append",
        _ => "persistent",
    }
}

fn sharing(group: &Group) -> &'static str {
    match group.is("sharing", "multi-writer") {
        true => "sharingMultiWriter",
        false => "sharingNone",
    }
}

/// Sets what is said, and leaves what is so already: not every member is there on every server.
fn set_modes(backing: &mut AnyVirtualDeviceBackingInfo, mode: &str, group: &Group) {
    let through = group.flag("writeThrough").unwrap_or(false);
    let set_flag = |own: &mut Option<bool>| {
        if own.unwrap_or(false) != through {
            *own = Some(through);
        }
    };
    let set_sharing = |own: &mut Option<String>| {
        if own.as_deref().unwrap_or("sharingNone") != sharing(group) {
            *own = Some(sharing(group).to_owned());
        }
    };
    if let Some(flat) = backing.part_mut::<VirtualDiskFlatVer2BackingInfo>() {
        mode.clone_into(&mut flat.disk_mode);
        set_flag(&mut flat.write_through);
        set_sharing(&mut flat.sharing);
    } else if let Some(sparse) = backing.part_mut::<VirtualDiskSeSparseBackingInfo>() {
        mode.clone_into(&mut sparse.disk_mode);
        set_flag(&mut sparse.write_through);
    } else if let Some(sparse) = backing.part_mut::<VirtualDiskSparseVer2BackingInfo>() {
        mode.clone_into(&mut sparse.disk_mode);
        set_flag(&mut sparse.write_through);
    } else if let Some(mapping) = backing.part_mut::<VirtualDiskRawDiskMappingVer1BackingInfo>() {
        mapping.disk_mode = Some(mode.to_owned());
        set_sharing(&mut mapping.sharing);
    } else if let Some(memory) = backing.part_mut::<VirtualDiskLocalPMemBackingInfo>() {
        mode.clone_into(&mut memory.disk_mode);
    }
}

/// What a backing says of itself: its mode, whether writes go through, whether others write as well.
fn modes(backing: &AnyVirtualDeviceBackingInfo) -> (Option<&str>, bool, bool) {
    let shared = |sharing: &Option<String>| sharing.as_deref() == Some("sharingMultiWriter");
    if let Some(flat) = backing.part::<VirtualDiskFlatVer2BackingInfo>() {
        let through = flat.write_through.unwrap_or(false);
        (Some(&flat.disk_mode), through, shared(&flat.sharing))
    } else if let Some(sparse) = backing.part::<VirtualDiskSeSparseBackingInfo>() {
        (
            Some(&sparse.disk_mode),
            sparse.write_through.unwrap_or(false),
            false,
        )
    } else if let Some(sparse) = backing.part::<VirtualDiskSparseVer2BackingInfo>() {
        (
            Some(&sparse.disk_mode),
            sparse.write_through.unwrap_or(false),
            false,
        )
    } else if let Some(mapping) = backing.part::<VirtualDiskRawDiskMappingVer1BackingInfo>() {
        (mapping.disk_mode.as_deref(), false, shared(&mapping.sharing))
    } else {
        (None, false, false)
    }
}

pub(super) fn describe(disk: &VirtualDisk, place: Place, out: &mut Lines) {
    let key = |name: &str| format!("{}.{name}", place.device());
    let kind = match place.bus {
        Bus::Scsi => "scsi-hardDisk",
        Bus::Nvme => "nvme-hardDisk",
        _ => "ata-hardDisk",
    };
    out.add_flag(key("present"), true);
    out.add(key("deviceType"), kind);
    let Some(backing) = &disk.backing else { return };
    if let Some(file) = backing.part::<VirtualDeviceFileBackingInfo>() {
        out.add_text(key("fileName"), &name_of(&file.file_name));
    }
    let (mode, through, is_shared) = modes(backing);
    if let Some(mode) = mode.filter(|mode| !matches!(*mode, "" | "persistent")) {
        out.add(key("mode"), mode.replace('_', "-"));
    }
    if through {
        out.add_flag(key("writeThrough"), true);
    }
    if is_shared {
        out.add(key("sharing"), "multi-writer");
    }
}

/// Whether a disk stands on another one: it has snapshots, or is a linked clone.
pub(crate) fn has_parent(disk: &VirtualDisk) -> bool {
    let Some(backing) = &disk.backing else {
        return false;
    };
    let flat = backing.part::<VirtualDiskFlatVer2BackingInfo>();
    let sparse = backing.part::<VirtualDiskSeSparseBackingInfo>();
    flat.is_some_and(|flat| flat.parent.is_some()) || sparse.is_some_and(|sparse| sparse.parent.is_some())
}

/// A disk or a drive, by what the lines say.
pub(super) fn medium(wanted: &Wanted<'_>, place: Place) -> Result<AnyVirtualDevice> {
    match place.bus {
        Bus::Floppy => drives::floppy(wanted),
        _ if is_disk(wanted.group) => device(wanted),
        _ => drives::optical(wanted),
    }
}
