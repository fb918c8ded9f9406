//! A datastore, as the server tells of it.

use md5::{Digest as _, Md5};
use uuid::Uuid;
use virt_core::model::{ByteSize, PoolType};
use virt_core::storage::{StoragePoolInfo, StoragePoolRef, StoragePoolState};

use crate::inventory::unescaped;
use crate::vim::{
    AnyDatastoreInfo, AnyValue, DatastoreHostMount, DatastoreInfo, DatastoreSummary, ManagedObjectReference,
    ObjectContent,
};

/// What is read of a datastore.
pub(super) const DATASTORE: &[&str] = &["summary", "info", "host", "browser"];
/// How a datastore is said not to be in maintenance.
const NO_MAINTENANCE: &str = "normal";

/// A datastore.
#[derive(Debug, Clone)]
pub(in crate::driver) struct Datastore {
    pub(in crate::driver) reference: ManagedObjectReference,
    pub(super) browser: ManagedObjectReference,
    pub(super) summary: DatastoreSummary,
    pub(super) info: AnyDatastoreInfo,
    /// The hosts that have it.
    pub(super) mounts: Vec<DatastoreHostMount>,
}

impl Datastore {
    pub(super) fn of(content: ObjectContent) -> Self {
        let mut store = Self {
            reference: content.obj,
            browser: ManagedObjectReference::default(),
            summary: DatastoreSummary::default(),
            info: AnyDatastoreInfo::DatastoreInfo(Box::<DatastoreInfo>::default()),
            mounts: Vec::new(),
        };
        for property in content.prop_set {
            store.take(&property.name, &property.val);
        }
        // The same one comes first each time.
        store.mounts.sort_by(|a, b| a.key.value.cmp(&b.key.value));
        store
    }

    fn take(&mut self, name: &str, value: &AnyValue) {
        match name {
            "summary" => self.summary = value.read().unwrap_or_default(),
            "info" => {
                if let Ok(info) = value.read() {
                    self.info = info;
                }
            }
            "host" => self.mounts = value.list().unwrap_or_default(),
            "browser" => self.browser = value.read().unwrap_or_default(),
            _ => {}
        }
    }

    /// Its name as it stands in the names of files, `[label] dir/file`.
    pub(in crate::driver) fn label(&self) -> &str {
        &self.summary.name
    }

    /// Its name as people write it.
    pub(in crate::driver) fn name(&self) -> String {
        unescaped(&self.summary.name)
    }

    pub(in crate::driver) fn is_called(&self, name: &str) -> bool {
        self.label() == name || self.name() == name
    }

    /// Where hosts have it, `/vmfs/volumes/…`; empty where none has.
    pub(super) fn path(&self) -> &str {
        let mut paths = self
            .mounts
            .iter()
            .filter_map(|mount| mount.mount_info.path.as_deref());
        paths.find(|path| !path.is_empty()).unwrap_or_default()
    }

    /// The MD5 sum of where hosts have it, as in libvirt: a datastore has no uuid of its own, and keeps its place. Of its
    /// URL where no host has it.
    pub(super) fn uuid(&self) -> Uuid {
        let place = match self.path() {
            "" => self.summary.url.as_str(),
            path => path,
        };
        Uuid::from_bytes(Md5::digest(place.as_bytes()).into())
    }

    pub(super) fn pool(&self) -> StoragePoolRef {
        StoragePoolRef::new(self.uuid(), self.name())
    }

    /// What it is in libvirt's terms: VMFS is a file system on devices, NFS one on the network, and all else (vSAN, virtual
    /// volumes, directories) a directory.
    pub(super) fn kind(&self) -> PoolType {
        match &self.info {
            AnyDatastoreInfo::NasDatastoreInfo(_) => PoolType::Netfs,
            AnyDatastoreInfo::VmfsDatastoreInfo(_) => PoolType::Fs,
            _ => PoolType::Dir,
        }
    }

