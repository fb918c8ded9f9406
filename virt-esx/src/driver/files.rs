//! Files of datastores, looked for.

use std::collections::BTreeMap;

use virt_core::{CallContext, Error, ErrorKind, Result, Subject};

use super::EsxDriver;
use super::datacenter::Datacenter;
use crate::property;
use crate::task;
use crate::vim::{
    FileInfo, FileQueryFlags, HostDatastoreBrowserSearchResults, HostDatastoreBrowserSearchSpec,
    ManagedObjectReference, ObjectSpec, PropertyFilterSpec, PropertySpec, SearchDatastoreTask,
};

/// A datastore, and what looks for files in it.
#[derive(Debug, Clone)]
pub(super) struct Datastore {
    pub(super) name: String,
    browser: Option<ManagedObjectReference>,
}

/// A name of a file in its parts: datastore, directory, file.
fn parts(name: &str) -> Option<(&str, &str, &str)> {
    let (datastore, path) = name.strip_prefix('[')?.split_once(']')?;
    let path = path.trim_start();
    let (directory, file) = path.rsplit_once('/').unwrap_or(("", path));
    (!datastore.is_empty() && !file.is_empty()).then_some((datastore, directory, file))
}

impl EsxDriver {
    /// The datastores of a datacenter.
    pub(super) async fn datastores(
        &self,
        call: &CallContext,
        datacenter: &Datacenter,
    ) -> Result<Vec<Datastore>> {
        let session = &self.server.session;
        let mut read = property::of_object(session, call, &datacenter.reference, &["datastore"]).await?;
        let references = read.remove("datastore").and_then(|list| list.list().ok());
        let references: Vec<ManagedObjectReference> = references.unwrap_or_default();
        if references.is_empty() {
            return Ok(Vec::new());
        }
        let spec = of_references(&references, &[("Datastore", &["name", "browser"])]);
        let objects = property::of_objects(session, call, spec).await?;
        let store = |object: crate::vim::ObjectContent| {
            let mut store = Datastore {
                name: String::new(),
                browser: None,
            };
            for property in object.prop_set {
                match property.name.as_str() {
                    "name" => store.name = crate::inventory::unescaped(&property.val.text()),
                    _ => store.browser = property.val.read().ok(),
                }
            }
            store
        };
        Ok(objects.into_iter().map(store).collect())
    }

    /// Looks for files by their names, `[datastore] dir/file`: those that are there.
    ///
    /// # Errors
    /// [`InvalidConfig`](ErrorKind::InvalidConfig) for a datastore that is not there, by name.
    pub(super) async fn find_files(
        &self,
        call: &CallContext,
        datacenter: &Datacenter,
        names: &[&str],
    ) -> Result<BTreeMap<String, FileInfo>> {
        let mut directories: BTreeMap<(&str, &str), Vec<&str>> = BTreeMap::new();
        for name in names {
            if let Some((datastore, directory, file)) = parts(name) {
                directories.entry((datastore, directory)).or_default().push(file);
            }
        }
        let mut found = BTreeMap::new();
        if directories.is_empty() {
            return Ok(found);
        }
        let stores = self.datastores(call, datacenter).await?;
        for ((datastore, directory), files) in directories {
            let store = stores.iter().find(|store| store.name == datastore);
            let store = store.ok_or_else(|| no_datastore(datastore, &stores))?;
            let infos = self.search(call, store, directory, &files).await?;
            for info in infos {
                let name = match directory {
                    "" => format!("[{datastore}] {}", info.path),
                    directory => format!("[{datastore}] {directory}/{}", info.path),
                };
                found.insert(name, info);
            }
        }
        // A pattern may have found more.
        found.retain(|name, _| names.iter().any(|own| same(own, name)));
        Ok(found)
    }

    /// The files in a directory with these names, or names that fit them as patterns.
    pub(super) async fn search(
        &self,
        call: &CallContext,
        store: &Datastore,
        directory: &str,
        patterns: &[&str],
    ) -> Result<Vec<FileInfo>> {
        let browser = store.browser.clone();
        let browser = browser.ok_or_else(|| Error::unsupported("the datastore cannot be looked into"))?;
        let search = SearchDatastoreTask {
            this: browser,
            datastore_path: format!("[{}] {directory}", store.name).trim_end().to_owned(),
            search_spec: Some(HostDatastoreBrowserSearchSpec {
                details: Some(FileQueryFlags {
                    file_type: true,
                    file_size: true,
                    ..FileQueryFlags::default()
                }),
                match_pattern: patterns.iter().map(|pattern| (*pattern).to_owned()).collect(),
                ..HostDatastoreBrowserSearchSpec::default()
            }),
        };
        let session = &self.server.session;
        let searched = async {
            // It only looks, whoever may change nothing may do it too.
            let begun = session.read(call, &search).await?;
            task::done(session, call, &begun).await
        };
        let result = match searched.await {
            // No such directory.
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            result => result?,
        };
        let results: Option<HostDatastoreBrowserSearchResults> = result.and_then(|result| result.read().ok());
        let files = results.map(|results| results.file).unwrap_or_default();
        Ok(files.iter().map(|file| FileInfo::clone(file)).collect())
    }
}

/// Whether a name, which may have other spaces, is that of a file.
fn same(own: &str, name: &str) -> bool {
    parts(own) == parts(name)
}

pub(super) fn no_datastore(name: &str, stores: &[Datastore]) -> Error {
    let known: Vec<&str> = stores.iter().map(|store| store.name.as_str()).collect();
    let message = format!("there is no datastore {name:?} (there are: {})", known.join(", "));
    Error::new(ErrorKind::InvalidConfig, message)
        .with_subject(Subject::Element("/domain/devices/disk/source/@file".to_owned()))
}

/// Properties of several objects, which may be of several types.
pub(super) fn of_references(
    objects: &[ManagedObjectReference],
    wanted: &[(&str, &[&str])],
) -> PropertyFilterSpec {
    let properties = |(kind, paths): &(&str, &[&str])| PropertySpec {
        type_: (*kind).to_owned(),
        all: Some(false),
        path_set: paths.iter().map(|path| (*path).to_owned()).collect(),
    };
    PropertyFilterSpec {
        prop_set: wanted.iter().map(properties).collect(),
        object_set: objects
            .iter()
            .map(|object| ObjectSpec {
                obj: object.clone(),
                ..ObjectSpec::default()
            })
            .collect(),
        report_missing_objects_in_results: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_have_three_parts() {
        assert_eq!(parts("[a b] c/d/e.iso"), Some(("a b", "c/d", "e.iso")));
        assert_eq!(parts("[a]e.iso"), Some(("a", "", "e.iso")));
        assert!(same("[a]e.iso", "[a] e.iso"));
        for none in ["[] /usr/lib/a.iso", "a.iso", "[a]", "[a] b/"] {
            assert_eq!(parts(none), None, "{none}");
        }
    }
}
