//! Which datastore, which file is meant.

use uuid::Uuid;
use virt_core::storage::{StoragePoolRef, StoragePoolSelector, StorageVolumeRef};
use virt_core::{CallContext, Error, ErrorKind, Result, Subject};

use super::super::EsxDriver;
use super::super::datacenter::Datacenter;
use super::datastore::{DATASTORE, Datastore};
use super::names;
use crate::listed::listed;
use crate::property::{self, Wanted, behind, of_references};
use crate::vim::{ManagedObjectReference, ObjectContent};

/// Where hosts have datastores by their names as well.
const VOLUMES: &str = "/vmfs/volumes/";

/// The datastores that a connection is about, sorted by name: each once, where several datacenters have the same one.
#[derive(Debug, Clone)]
pub(in crate::driver) struct Datastores(pub(in crate::driver) Vec<Datastore>);

impl EsxDriver {
    /// Asks for the datastores.
    pub(in crate::driver) async fn datastores(&self, call: &CallContext) -> Result<Datastores> {
        self.server.check_open()?;
        let scope = &self.server.scope;
        // Datastores lie beside hosts in the inventory, not below them.
        let found = if matches!(
            scope.kind.as_str(),
            "HostSystem" | "ComputeResource" | "ClusterComputeResource"
        ) {
            let spec = behind(scope, "datastore", &[wanted()]);
            property::of_objects(&self.server.session, call, spec).await?
        } else {
            let found = self.objects_of_kind(call, "Datastore", DATASTORE).await?;
            if found.is_empty() && scope.kind == "Folder" {
                self.datastores_of_hosts(call).await?
            } else {
                found
            }
        };
        Ok(Datastores::new(found.into_iter().map(Datastore::of).collect()))
    }

    /// Those of a datacenter, by which its machines' files are named.
    pub(in crate::driver) async fn datastores_of(
        &self,
        call: &CallContext,
        datacenter: &Datacenter,
    ) -> Result<Datastores> {
        let session = &self.server.session;
        let mut read = property::of_object(session, call, &datacenter.reference, &["datastore"]).await?;
        let stores = read.remove("datastore").and_then(|stores| stores.list().ok());
        let stores: Vec<ManagedObjectReference> = stores.unwrap_or_default();
        let found = self.described_datastores(call, &stores).await?;
        Ok(Datastores::new(found.into_iter().map(Datastore::of).collect()))
    }

    async fn described_datastores(
        &self,
        call: &CallContext,
        stores: &[ManagedObjectReference],
    ) -> Result<Vec<ObjectContent>> {
        if stores.is_empty() {
            return Ok(Vec::new());
        }
        let spec = of_references(stores, &[wanted()]);
        property::of_objects(&self.server.session, call, spec).await
    }

    /// Those of the hosts in a folder, which has none itself.
    async fn datastores_of_hosts(&self, call: &CallContext) -> Result<Vec<ObjectContent>> {
        let hosts = self.objects_of_kind(call, "HostSystem", &["datastore"]).await?;
        let properties = hosts.into_iter().flat_map(|host| host.prop_set);
        let mut stores: Vec<ManagedObjectReference> = properties
            .flat_map(|property| property.val.list().unwrap_or_default())
            .collect();
        stores.sort_by(|a, b| a.value.cmp(&b.value));
        stores.dedup();
        self.described_datastores(call, &stores).await
    }

    /// A pool's datastore.
    pub(super) async fn datastore(&self, call: &CallContext, pool: &StoragePoolRef) -> Result<Datastore> {
        let found = self.datastores(call).await?;
        found.of_pool(pool).cloned()
    }
}

/// What is read of datastores.
fn wanted() -> Wanted<'static> {
    Wanted {
        kind: "Datastore",
        paths: DATASTORE,
    }
}

impl Datastores {
    pub(super) fn new(mut all: Vec<Datastore>) -> Self {
        all.sort_by_cached_key(|store| (store.name(), store.reference.value.clone()));
        let mut seen = Vec::new();
        all.retain(|store| {
            let uuid = store.uuid();
            let is_new = !seen.contains(&uuid);
            seen.push(uuid);
            is_new
        });
        Self(all)
    }

