//! Volumes changed and deleted.

use virt_core::storage::{
    StorageVolumeRef, VolumeDeleteOptions, VolumeResize, VolumeResizeOptions, WipeAlgorithm,
};
use virt_core::{CallContext, Error, ErrorKind, Outcome, Result, Subject};

use super::super::EsxDriver;
use super::create::kib;
use super::volumes::VolumeAt;
use crate::vim::{
    DeleteDatastoreFileTask, DeleteVirtualDiskTask, ExtendVirtualDiskTask, ManagedObjectReference,
    ZeroFillVirtualDiskTask,
};

impl EsxDriver {
    pub(super) async fn resize_volume(
        &self,
        call: &CallContext,
        volume: &StorageVolumeRef,
        size: VolumeResize,
        options: &VolumeResizeOptions,
    ) -> Result<()> {
        self.server.check_may_change()?;
        let at = self
            .disk_at(call, volume, "an image has the size of what was uploaded")
            .await?;
        let Some(capacity) = new_capacity(at.image.capacity, size, options, volume)? else {
            return Ok(());
        };
        let datacenter = self.datacenter_of(call, &at.store.reference).await?;
        let extend = ExtendVirtualDiskTask {
            this: self.disk_manager()?,
            name: at.name(),
            datacenter: Some(datacenter.reference),
            new_capacity_kb: capacity,
            eager_zero: options.allocate.then_some(true),
        };
        self.carry_out(call, &extend).await
    }

    pub(super) async fn delete_volume(
        &self,
        call: &CallContext,
        volume: &StorageVolumeRef,
        options: &VolumeDeleteOptions,
    ) -> Result<()> {
        self.server.check_may_change()?;
        if options.with_snapshots {
            return Err(Error::unsupported(
                "a volume of a datastore has no snapshots of its own: those are of its machine",
            ));
        }
        let at = if options.zeroed {
            let at = self
                .disk_at(call, volume, "an image is not overwritten in place")
                .await?;
            self.fill_with_zeros(call, &at).await?;
            at
        } else {
            self.volume_at(call, volume).await?
        };
        let datacenter = self.datacenter_of(call, &at.store.reference).await?;
        if at.image.is_disk() {
            return self.remove_disk(call, &at.name(), &datacenter.reference).await;
        }
        self.remove_file(call, &at.name(), &datacenter.reference).await
    }

    pub(super) async fn wipe_volume(
        &self,
        call: &CallContext,
        volume: &StorageVolumeRef,
        algorithm: WipeAlgorithm,
    ) -> Result<()> {
        self.server.check_may_change()?;
        if algorithm != WipeAlgorithm::Zero {
            return Err(Error::unsupported(format!(
                "a server overwrites disks with zeros, and not by {algorithm:?}"
            )));
        }
        let at = self
            .disk_at(call, volume, "an image is not overwritten in place")
            .await?;
        self.fill_with_zeros(call, &at).await
    }

    async fn fill_with_zeros(&self, call: &CallContext, at: &VolumeAt) -> Result<()> {
        let datacenter = self.datacenter_of(call, &at.store.reference).await?;
        let fill = ZeroFillVirtualDiskTask {
            this: self.disk_manager()?,
            name: at.name(),
            datacenter: Some(datacenter.reference),
        };
        self.carry_out(call, &fill).await
    }

    /// A volume that has to be a disk.
    async fn disk_at(
        &self,
        call: &CallContext,
        volume: &StorageVolumeRef,
        why: &'static str,
    ) -> Result<VolumeAt> {
        let at = self.volume_at(call, volume).await?;
        if at.image.is_disk() {
            return Ok(at);
        }
        Err(Error::unsupported(why).with_subject(Subject::from(volume)))
    }

    pub(super) async fn remove_disk(
        &self,
        call: &CallContext,
        name: &str,
        datacenter: &ManagedObjectReference,
    ) -> Result<()> {
        let delete = DeleteVirtualDiskTask {
            this: self.disk_manager()?,
            name: name.to_owned(),
            datacenter: Some(datacenter.clone()),
        };
        self.carry_out(call, &delete).await
    }

    pub(super) async fn remove_file(
        &self,
        call: &CallContext,
        name: &str,
        datacenter: &ManagedObjectReference,
    ) -> Result<()> {
        let delete = DeleteDatastoreFileTask {
            this: self.file_manager()?,
            name: name.to_owned(),
            datacenter: Some(datacenter.clone()),
        };
        self.carry_out(call, &delete).await
    }
}

/// The capacity that a disk gets, in KiB; `None` where it has it already.
fn new_capacity(
    before: u64,
    size: VolumeResize,
    options: &VolumeResizeOptions,
    volume: &StorageVolumeRef,
) -> Result<Option<i64>> {
    let wrong = |kind: ErrorKind, message: &'static str| {
        Error::new(kind, message)
            .with_outcome(Outcome::NotApplied)
            .with_subject(Subject::from(volume))
    };
    let (after, may_shrink) = match size {
        VolumeResize::To(size) => (Some(size.as_bytes()), options.shrink),
        VolumeResize::GrowBy(more) => (before.checked_add(more.as_bytes()), options.shrink),
        VolumeResize::ShrinkBy(less) if less.is_zero() => (Some(before), true),
        VolumeResize::ShrinkBy(_) => (Some(0), true),
        _ => return Err(Error::unsupported("a volume is not resized that way")),
    };
    let too_large = || wrong(ErrorKind::InvalidArgument, "a disk is not that large");
    let after = after.ok_or_else(too_large)?;
    if after < before {
        return Err(if may_shrink {
            wrong(ErrorKind::Unsupported, "a disk of ESX does not become smaller")
        } else {
            wrong(ErrorKind::InvalidArgument, "the disk has more than that already")
        });
    }
    if after == before {
        return Ok(None);
    }
    kib(after).map(Some).ok_or_else(too_large)
}

#[cfg(test)]
mod tests {
    use super::*;
    use virt_core::model::ByteSize;

    #[test]
    fn disks_grow_by_whole_kib_and_do_not_shrink() {
        let volume = StorageVolumeRef::new("p", "a.vmdk", "");
        let of =
            |size: VolumeResize, options: &VolumeResizeOptions| new_capacity(4096, size, options, &volume);
        let plain = VolumeResizeOptions::default();
        let bytes = ByteSize::bytes;
        assert_eq!(of(VolumeResize::To(bytes(4097)), &plain).unwrap(), Some(5));
        assert_eq!(of(VolumeResize::GrowBy(bytes(1024)), &plain).unwrap(), Some(5));
        assert_eq!(of(VolumeResize::To(bytes(4096)), &plain).unwrap(), None);
        let refused = |size, options: &VolumeResizeOptions| of(size, options).unwrap_err().kind();
        assert_eq!(
            refused(VolumeResize::To(bytes(1)), &plain),
            ErrorKind::InvalidArgument
        );
        assert_eq!(
            refused(VolumeResize::To(bytes(1)), &plain.clone().shrink()),
            ErrorKind::Unsupported
        );
        assert_eq!(
            refused(VolumeResize::ShrinkBy(bytes(1)), &plain),
            ErrorKind::Unsupported
        );
        assert_eq!(
            refused(VolumeResize::GrowBy(bytes(u64::MAX)), &plain),
            ErrorKind::InvalidArgument
        );
    }
}