    pub(super) fn state(&self) -> StoragePoolState {
        let is_mounted = |mount: &DatastoreHostMount| mount.mount_info.mounted != Some(false);
        let maintenance = self.summary.maintenance_mode.as_deref();
        if self.summary.accessible {
            return match maintenance {
                None | Some("" | NO_MAINTENANCE) => StoragePoolState::Running,
                Some(_) => StoragePoolState::Degraded,
            };
        }
        if !self.mounts.is_empty() && !self.mounts.iter().any(is_mounted) {
            return StoragePoolState::Inactive;
        }
        StoragePoolState::Inaccessible
    }

    /// How much there is, is taken, and is free.
    pub(super) fn room(&self) -> Option<[ByteSize; 3]> {
        if !self.summary.accessible {
            return None;
        }
        let capacity = u64::try_from(self.summary.capacity).unwrap_or_default();
        let free = u64::try_from(self.summary.free_space)
            .unwrap_or_default()
            .min(capacity);
        Some([capacity, capacity - free, free].map(ByteSize::bytes))
    }

    pub(super) fn pool_info(&self) -> StoragePoolInfo {
        let mut info = StoragePoolInfo::inactive(self.pool());
        info.state = self.state();
        // Hosts have their datastores for as long as they know them, from their boot on.
        info.autostart = true;
        if let Some([capacity, allocation, available]) = self.room() {
            info.capacity = capacity;
            info.allocation = allocation;
            info.available = available;
        }
        info
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::vim::{HostMountInfo, NasDatastoreInfo};

    pub(in crate::driver::storage) fn datastore(name: &str, path: &str) -> Datastore {
        let mut store = Datastore::of(ObjectContent::default());
        store.summary.name = name.to_owned();
        store.summary.accessible = true;
        store.mounts = vec![DatastoreHostMount {
            key: ManagedObjectReference::new("HostSystem", "host-1"),
            mount_info: HostMountInfo {
                path: Some(path.to_owned()),
                ..HostMountInfo::default()
            },
        }];
        store
    }

    #[test]
    fn its_uuid_is_the_sum_of_its_place() {
        // md5("/vmfs/volumes/LocalDS_0"), which is what libvirt says of it as well.
        let store = datastore("LocalDS_0", "/vmfs/volumes/LocalDS_0");
        assert_eq!(
            store.uuid(),
            Uuid::from_bytes(Md5::digest(b"/vmfs/volumes/LocalDS_0").into())
        );
        let mut nowhere = store.clone();
        nowhere.mounts.clear();
        nowhere.summary.url = "ds:///vmfs/volumes/1/".to_owned();
        assert_ne!(nowhere.uuid(), store.uuid());
    }

    #[test]
    fn its_state_is_whether_it_can_be_reached() {
        let mut store = datastore("a", "/vmfs/volumes/a");
        store.summary.capacity = 100;
        store.summary.free_space = 30;
        assert_eq!(store.state(), StoragePoolState::Running);
        let info = store.pool_info();
        assert_eq!(
            (info.capacity, info.allocation, info.available),
            (ByteSize::bytes(100), ByteSize::bytes(70), ByteSize::bytes(30))
        );
        store.summary.maintenance_mode = Some("inMaintenance".to_owned());
        assert_eq!(store.state(), StoragePoolState::Degraded);
        store.summary.accessible = false;
        assert_eq!(store.state(), StoragePoolState::Inaccessible);
        assert_eq!(store.pool_info().capacity, ByteSize::ZERO);
        if let Some(mount) = store.mounts.first_mut() {
            mount.mount_info.mounted = Some(false);
        }
        assert_eq!(store.state(), StoragePoolState::Inactive);
    }

    #[test]
    fn its_type_is_where_its_content_lies() {
        let mut store = datastore("50%25", "/vmfs/volumes/a");
        assert_eq!(store.kind(), PoolType::Dir);
        store.info = AnyDatastoreInfo::NasDatastoreInfo(Box::<NasDatastoreInfo>::default());
        assert_eq!(store.kind(), PoolType::Netfs);
        assert_eq!((store.name().as_str(), store.label()), ("50%", "50%25"));
        assert!(store.is_called("50%") && store.is_called("50%25"));
    }
}