    fn only<'a>(
        &'a self,
        what: &dyn std::fmt::Display,
        mut hits: impl Iterator<Item = &'a Datastore>,
    ) -> Result<&'a Datastore> {
        let subject = || Subject::StoragePool(what.to_string());
        match (hits.next(), hits.next()) {
            (Some(found), None) => Ok(found),
            (Some(_), Some(_)) => {
                let message = "several datastores of the inventory are called so: say the uuid, or a part of the inventory in the URI";
                Err(Error::new(ErrorKind::InvalidArgument, message).with_subject(subject()))
            }
            (None, _) => {
                let listed = listed(self.0.iter().map(Datastore::name).collect());
                let message = format!("no such datastore (there are: {listed})");
                Err(Error::new(ErrorKind::NotFound, message).with_subject(subject()))
            }
        }
    }

    fn of_uuid(&self, uuid: Uuid) -> Result<&Datastore> {
        self.only(&uuid, self.0.iter().filter(|store| store.uuid() == uuid))
    }

    /// A pool's.
    pub(super) fn of_pool(&self, pool: &StoragePoolRef) -> Result<&Datastore> {
        let found = self.of_uuid(pool.uuid);
        found.map_err(|error| error.with_subject(Subject::from(pool)))
    }

    pub(in crate::driver) fn of_name(&self, name: &str) -> Result<&Datastore> {
        self.only(&name, self.0.iter().filter(|store| store.is_called(name)))
    }

    /// The one that a selector names.
    pub(super) fn select(&self, selector: &StoragePoolSelector) -> Result<&Datastore> {
        match selector {
            StoragePoolSelector::Name(name) => self.of_name(name),
            StoragePoolSelector::Uuid(uuid) => self.of_uuid(*uuid),
            StoragePoolSelector::TargetPath(path) => {
                let path = path.trim_end_matches('/');
                let by_name = path.strip_prefix(VOLUMES);
                let hits = self.0.iter().filter(|store| {
                    store.path() == path || by_name.is_some_and(|name| store.label() == name)
                });
                self.only(&path, hits)
            }
            StoragePoolSelector::Volume(volume) => self.of_volume(volume).map(|(store, _)| store),
            _ => Err(Error::unsupported("a pool is not looked up that way")),
        }
    }

    /// A volume's datastore, and the volume's path in it. Where several datastores have the pool's name, its key says
    /// which one.
    pub(super) fn of_volume<'a>(&'a self, volume: &StorageVolumeRef) -> Result<(&'a Datastore, String)> {
        let by_name = self
            .0
            .iter()
            .filter(|store| store.is_called(&volume.pool))
            .count();
        if by_name > 1 || volume.name.is_empty() {
            return self.of_file(&volume.key);
        }
        let store = self.of_name(&volume.pool)?;
        names::check(&volume.name)?;
        Ok((store, volume.name.clone()))
    }

    /// The datastore of a file, and its path there: `[datastore] dir/file`, or where it is on the host.
    pub(super) fn of_file(&self, name: &str) -> Result<(&Datastore, String)> {
        if let Some((label, path)) = names::parts(name) {
            let store = self.of_name(label)?;
            names::check(path)?;
            return Ok((store, path.to_owned()));
        }
        let within = |place: &str| Some(name.strip_prefix(place)?.strip_prefix('/')?.to_owned());
        let by_place = self.0.iter().find_map(|store| {
            let place = store.path();
            let path = (!place.is_empty()).then(|| within(place))??;
            Some((store, path))
        });
        let found = by_place.or_else(|| {
            let (label, path) = name.strip_prefix(VOLUMES)?.split_once('/')?;
            Some((self.of_name(label).ok()?, path.to_owned()))
        });
        let Some((store, path)) = found else {
            let message = "no datastore has such a file: say [datastore] dir/file, or /vmfs/volumes/…";
            return Err(Error::new(ErrorKind::NotFound, message)
                .with_subject(Subject::StorageVolume(name.to_owned())));
        };
        names::check(&path)?;
        Ok((store, path))
    }

    /// A volume of a datastore. Its key is its name, `[datastore] dir/file`, and where several datastores are called
    /// so, its place on the host.
    pub(super) fn volume(&self, store: &Datastore, path: &str) -> StorageVolumeRef {
        let others = self.0.iter().filter(|other| other.is_called(store.label()));
        let place = store.path();
        let key = if others.count() > 1 && !place.is_empty() {
            format!("{place}/{path}")
        } else {
            names::whole(store.label(), path)
        };
        StorageVolumeRef::new(store.name(), path, key)
    }
}

#[cfg(test)]
mod tests {
    use super::super::datastore::tests::datastore;
    use super::*;

    fn two() -> Datastores {
        let (mut a, mut b) = (
            datastore("same", "/vmfs/volumes/1"),
            datastore("same", "/vmfs/volumes/2"),
        );
        a.reference.value = "datastore-1".to_owned();
        b.reference.value = "datastore-2".to_owned();
        Datastores::new(vec![b, a, datastore("other", "/vmfs/volumes/3")])
    }

    #[test]
    fn one_of_several_of_a_name_is_said_by_its_uuid_or_its_place() {
        let stores = two();
        let error = stores.of_name("same").map(drop).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidArgument);
        let second = stores.of_uuid(datastore("", "/vmfs/volumes/2").uuid()).unwrap();
        assert_eq!(second.reference.value, "datastore-2");
        let volume = stores.volume(second, "a/b.vmdk");
        assert_eq!(volume.key, "/vmfs/volumes/2/a/b.vmdk");
        let (store, path) = stores.of_volume(&volume).unwrap();
        assert_eq!(
            (store.reference.value.as_str(), path.as_str()),
            ("datastore-2", "a/b.vmdk")
        );
        let place = StoragePoolSelector::TargetPath("/vmfs/volumes/1/".to_owned());
        assert_eq!(stores.select(&place).unwrap().reference.value, "datastore-1");
        let other = stores.of_name("other").unwrap();
        assert_eq!(stores.volume(other, "c.iso").key, "[other] c.iso");
        let (_, path) = stores.of_file("/vmfs/volumes/other/c.iso").unwrap();
        assert_eq!(path, "c.iso");
    }

    #[test]
    fn what_several_datacenters_have_is_one_pool() {
        let stores = Datastores::new(vec![
            datastore("shared", "/vmfs/volumes/1"),
            datastore("shared", "/vmfs/volumes/1"),
        ]);
        assert_eq!(stores.0.len(), 1);
        let error = stores.of_name("no").map(drop).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotFound);
        assert!(error.to_string().contains("shared"), "{error}");
        let error = stores.of_file("[shared] ../x").map(drop).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidArgument);
    }
}
