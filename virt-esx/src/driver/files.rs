//! Files of datastores, looked for.

use std::collections::BTreeMap;

use virt_core::{CallContext, Error, ErrorKind, Result, Subject};

use super::EsxDriver;
use super::datacenter::Datacenter;
use super::storage::{Datastore, Datastores};
use crate::soap::in_datastore;
use crate::vim::{FileInfo, FileQueryFlags, HostDatastoreBrowserSearchSpec};

/// A name of a file in its parts: datastore, directory, file.
fn parts(name: &str) -> Option<(&str, &str, &str)> {
    let (datastore, path) = in_datastore(name)?;
    let (directory, file) = path.rsplit_once('/').unwrap_or(("", path));
    (!file.is_empty()).then_some((datastore, directory, file))
}

impl EsxDriver {
    /// Looks for files by their names, `[datastore] dir/file`: those that are there, by the names as they were given.
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
        let stores = self.datastores_of(call, datacenter).await?;
        for ((datastore, directory), files) in directories {
            let infos = self.files_like(call, in_which(datastore, &stores)?, directory, &files);
            let infos = infos.await?;
            for info in infos {
                let name = match directory {
                    "" => format!("[{datastore}] {}", info.path),
                    directory => format!("[{datastore}] {directory}/{}", info.path),
                };
                // A pattern may have found more.
                let asked = names.iter().filter(|own| same(own, &name));
                found.extend(asked.map(|own| ((*own).to_owned(), info.clone())));
            }
        }
        Ok(found)
    }

    /// The files in a directory with these names, or names that fit them as patterns.
    pub(super) async fn files_like(
        &self,
        call: &CallContext,
        store: &Datastore,
        directory: &str,
        patterns: &[&str],
    ) -> Result<Vec<FileInfo>> {
        let spec = HostDatastoreBrowserSearchSpec {
            details: Some(FileQueryFlags {
                file_type: true,
                file_size: true,
                ..FileQueryFlags::default()
            }),
            match_pattern: patterns.iter().map(|pattern| (*pattern).to_owned()).collect(),
            ..HostDatastoreBrowserSearchSpec::default()
        };
        let found = self.search(call, store, directory, spec).await?;
        let files = found.map(|found| found.file).unwrap_or_default();
        Ok(files.iter().map(|file| FileInfo::clone(file)).collect())
    }
}

/// Whether a name, which may have other spaces, is that of a file.
fn same(own: &str, name: &str) -> bool {
    parts(own) == parts(name)
}

/// The datastore that a document names.
pub(super) fn in_which<'a>(name: &str, stores: &'a Datastores) -> Result<&'a Datastore> {
    let mut known = stores.0.iter();
    known.find(|store| store.is_called(name)).ok_or_else(|| {
        let known: Vec<String> = stores.0.iter().map(Datastore::name).collect();
        let message = format!("there is no datastore {name:?} (there are: {})", known.join(", "));
        Error::new(ErrorKind::InvalidConfig, message)
            .with_subject(Subject::Element("/domain/devices/disk/source/@file".to_owned()))
    })
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
