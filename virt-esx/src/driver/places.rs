//! Where in a vCenter a machine is to be: hosts, clusters, resource pools, datastores and folders by their names.

use std::collections::HashMap;

use virt_core::{CallContext, Error, ErrorKind, Result, Subject};

use super::EsxDriver;
use super::datacenter::Datacenter;
use crate::extension::Placement;
use crate::inventory::{escaped, unescaped};
use crate::listed::listed;
use crate::property::{self, Wanted};
use crate::session::is_vcenter;
use crate::vim::{AnyValue, FindChild, ManagedObjectReference, ObjectContent};

/// A place in the inventory: what was said of it, by the server's own names.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) host: Option<ManagedObjectReference>,
    pub(super) pool: Option<ManagedObjectReference>,
    pub(super) datastore: Option<ManagedObjectReference>,
    pub(super) folder: Option<ManagedObjectReference>,
}

impl EsxDriver {
    /// Refuses what only a vCenter can do.
    pub(super) fn must_be_vcenter(&self, what: &str) -> Result<()> {
        if is_vcenter(self.server.session.content()) {
            return Ok(());
        }
        Err(Error::unsupported(format!(
            "a host by itself cannot {what}: connect to its vCenter (vpx://)"
        )))
    }

    /// The objects that a user has named, of the datacenter that a machine is in.
    pub(super) async fn place(
        &self,
        call: &CallContext,
        datacenter: &Datacenter,
        wanted: &Placement,
    ) -> Result<Place> {
        let mut place = Place::default();
        let mut compute = None;
        if let Some(name) = &wanted.cluster {
            let clusters = self
                .objects_of_kind(call, "ClusterComputeResource", &["name", "resourcePool"])
                .await?;
            let cluster = the_one(clusters, "cluster", name)?;
            place.pool = reference_in(&cluster, "resourcePool");
            compute = Some(cluster.obj);
        }
        if let Some(name) = &wanted.host {
            let hosts = self
                .objects_of_kind(call, "HostSystem", &["name", "parent"])
                .await?;
            let host = the_one(hosts, "host", name)?;
            let parent = reference_in(&host, "parent");
            if compute.is_some() && parent != compute {
                let message = format!(
                    "the host is not in cluster {:?}",
                    wanted.cluster.as_deref().unwrap_or_default()
                );
                return Err(
                    Error::new(ErrorKind::InvalidArgument, message).with_subject(Subject::Host(name.clone()))
                );
            }
            if let Some(parent) = &parent {
                place.pool = self.root_pool(call, parent).await?;
            }
            place.host = Some(host.obj);
            compute = parent;
        }
        if let Some(name) = &wanted.pool {
            let mut pools = self
                .objects_of_kind(call, "ResourcePool", &["name", "owner"])
                .await?;
            pools.retain(|pool| compute.is_none() || reference_in(pool, "owner") == compute);
            place.pool = Some(the_one(pools, "resource pool", name)?.obj);
        }
        if let Some(name) = &wanted.datastore {
            place.datastore = Some(self.datastore_called(call, datacenter, name).await?);
        }
        if let Some(path) = &wanted.folder {
            place.folder = Some(self.folder(call, datacenter, path).await?);
        }
        Ok(place)
    }

    /// The resource pool that all of a cluster, or of a host by itself, is.
    pub(super) async fn root_pool(
        &self,
        call: &CallContext,
        compute: &ManagedObjectReference,
    ) -> Result<Option<ManagedObjectReference>> {
        let mut read = property::of_object(&self.server.session, call, compute, &["resourcePool"]).await?;
        Ok(read.remove("resourcePool").and_then(|pool| pool.read().ok()))
    }

    /// The root resource pool of where a host is.
    pub(super) async fn pool_of_host(
        &self,
        call: &CallContext,
        host: &ManagedObjectReference,
    ) -> Result<Option<ManagedObjectReference>> {
        let mut read = property::of_object(&self.server.session, call, host, &["parent"]).await?;
        let parent = read.remove("parent").and_then(|parent| parent.read().ok());
        match parent {
            Some(parent) => self.root_pool(call, &parent).await,
            None => Ok(None),
        }
    }

    /// Whether two hosts are of one cluster, or one and the same: a machine that moves from one to the other stays in its
    /// resource pool.
    pub(super) async fn are_together(
        &self,
        call: &CallContext,
        one: Option<&ManagedObjectReference>,
        other: Option<&ManagedObjectReference>,
    ) -> Result<bool> {
        let (Some(one), Some(other)) = (one, other) else {
            return Ok(false);
        };
        if one == other {
            return Ok(true);
        }
        let hosts = property::of_references(
            &[one.clone(), other.clone()],
            &[Wanted {
                kind: "HostSystem",
                paths: &["parent"],
            }],
        );
        let found = property::of_objects(&self.server.session, call, hosts).await?;
        let mut parents = found.iter().map(|host| reference_in(host, "parent"));
        let first = parents.next().flatten();
        Ok(first.is_some() && found.len() == 2 && parents.all(|parent| parent == first))
    }

