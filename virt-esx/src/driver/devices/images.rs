//! The images of disks: how large they are, and larger ones.

use uuid::Uuid;
use virt_core::domain::{BlockInfo, BlockSize};
use virt_core::model::{ByteSize, Disk, DomainConfig};
use virt_core::{CallContext, Error, ErrorKind, Outcome, Result, Subject};

use super::super::{EsxDriver, not_valid};
use super::Present;
use crate::devices::{Slot, has_parent};
use crate::property;
use crate::vim::{
    ReconfigVmTask, VirtualDeviceConfigSpec, VirtualDeviceConfigSpecOperation, VirtualDisk,
    VirtualMachineConfigSpec, VirtualMachineFileLayoutEx,
};
use crate::vmx::convert::{DEFAULT_HARDWARE, kept, place_of};

impl EsxDriver {
    pub(super) async fn image_info(&self, call: &CallContext, domain: Uuid, name: &str) -> Result<BlockInfo> {
        let present = self.present(call, domain).await?;
        let disk = find(&present.document, name)?;
        if let Some(device) = virtual_disk(&present, disk) {
            return self.disk_info(call, &present, &device).await;
        }
        // The image in a drive is a file as any other.
        let file = disk.source.as_ref().and_then(|source| source.file.as_deref());
        let Some(file) = file else {
            return Ok(BlockInfo::default());
        };
        let datacenter = self.datacenter_of(call, &present.reference).await?;
        let found = self.find_files(call, &datacenter, &[file]).await?;
        let size = found.into_values().next().and_then(|info| info.file_size);
        let size = size.ok_or_else(|| {
            let message = format!("there is no file {file:?} (any more)");
            Error::new(ErrorKind::NotFound, message)
        })?;
        let size = bytes(size);
        Ok(BlockInfo::new(size, size, size))
    }

    async fn disk_info(
        &self,
        call: &CallContext,
        present: &Present,
        disk: &VirtualDisk,
    ) -> Result<BlockInfo> {
        let session = &self.server.session;
        let mut read = property::of_object(session, call, &present.reference, &["layoutEx"]).await?;
        let layout = read.remove("layoutEx").and_then(|layout| layout.read().ok());
        let layout: VirtualMachineFileLayoutEx = layout.unwrap_or_default();
        let own = layout.disk.iter().filter(|one| one.key == disk.key);
        let keys = own.flat_map(|own| &own.chain).flat_map(|unit| &unit.file_key);
        let files = keys.filter_map(|key| layout.file.iter().find(|file| file.key == *key));
        // What describes the image is none of it.
        let files = files.filter(|file| file.type_ != "diskDescriptor");
        let (mut used, mut large) = (0_i64, 0_i64);
        for file in files {
            used = used.saturating_add(file.unique_size.unwrap_or(file.size));
            large = large.saturating_add(file.size);
        }
        Ok(BlockInfo::new(bytes(capacity(disk)), bytes(used), bytes(large)))
    }

    pub(super) async fn resize_image(
        &self,
        call: &CallContext,
        domain: Uuid,
        name: &str,
        size: BlockSize,
    ) -> Result<()> {
        let BlockSize::Bytes(size) = size else {
            return Err(Error::unsupported(
                "the image of a disk of ESX is a file, and no device that could have grown: say a size",
            ));
        };
        let (_, machine) = self.to_change(domain)?;
        if !machine.is_active() {
            return Err(not_valid(&machine, "start it first, or resize the volume"));
        }
        let present = self.present(call, domain).await?;
        let disk = find(&present.document, name)?;
        let about = |error: Error| {
            error
                .with_outcome(Outcome::NotApplied)
                .with_subject(Subject::Other(format!("disk {name:?}")))
        };
        let mut disk = virtual_disk(&present, disk)
            .ok_or_else(|| about(Error::unsupported("only a hard disk has a size of its own")))?;
        // Sizes are whole KiB.
        let wanted = size.as_bytes().div_ceil(1024).saturating_mul(1024);
        let wanted = i64::try_from(wanted).ok().filter(|wanted| *wanted > 0);
        let wanted = wanted.ok_or_else(|| {
            about(Error::new(
                ErrorKind::InvalidArgument,
                format!("{size} is no size of a disk"),
            ))
        })?;
        if wanted < capacity(&disk) {
            let message = format!("ESX makes no disk smaller: it has {}", bytes(capacity(&disk)));
            return Err(about(Error::unsupported(message)));
        }
        if wanted == capacity(&disk) {
            return Ok(());
        }
        if has_parent(&disk) {
            let message =
                "the disk stands on another one (a snapshot, or a linked clone), and is not resized so";
            return Err(about(Error::new(ErrorKind::InvalidState, message)));
        }
        disk.capacity_in_kb = wanted / 1024;
        disk.capacity_in_bytes = Some(wanted);
        let spec = VirtualMachineConfigSpec {
            device_change: vec![VirtualDeviceConfigSpec {
                operation: Some(VirtualDeviceConfigSpecOperation::Edit),
                device: disk.into(),
                ..VirtualDeviceConfigSpec::default()
            }],
            // The disk may stand on another one by now.
            change_version: present.change_version.clone(),
            ..VirtualMachineConfigSpec::default()
        };
        let change = Box::new(ReconfigVmTask {
            this: present.reference.clone(),
            spec,
        });
        self.carry_out_change(call, &present, &change, false).await
    }
}

/// A disk by the name of its target, or by its path.
fn find<'c>(config: &'c DomainConfig, name: &str) -> Result<&'c Disk> {
    let disks = || config.devices.iter().flat_map(|devices| &devices.disks);
    let target = |disk: &&Disk| disk.target.as_ref().and_then(|target| target.dev.as_deref()) == Some(name);
    let path = |disk: &&Disk| disk.source.as_ref().and_then(|source| source.file.as_deref()) == Some(name);
    let found = disks().find(target).or_else(|| disks().find(path));
    found.ok_or_else(|| {
        let known: Vec<&str> = disks()
            .filter_map(|disk| disk.target.as_ref()?.dev.as_deref())
            .collect();
        let message = format!("no disk {name:?} (there are: {})", known.join(", "));
        Error::new(ErrorKind::NotFound, message)
    })
}

/// What the server has of a disk of the document.
fn virtual_disk(present: &Present, disk: &Disk) -> Option<VirtualDisk> {
    let kept = kept(&present.document).ok().flatten().unwrap_or_default();
    let place = place_of(disk, kept.hardware_version.unwrap_or(DEFAULT_HARDWARE)).ok()?;
    present
        .hardware
        .at(Slot::At(place))?
        .part::<VirtualDisk>()
        .cloned()
}

fn capacity(disk: &VirtualDisk) -> i64 {
    match disk.capacity_in_bytes {
        Some(bytes) if bytes > 0 => bytes,
        _ => disk.capacity_in_kb.saturating_mul(1024),
    }
}

fn bytes(number: i64) -> ByteSize {
    ByteSize::bytes(u64::try_from(number).unwrap_or_default())
}
