//! What a server tells of a machine in its properties, read for statistics.

use std::collections::HashMap;

use virt_core::model::ByteSize;
use virt_core::stats::{StatsGroup, StatsGroups};
use virt_core::{Error, ErrorKind};

use crate::extension::{DiskUsage, FilesystemUsage, InterfaceUsage};
use crate::session::of_fault;
use crate::vim::{
    AnyVirtualDevice, GuestDiskInfo, ObjectContent, VirtualController, VirtualDeviceFileBackingInfo,
    VirtualDisk, VirtualEthernetCard, VirtualMachineFileLayoutEx, VirtualMachineQuickStats,
};
use crate::vmx::convert::{Seat, targets};

const QUICK: &str = "summary.quickStats";
const DEVICES: &str = "config.hardware.device";
const FILES: &str = "layoutEx";
const GUEST_DISKS: &str = "guest.disk";
/// The number of the first network interface.
const FIRST_CARD: i32 = 4000;

/// What the properties of a machine say.
#[derive(Debug, Default)]
pub(super) struct Facts {
    pub(super) quick: Option<Box<VirtualMachineQuickStats>>,
    pub(super) disks: Vec<DiskUsage>,
    /// Each with the number that the server measures it by.
    pub(super) interfaces: Vec<(String, InterfaceUsage)>,
    pub(super) filesystems: Vec<FilesystemUsage>,
    /// Why some of it is not there.
    pub(super) refused: Option<Error>,
}

/// The properties that these groups are made of.
pub(super) fn wanted(groups: StatsGroups, of_guest: bool) -> Vec<&'static str> {
    let mut paths = Vec::new();
    if groups.has(StatsGroup::Cpu) || groups.has(StatsGroup::Balloon) {
        paths.push(QUICK);
    }
    if groups.has(StatsGroup::Block) || groups.has(StatsGroup::Interface) {
        paths.push(DEVICES);
    }
    if groups.has(StatsGroup::Block) {
        paths.push(FILES);
    }
    if of_guest {
        paths.push(GUEST_DISKS);
    }
    paths
}

impl Facts {
    /// `None` of a machine that is gone.
    pub(super) fn of(content: ObjectContent) -> Option<Self> {
        let mut facts = Self::default();
        for missing in content.missing_set {
            let error = of_fault(missing.fault);
            if error.kind() == ErrorKind::NotFound {
                return None;
            }
            facts.refused.get_or_insert(error);
        }
        let (mut devices, mut files) = (Vec::new(), None);
        for property in content.prop_set {
            let value = property.val;
            match property.name.as_str() {
                QUICK => facts.quick = value.read().ok().map(Box::new),
                DEVICES => devices = value.list::<AnyVirtualDevice>().unwrap_or_default(),
                FILES => files = value.read::<VirtualMachineFileLayoutEx>().ok(),
                GUEST_DISKS => {
                    let disks = value.list::<GuestDiskInfo>().unwrap_or_default();
                    facts.filesystems = disks.into_iter().filter_map(filesystem).collect();
                }
                _ => {}
            }
        }
        facts.disks = disks(&devices, files.as_ref());
        facts.interfaces = devices.iter().filter_map(interface).collect();
        Some(facts)
    }
}

/// A number of bytes or so, which is not negative.
pub(super) fn size(number: impl TryInto<u64>, unit: ByteSize) -> Option<ByteSize> {
    let number = number.try_into().ok()?;
    number.checked_mul(unit.as_bytes()).map(ByteSize::bytes)
}

const BYTE: ByteSize = ByteSize::bytes(1);

fn filesystem(disk: GuestDiskInfo) -> Option<FilesystemUsage> {
    Some(FilesystemUsage {
        path: disk.disk_path?,
        capacity: disk.capacity.and_then(|bytes| size(bytes, BYTE)),
        free: disk.free_space.and_then(|bytes| size(bytes, BYTE)),
    })
}

