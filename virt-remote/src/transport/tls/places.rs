//! Where the certificates are.

use std::path::{Path, PathBuf};

use virt_core::ConnectUri;

use crate::transport::parameters::refusal;

/// The files of a public key infrastructure that a client needs.
///
/// | | of the machine | of an ordinary user | `pkipath=DIR` |
/// | --- | --- | --- | --- |
/// | authority | `/etc/pki/CA/cacert.pem` | `~/.pki/libvirt/cacert.pem` | `DIR/cacert.pem` |
/// | revoked | `/etc/pki/CA/cacrl.pem` | `~/.pki/libvirt/cacrl.pem` | `DIR/cacrl.pem` |
/// | certificate | `/etc/pki/libvirt/clientcert.pem` | `~/.pki/libvirt/clientcert.pem` | `DIR/clientcert.pem` |
/// | its key | `/etc/pki/libvirt/private/clientkey.pem` | `~/.pki/libvirt/clientkey.pem` | `DIR/clientkey.pem` |
///
/// What an ordinary user has none of is the machine's; certificate and key go together. The authority has to be there;
/// a list of what is revoked, and a certificate of our own, need not.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct PkiPlaces {
    /// Whom we believe.
    pub authority: PathBuf,
    /// What is revoked.
    pub revoked: Option<PathBuf>,
    /// Our certificate and its key.
    pub own: Option<OwnFiles>,
    /// Where our certificate was looked for.
    pub looked_for: Vec<PathBuf>,
}

/// A certificate and its key.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct OwnFiles {
    /// The certificate, and what it is signed by, if that is needed.
    pub certificate: PathBuf,
    /// Its private key.
    pub key: PathBuf,
}

/// A directory, or more than one, with everything.
struct Tree {
    authority: PathBuf,
    revoked: PathBuf,
    own: OwnFiles,
}

impl Tree {
    fn flat(directory: &Path) -> Self {
        Self {
            authority: directory.join("cacert.pem"),
            revoked: directory.join("cacrl.pem"),
            own: OwnFiles {
                certificate: directory.join("clientcert.pem"),
                key: directory.join("clientkey.pem"),
            },
        }
    }

    fn of_machine() -> Self {
        let directory = Path::new("/etc/pki");
        Self {
            authority: directory.join("CA/cacert.pem"),
            revoked: directory.join("CA/cacrl.pem"),
            own: OwnFiles {
                certificate: directory.join("libvirt/clientcert.pem"),
                key: directory.join("libvirt/private/clientkey.pem"),
            },
        }
    }
}

impl PkiPlaces {
    /// The files for a URI; `home` is the home of an ordinary user, and none for root.
    ///
    /// # Errors
    /// `InvalidArgument` for a `pkipath=` that is no absolute path.
    pub fn of(uri: &ConnectUri, home: Option<&Path>) -> virt_core::Result<Self> {
        Self::among(uri, home, |path| path.exists())
    }

    fn among(
        uri: &ConnectUri,
        home: Option<&Path>,
        exists: impl Fn(&Path) -> bool,
    ) -> virt_core::Result<Self> {
        let trees = match uri.parameter("pkipath") {
            Some(path) if Path::new(path).is_absolute() => vec![Tree::flat(Path::new(path))],
            Some(path) => {
                let message = format!("pkipath is {path:?}: an absolute path is wanted");
                return Err(refusal(uri, message));
            }
            None => {
                let user = home.map(|home| Tree::flat(&home.join(".pki/libvirt")));
                user.into_iter().chain([Tree::of_machine()]).collect()
            }
        };
        let there = |path: &PathBuf| exists(path).then(|| path.clone());
        let last = trees
            .last()
            .map(|tree| tree.authority.clone())
            .unwrap_or_default();
        Ok(Self {
            // Where it is nowhere, reading it says so.
            authority: trees
                .iter()
                .find_map(|tree| there(&tree.authority))
                .unwrap_or(last),
            revoked: trees.iter().find_map(|tree| there(&tree.revoked)),
            own: trees
                .iter()
                .map(|tree| &tree.own)
                .find(|own| exists(&own.certificate) && exists(&own.key))
                .cloned(),
            looked_for: trees
                .into_iter()
                .flat_map(|tree| [tree.own.certificate, tree.own.key])
                .collect(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(query: &str, home: Option<&str>, there: &[&str]) -> PkiPlaces {
        let uri = format!("qemu+tls://far/system?{query}").parse().expect("a URI");
        let exists = |path: &Path| there.contains(&path.to_str().expect("text"));
        PkiPlaces::among(&uri, home.map(Path::new), exists).expect("places")
    }

    #[test]
    fn root_has_the_machines() {
        let found = places("", None, &[]);
        assert_eq!(found.authority, Path::new("/etc/pki/CA/cacert.pem"));
        assert_eq!((found.revoked, found.own), (None, None));
        assert_eq!(
            found.looked_for[1],
            Path::new("/etc/pki/libvirt/private/clientkey.pem")
        );
    }

    #[test]
    fn a_user_has_his_own_and_the_machines_in_place_of_what_he_has_none_of() {
        let there = [
            "/home/me/.pki/libvirt/cacert.pem",
            "/home/me/.pki/libvirt/clientcert.pem",
            "/etc/pki/CA/cacert.pem",
            "/etc/pki/CA/cacrl.pem",
            "/etc/pki/libvirt/clientcert.pem",
            "/etc/pki/libvirt/private/clientkey.pem",
        ];
        let found = places("", Some("/home/me"), &there);
        assert_eq!(found.authority, Path::new("/home/me/.pki/libvirt/cacert.pem"));
        assert_eq!(found.revoked.as_deref(), Some(Path::new("/etc/pki/CA/cacrl.pem")));
        // A certificate without its key is none.
        let own = found.own.expect("a certificate");
        assert_eq!(own.certificate, Path::new("/etc/pki/libvirt/clientcert.pem"));
    }

    #[test]
    fn a_directory_that_is_named_has_everything() {
        let there = ["/k/clientcert.pem", "/k/clientkey.pem", "/etc/pki/CA/cacert.pem"];
        let found = places("pkipath=/k", Some("/home/me"), &there);
        assert_eq!(found.authority, Path::new("/k/cacert.pem"));
        assert!(found.own.is_some());
        let uri = "qemu+tls://far/system?pkipath=k".parse().expect("a URI");
        let error = PkiPlaces::of(&uri, None).expect_err("a refusal");
        assert!(error.message().contains("pkipath"), "{error}");
    }
}
