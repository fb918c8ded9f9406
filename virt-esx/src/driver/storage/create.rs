//! Volumes made.

use virt_core::model::VolumeConfig;
use virt_core::storage::{StoragePoolRef, StorageVolumeRef, VolumeCreateOptions};
use virt_core::{CallContext, Error, ErrorKind, Outcome, Result, Subject};

use super::super::EsxDriver;
use super::super::datacenter::Datacenter;
use super::datastore::Datastore;
use super::names;
use super::spec::{Room, Wished, WishedKind, wished};
use crate::soap::DatastoreFile;
use crate::vim::{
    AnyVirtualDiskSpec, CreateVirtualDiskTask, FileBackedVirtualDiskSpec, ManagedObjectReference,
    VirtualDiskAdapterType, VirtualDiskSpec,
};

impl EsxDriver {
    pub(super) async fn create_volume(
        &self,
        call: &CallContext,
        pool: &StoragePoolRef,
        config: &VolumeConfig,
        options: &VolumeCreateOptions,
    ) -> Result<StorageVolumeRef> {
        self.server.check_may_change()?;
        config.validate()?;
        let wished = wished(config, options)?;
        let capacity = capacity_of(&wished)?;
        let found = self.datastores(call).await?;
        let store = found.of_pool(pool)?;
        store.must_be_accessible()?;
        self.must_not_be_there(call, store, &wished.path).await?;
        let datacenter = self.datacenter_of(call, &store.reference).await?;
        self.make_directory_of(call, &datacenter, store, &wished.path)
            .await?;
        if wished.kind == WishedKind::Disk {
            let create = CreateVirtualDiskTask {
                this: self.disk_manager()?,
                name: names::whole(store.label(), &wished.path),
                datacenter: Some(datacenter.reference.clone()),
                spec: disk_spec(capacity, wished.room),
            };
            self.carry_out(call, &create).await?;
        } else {
            let file = file_in(&datacenter, store, &wished.path);
            self.server.session.put_file(call, &file, Vec::new()).await?;
        }
        Ok(found.volume(store, &wished.path))
    }

    /// What is there already is not overwritten, whatever it is.
    pub(super) async fn must_not_be_there(
        &self,
        call: &CallContext,
        store: &Datastore,
        path: &str,
    ) -> Result<()> {
        if self.is_there(call, store, path).await? != Some(true) {
            return Ok(());
        }
        let name = names::whole(store.label(), path);
        let message = format!("{name} exists already");
        Err(Error::new(ErrorKind::AlreadyExists, message)
            .with_outcome(Outcome::NotApplied)
            .with_subject(Subject::StorageVolume(name)))
    }

    /// Makes the directory that a file is to be in.
    pub(super) async fn make_directory_of(
        &self,
        call: &CallContext,
        datacenter: &Datacenter,
        store: &Datastore,
        path: &str,
    ) -> Result<()> {
        match names::split(path) {
            ("", _) => Ok(()),
            (directory, _) => {
                self.make_directory(call, datacenter, store.label(), directory)
                    .await
            }
        }
    }

    pub(super) fn disk_manager(&self) -> Result<ManagedObjectReference> {
        let manager = self.server.session.content().virtual_disk_manager.clone();
        manager.ok_or_else(|| Error::unsupported("the server has no manager of virtual disks"))
    }

    pub(super) fn file_manager(&self) -> Result<ManagedObjectReference> {
        let manager = self.server.session.content().file_manager.clone();
        manager.ok_or_else(|| Error::unsupported("the server has no manager of files"))
    }
}

/// A file as it is read and written.
pub(super) fn file_in(datacenter: &Datacenter, store: &Datastore, path: &str) -> DatastoreFile {
    DatastoreFile {
        datacenter: datacenter.path.clone(),
        datastore: store.label().to_owned(),
        path: path.to_owned(),
    }
}

/// How large it is to be, in KiB: of a disk something, of a file nothing yet.
fn capacity_of(wished: &Wished) -> Result<i64> {
    let wrong = |message: &'static str| {
        Error::new(ErrorKind::InvalidConfig, message)
            .with_subject(Subject::Element("/volume/capacity".to_owned()))
    };
    let capacity = wished.capacity.unwrap_or_default();
    if wished.kind != WishedKind::Disk {
        return match capacity {
            0 => Ok(0),
            _ => Err(Error::unsupported(
                "an image in a datastore has the size of what is uploaded: make it with capacity 0",
            )
            .with_subject(Subject::Element("/volume/capacity".to_owned()))),
        };
    }
    if capacity == 0 {
        return Err(wrong("a disk has some capacity"));
    }
    kib(capacity).ok_or_else(|| wrong("a disk is not that large"))
}

/// Whole KiB.
pub(super) fn kib(bytes: u64) -> Option<i64> {
    i64::try_from(bytes.div_ceil(1024)).ok()
}

fn disk_spec(capacity: i64, room: Option<Room>) -> AnyVirtualDiskSpec {
    AnyVirtualDiskSpec::FileBackedVirtualDiskSpec(Box::new(FileBackedVirtualDiskSpec {
        base: plain_spec(room.unwrap_or(Room::Preallocated)),
        capacity_kb: capacity,
        ..FileBackedVirtualDiskSpec::default()
    }))
}

/// The controller that a disk is made for is only a hint: it goes on any.
pub(super) fn plain_spec(room: Room) -> VirtualDiskSpec {
    VirtualDiskSpec {
        disk_type: room.kind().as_str().to_owned(),
        adapter_type: VirtualDiskAdapterType::LsiLogic.as_str().to_owned(),
    }
}