/// The disks, CD-ROM drives and floppies, as the domain names them.
fn disks(devices: &[AnyVirtualDevice], files: Option<&VirtualMachineFileLayoutEx>) -> Vec<DiskUsage> {
    let controllers: HashMap<i32, (&'static str, u32)> = devices.iter().filter_map(controller).collect();
    let seated = devices
        .iter()
        .filter(|device| is_disk(device))
        .filter_map(|device| {
            let (word, bus) = controllers.get(&device.controller_key?)?;
            let unit = u32::try_from(device.unit_number?).ok()?;
            // The one controller of floppies has others besides.
            let bus = if *word == FLOPPY { 0 } else { *bus };
            Some(((*word, bus, unit), device))
        });
    let (seats, devices): (Vec<Seat>, Vec<&AnyVirtualDevice>) = seated.unzip();
    let named = targets(&seats).into_iter().zip(devices);
    named
        .map(|((name, target), device)| {
            let mut found = disk(device, files);
            (found.device, found.target) = (name, target);
            found
        })
        .collect()
}

const FLOPPY: &str = "floppy";

/// The bus of a controller, in the words of a configuration file, and its number.
fn controller(device: &AnyVirtualDevice) -> Option<(i32, (&'static str, u32))> {
    let buses = [
        ("VirtualSCSIController", "scsi"),
        ("VirtualSATAController", "sata"),
        ("VirtualNVMEController", "nvme"),
        ("VirtualIDEController", "ide"),
        ("VirtualSIOController", FLOPPY),
    ];
    let (_, word) = buses.into_iter().find(|(kind, _)| device.is_a(kind))?;
    // One of a kind that is newer has its number too, which is not read then.
    let number = device
        .part::<VirtualController>()
        .map_or(0, |part| part.bus_number);
    Some((device.key, (word, u32::try_from(number).ok()?)))
}

fn is_disk(device: &AnyVirtualDevice) -> bool {
    ["VirtualDisk", "VirtualCdrom", "VirtualFloppy"]
        .into_iter()
        .any(|kind| device.is_a(kind))
}

fn disk(device: &AnyVirtualDevice, files: Option<&VirtualMachineFileLayoutEx>) -> DiskUsage {
    let mut found = DiskUsage::default();
    let backing = device.backing.as_ref();
    let file = backing.and_then(|backing| backing.part::<VirtualDeviceFileBackingInfo>());
    found.path = file
        .map(|file| file.file_name.clone())
        .filter(|name| !name.is_empty());
    if let Some(disk) = device.part::<VirtualDisk>() {
        found.capacity = match disk.capacity_in_bytes {
            Some(bytes) => size(bytes, BYTE),
            None => size(disk.capacity_in_kb, ByteSize::kib(1)),
        };
        let image = found.path.as_deref();
        found.physical = files
            .zip(image)
            .and_then(|(files, image)| taken(files, disk.key, image));
    }
    found
}

/// What an image takes, all of its files counted; what it is based on is not.
fn taken(files: &VirtualMachineFileLayoutEx, key: i32, image: &str) -> Option<ByteSize> {
    let layout = files.disk.iter().find(|disk| disk.key == key)?;
    let file = |key: &i32| files.file.iter().find(|file| file.key == *key);
    let unit = layout.chain.iter().find(|unit| {
        unit.file_key
            .iter()
            .filter_map(file)
            .any(|file| file.name == image)
    })?;
    let sizes = unit
        .file_key
        .iter()
        .filter_map(file)
        .map(|file| size(file.size, BYTE));
    let sum = sizes.fold(0, |sum: u64, size| {
        sum.saturating_add(size.unwrap_or(ByteSize::ZERO).as_bytes())
    });
    Some(ByteSize::bytes(sum))
}

fn interface(device: &AnyVirtualDevice) -> Option<(String, InterfaceUsage)> {
    let card = device.part::<VirtualEthernetCard>()?;
    let found = InterfaceUsage {
        name: format!("ethernet{}", card.key.saturating_sub(FIRST_CARD).max(0)),
        mac: card.mac_address.clone(),
        ..InterfaceUsage::default()
    };
    Some((card.key.to_string(), found))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vim::{
        VirtualCdrom, VirtualDiskFlatVer2BackingInfo, VirtualIDEController, VirtualLsiLogicController,
        VirtualMachineFileLayoutExDiskLayout, VirtualMachineFileLayoutExDiskUnit,
        VirtualMachineFileLayoutExFileInfo, VirtualVmxnet3,
    };

    fn file(key: i32, name: &str, size: i64) -> VirtualMachineFileLayoutExFileInfo {
        VirtualMachineFileLayoutExFileInfo {
            key,
            name: name.to_owned(),
            size,
            ..VirtualMachineFileLayoutExFileInfo::default()
        }
    }

    #[test]
    fn an_image_is_as_large_as_its_files_and_not_as_what_it_is_based_on() {
        let unit = |keys: &[i32]| VirtualMachineFileLayoutExDiskUnit {
            file_key: keys.to_vec(),
        };
        let files = VirtualMachineFileLayoutEx {
            file: vec![
                file(1, "[a] w/w.vmdk", 500),
                file(2, "[a] w/w-flat.vmdk", 4096),
                file(3, "[a] w/w-000001.vmdk", 300),
                file(4, "[a] w/w-000001-delta.vmdk", 1024),
            ],
            disk: vec![VirtualMachineFileLayoutExDiskLayout {
                key: 2000,
                chain: vec![unit(&[1, 2]), unit(&[3, 4])],
                ..VirtualMachineFileLayoutExDiskLayout::default()
            }],
            ..VirtualMachineFileLayoutEx::default()
        };
        assert_eq!(
            taken(&files, 2000, "[a] w/w-000001.vmdk"),
            Some(ByteSize::bytes(1324))
        );
        assert_eq!(taken(&files, 2000, "[a] other.vmdk"), None);
        assert_eq!(taken(&files, 2001, "[a] w/w.vmdk"), None);
    }

    #[test]
    fn devices_have_the_names_that_a_domain_gives_them() {
        let mut scsi = VirtualLsiLogicController::default();
        (scsi.key, scsi.bus_number) = (1001, 1);
        let mut ide = VirtualIDEController::default();
        (ide.key, ide.bus_number) = (200, 0);
        let mut drive = VirtualCdrom::default();
        (drive.key, drive.controller_key, drive.unit_number) = (3000, Some(200), Some(0));
        let mut disk = VirtualDisk::default();
        (disk.key, disk.controller_key, disk.unit_number) = (2016, Some(1001), Some(0));
        disk.capacity_in_kb = 4;
        let backing = VirtualDiskFlatVer2BackingInfo {
            base: VirtualDeviceFileBackingInfo {
                file_name: "[a] w/w.vmdk".to_owned(),
                ..VirtualDeviceFileBackingInfo::default()
            },
            ..VirtualDiskFlatVer2BackingInfo::default()
        };
        disk.backing = Some(backing.into());
        let mut card = VirtualVmxnet3::default();
        (card.key, card.mac_address) = (4001, Some("00:50:56:00:00:01".to_owned()));
        let devices: Vec<AnyVirtualDevice> =
            vec![scsi.into(), ide.into(), drive.into(), disk.into(), card.into()];
        let found = disks(&devices, None);
        let named: Vec<(&str, &str)> = found
            .iter()
            .map(|disk| (disk.device.as_str(), disk.target.as_str()))
            .collect();
        assert_eq!(named, [("ide0:0", "hda"), ("scsi1:0", "sdp")]);
        let last = found.last().unwrap();
        assert_eq!(last.capacity, Some(ByteSize::kib(4)));
        assert_eq!(last.path.as_deref(), Some("[a] w/w.vmdk"));
        let cards: Vec<_> = devices.iter().filter_map(interface).collect();
        assert_eq!(cards.len(), 1);
        let (number, card) = cards.first().unwrap();
        assert_eq!((number.as_str(), card.name.as_str()), ("4001", "ethernet1"));
    }
}
