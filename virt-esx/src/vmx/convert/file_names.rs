//! Names of files: in a VMX file, and in a domain.

use std::fmt;

use virt_core::{Error, ErrorKind, Result, Subject};

/// What names of files in a VMX file are in a domain, and the other way round.
///
/// What it depends on (datastores, where the VMX file itself is, whether an image is there) is known before: an
/// implementation is asked in the middle of a conversion and answers at once.
pub trait FileNames: fmt::Debug + Send + Sync {
    /// What a domain calls the file a VMX file names so: `[datastore] dir/file`, or a path.
    ///
    /// # Errors
    /// [`NotFound`](ErrorKind::NotFound) where it is known that there is no such file: a CD-ROM drive is empty then, and
    /// nothing else is taken.
    fn path(&self, name: &str) -> Result<String>;

    /// How a VMX file names what a domain calls so.
    ///
    /// # Errors
    /// A path that no VMX file can name.
    fn name(&self, path: &str) -> Result<String>;

    /// The controller an image was made for, for a controller whose model is `auto`: `buslogic`, `lsilogic`, `lsisas1068` or
    /// `vmpvscsi`. [`None`]: it is not known.
    ///
    /// # Errors
    /// Whatever finding out comes to.
    fn scsi_model(&self, path: &str) -> Result<Option<String>> {
        let _unknown = path;
        Ok(None)
    }
}

/// The same names on both sides: VMware Workstation, Player and Fusion.
#[derive(Debug, Clone, Copy, Default)]
pub struct PlainNames;

impl FileNames for PlainNames {
    fn path(&self, name: &str) -> Result<String> {
        Ok(name.to_owned())
    }

    fn name(&self, path: &str) -> Result<String> {
        Ok(path.to_owned())
    }
}

/// The names of ESX: `[datastore] dir/file` in a domain, and in a VMX file a path from where it is itself, or from `/vmfs`.
#[derive(Debug, Clone)]
pub struct DatastoreNames {
    datastore: String,
    directory: String,
}

/// Where ESX has its datastores.
const VOLUMES: &str = "/vmfs/volumes/";

impl DatastoreNames {
    /// For a VMX file in this directory of a datastore.
    #[must_use]
    pub fn new(datastore: impl Into<String>, directory: impl Into<String>) -> Self {
        let directory: String = directory.into();
        Self {
            datastore: datastore.into(),
            directory: directory.trim_matches('/').to_owned(),
        }
    }
}

impl FileNames for DatastoreNames {
    fn path(&self, name: &str) -> Result<String> {
        if let Some(within) = name.strip_prefix(VOLUMES) {
            return match within
                .split_once('/')
                .filter(|(store, file)| !store.is_empty() && !file.is_empty())
            {
                Some((store, file)) => Ok(format!("[{store}] {file}")),
                None => Err(refused(name, "it names no file of a datastore")),
            };
        }
        if name.starts_with('/') {
            return Ok(name.to_owned());
        }
        Ok(match self.directory.as_str() {
            "" => format!("[{}] {name}", self.datastore),
            directory => format!("[{}] {directory}/{name}", self.datastore),
        })
    }

    fn name(&self, path: &str) -> Result<String> {
        if path.starts_with('/') {
            return Ok(path.to_owned());
        }
        let parts = path.strip_prefix('[').and_then(|rest| rest.split_once(']'));
        match parts.map(|(store, file)| (store, file.trim_start())) {
            Some((store, file)) if !store.is_empty() && !file.is_empty() => {
                Ok(format!("{VOLUMES}{store}/{file}"))
            }
            _ => Err(refused(
                path,
                "it is neither `[datastore] dir/file` nor a path from the root",
            )),
        }
    }
}

fn refused(name: &str, text: &'static str) -> Error {
    Error::new(ErrorKind::InvalidConfig, text).with_subject(Subject::Other(format!("file {name:?}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_of_datastores_are_named_from_both_sides() {
        let names = DatastoreNames::new("ds 1", "/web/");
        for (name, path) in [
            ("web.vmdk", "[ds 1] web/web.vmdk"),
            ("/vmfs/volumes/ds2/isos/a.iso", "[ds2] isos/a.iso"),
            ("/usr/lib/vmware/linux.iso", "/usr/lib/vmware/linux.iso"),
        ] {
            assert_eq!(names.path(name).unwrap(), path);
        }
        assert_eq!(
            names.name("[ds 1] web/web.vmdk").unwrap(),
            "/vmfs/volumes/ds 1/web/web.vmdk"
        );
        assert!(names.path("/vmfs/volumes/ds2").is_err());
        for path in ["web.vmdk", "[ds]", "[] a", "[ds a"] {
            assert_eq!(
                names.name(path).unwrap_err().kind(),
                ErrorKind::InvalidConfig,
                "{path}"
            );
        }
        assert_eq!(DatastoreNames::new("a", "").path("b").unwrap(), "[a] b");
    }
}