    async fn datastore_called(
        &self,
        call: &CallContext,
        datacenter: &Datacenter,
        name: &str,
    ) -> Result<ManagedObjectReference> {
        let stores = self.datastores_of(call, datacenter).await?;
        stores.of_name(name).map(|store| store.reference.clone())
    }

    /// A folder of machines, by its path below the datacenter's own: `production/web`. That itself by an empty one.
    async fn folder(
        &self,
        call: &CallContext,
        datacenter: &Datacenter,
        path: &str,
    ) -> Result<ManagedObjectReference> {
        let session = &self.server.session;
        let no_such = || {
            Error::new(
                ErrorKind::NotFound,
                "the datacenter has no such folder of machines",
            )
            .with_subject(Subject::Other(format!("folder {path:?}")))
        };
        let mut at = self.machines_folder(call, datacenter).await?;
        let search = session.content().search_index.clone().ok_or_else(no_such)?;
        for name in path.split('/').filter(|name| !name.is_empty()) {
            let ask = FindChild {
                this: search.clone(),
                entity: at,
                name: escaped(name),
            };
            let found = session.read(call, &ask).await?;
            at = found.filter(|found| found.kind == "Folder").ok_or_else(no_such)?;
        }
        Ok(at)
    }

    /// The folder that all machines of a datacenter are below.
    pub(super) async fn machines_folder(
        &self,
        call: &CallContext,
        datacenter: &Datacenter,
    ) -> Result<ManagedObjectReference> {
        let session = &self.server.session;
        let mut read = property::of_object(session, call, &datacenter.reference, &["vmFolder"]).await?;
        let folder = read.remove("vmFolder").and_then(|folder| folder.read().ok());
        folder.ok_or_else(|| {
            Error::new(
                ErrorKind::NotFound,
                "the server does not say which folder its machines are in",
            )
        })
    }
}

/// A property of these objects.
fn value_in<'a>(object: &'a ObjectContent, property: &str) -> Option<&'a AnyValue> {
    let mut properties = object.prop_set.iter();
    properties
        .find(|known| known.name == property)
        .map(|known| &known.val)
}

fn reference_in(object: &ObjectContent, property: &str) -> Option<ManagedObjectReference> {
    value_in(object, property)?.read().ok()
}

/// The only one of this name.
fn the_one(objects: Vec<ObjectContent>, what: &str, name: &str) -> Result<ObjectContent> {
    let subject = || Subject::Other(format!("{what} {name:?}"));
    let mut names: HashMap<String, Vec<ObjectContent>> = HashMap::new();
    for object in objects {
        let called = value_in(&object, "name").map(AnyValue::text).unwrap_or_default();
        names.entry(unescaped(&called)).or_default().push(object);
    }
    let mut found = names.remove(name).unwrap_or_default();
    match (found.pop(), found.is_empty()) {
        (Some(one), true) => Ok(one),
        (Some(_), false) => {
            let message = format!(
                "{} of them are called so: say where it is (its host or cluster), or a narrower path in the URI",
                found.len() + 1
            );
            Err(Error::new(ErrorKind::InvalidArgument, message).with_subject(subject()))
        }
        (None, _) => {
            let listed = listed(names.into_keys().collect());
            let message = format!("no such {what} (there are: {listed})");
            Err(Error::new(ErrorKind::NotFound, message).with_subject(subject()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vim::DynamicProperty;

    fn object(value: &str, name: &str) -> ObjectContent {
        ObjectContent {
            obj: ManagedObjectReference::new("HostSystem", value),
            prop_set: vec![DynamicProperty {
                name: "name".to_owned(),
                val: name.into(),
            }],
            ..ObjectContent::default()
        }
    }

    #[test]
    fn a_name_is_of_one_object_or_refused_with_those_there_are() {
        let objects = || vec![object("h-1", "a%2fb"), object("h-2", "two"), object("h-3", "two")];
        assert_eq!(the_one(objects(), "host", "a/b").unwrap().obj.value, "h-1");
        let error = the_one(objects(), "host", "two").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidArgument);
        let error = the_one(objects(), "host", "c").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotFound);
        assert!(error.message().contains("a/b, two"), "{error}");
    }
}
