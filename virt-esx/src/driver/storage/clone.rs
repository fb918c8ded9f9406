//! Volumes with the content of others.

use virt_core::model::VolumeConfig;
use virt_core::storage::{StoragePoolRef, StorageVolumeRef, VolumeCreateOptions};
use virt_core::{CallClass, CallContext, Error, ErrorKind, Outcome, Result, Subject};

use super::super::EsxDriver;
use super::super::datacenter::Datacenter;
use super::browse::ImageKind;
use super::create::{kib, plain_spec};
use super::names;
use super::spec::{Room, Wished, WishedKind, wished};
use super::volumes::VolumeAt;
use crate::session::is_vcenter;
use crate::vim::{AnyVirtualDiskSpec, CopyDatastoreFileTask, CopyVirtualDiskTask, ExtendVirtualDiskTask};

/// Where a copy goes, and what it is to be.
struct Copy<'a> {
    name: String,
    datacenter: &'a Datacenter,
    wished: &'a Wished,
}

impl EsxDriver {
    pub(super) async fn clone_volume(
        &self,
        call: &CallContext,
        pool: &StoragePoolRef,
        (config, options): (&VolumeConfig, &VolumeCreateOptions),
        origin: &StorageVolumeRef,
    ) -> Result<StorageVolumeRef> {
        self.server.check_may_change()?;
        config.validate_copy()?;
        let mut wished = wished(config, options)?;
        let origin = self.volume_at(call, origin).await?;
        self.fit_to_origin(&mut wished, &origin)?;
        let found = self.datastores(call).await?;
        let store = found.of_pool(pool)?;
        store.must_be_accessible()?;
        self.must_not_be_there(call, store, &wished.path).await?;
        let datacenter = self.datacenter_of(call, &store.reference).await?;
        let from = self.datacenter_of(call, &origin.store.reference).await?;
        self.make_directory_of(call, &datacenter, store, &wished.path)
            .await?;
        let copy = Copy {
            name: names::whole(store.label(), &wished.path),
            datacenter: &datacenter,
            wished: &wished,
        };
        if wished.kind == WishedKind::Disk {
            self.copy_disk(call, &origin, &from, &copy).await?;
        } else {
            let copy = CopyDatastoreFileTask {
                this: self.file_manager()?,
                source_name: origin.name(),
                source_datacenter: Some(from.reference.clone()),
                destination_name: copy.name,
                destination_datacenter: Some(datacenter.reference.clone()),
                force: Some(false),
            };
            self.carry_out(call, &copy).await?;
        }
        Ok(found.volume(store, &wished.path))
    }

    /// Whether a copy of this one can be like that.
    fn fit_to_origin(&self, wished: &mut Wished, origin: &VolumeAt) -> Result<()> {
        let image = &origin.image;
        if !wished.kind.is_like(&image.kind) {
            let message = format!("a copy is what its origin is: {:?} ends otherwise", wished.path);
            return Err(Error::new(ErrorKind::InvalidConfig, message)
                .with_subject(Subject::Element("/volume/name".to_owned())));
        }
        let capacity = wished.capacity.filter(|capacity| *capacity > 0);
        let is_disk = wished.kind == WishedKind::Disk;
        if capacity.is_some_and(|capacity| capacity < image.capacity || capacity > image.capacity && !is_disk)
        {
            let message = format!(
                "the origin has {} bytes: a copy of it has as many{}",
                image.capacity,
                if is_disk { ", or more" } else { "" }
            );
            return Err(Error::new(ErrorKind::InvalidConfig, message)
                .with_subject(Subject::Element("/volume/capacity".to_owned())));
        }
        wished.capacity = capacity;
        let is_thin = matches!(&image.kind, ImageKind::Disk(kind) if kind.thin);
        let differs = match wished.room {
            Some(Room::Thin) => !is_thin,
            Some(Room::Preallocated) => is_thin,
            None => false,
        };
        if !differs {
            wished.room = None;
        } else if is_vcenter(self.server.session.content()) {
            return Err(Error::unsupported(
                "a vCenter copies a disk as it is, thin or preallocated: leave the allocation out, or ask its host",
            )
            .with_subject(Subject::Element("/volume/allocation".to_owned())));
        }
        Ok(())
    }

    async fn copy_disk(
        &self,
        call: &CallContext,
        origin: &VolumeAt,
        from: &Datacenter,
        to: &Copy<'_>,
    ) -> Result<()> {
        let spec = to.wished.room.map(plain_spec);
        let copy = CopyVirtualDiskTask {
            this: self.disk_manager()?,
            source_name: origin.name(),
            source_datacenter: Some(from.reference.clone()),
            dest_name: to.name.clone(),
            dest_datacenter: Some(to.datacenter.reference.clone()),
            dest_spec: spec.map(|spec| AnyVirtualDiskSpec::VirtualDiskSpec(Box::new(spec))),
            force: Some(false),
        };
        self.carry_out(call, &copy).await?;
        let larger = to
            .wished
            .capacity
            .filter(|capacity| *capacity > origin.image.capacity);
        let Some(larger) = larger.and_then(kib) else {
            return Ok(());
        };
        let extend = ExtendVirtualDiskTask {
            this: self.disk_manager()?,
            name: to.name.clone(),
            datacenter: Some(to.datacenter.reference.clone()),
            new_capacity_kb: larger,
            eager_zero: None,
        };
        let Err(error) = self.carry_out(call, &extend).await else {
            return Ok(());
        };
        // A copy that is not as large as it was to be is none. The call's own time may be over by now.
        let time = self.server.deadlines.of(CallClass::Change);
        let removing = CallContext::new(call.operation, CallClass::Change, time);
        let removed = self.remove_disk(&removing, &to.name, &to.datacenter.reference);
        let removed = removed.await;
        let outcome = match (&removed, error.outcome()) {
            (Ok(()), Outcome::NotApplied) => Outcome::NotApplied,
            _ => Outcome::Unknown,
        };
        Err(error.with_outcome(outcome))
    }
}
