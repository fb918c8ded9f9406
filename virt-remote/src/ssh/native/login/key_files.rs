//! Keys and certificates in files.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use russh::keys::{Certificate, PrivateKey, PublicKey, decode_secret_key};
use virt_core::credentials::{CredentialKind, CredentialRequest};
use virt_core::{Error, ErrorKind, Result, Subject};

use super::ask;
use crate::ssh::config::{HostConfig, Identity};
use crate::ssh::native::target::Target;

/// More than any key file has, in bytes.
const MAX_FILE: u64 = 1 << 20;

/// What the file of a private key, and those beside it, have.
#[derive(Debug)]
pub(super) struct KeyFile {
    pub(super) path: PathBuf,
    /// `None` where it is only known when the private key is opened.
    pub(super) public: Option<PublicKey>,
    /// Of `PATH-cert.pub`.
    pub(super) certificate: Option<Certificate>,
    /// Whether there is more than the public key.
    pub(super) private: bool,
}

/// Reads what can be read without a passphrase. `Err` says in words why the file is left alone; `Ok(None)` is one of the
/// default files that is not there.
pub(super) async fn look_at(identity: &Identity) -> Result<Option<KeyFile>, String> {
    let path = &identity.path;
    let shown = path.display();
    let public = match read(&beside(path, ".pub")).await {
        Ok(text) => parse_public(&text),
        Err(_) => None,
    };
    let certificate = match read(&beside(path, "-cert.pub")).await {
        Ok(text) => Certificate::from_openssh(text.trim()).ok(),
        Err(_) => None,
    };
    let text = match read(path).await {
        Ok(text) => text,
        // The private key may be the agent's alone.
        Err(error) if error.kind() == io::ErrorKind::NotFound && public.is_some() => {
            return Ok(Some(KeyFile {
                path: path.clone(),
                public,
                certificate,
                private: false,
            }));
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound && !identity.explicit => return Ok(None),
        Err(error) => return Err(format!("{shown} can't be read ({error})")),
    };
    if let Some(public) = parse_public(&text) {
        return Ok(Some(KeyFile {
            path: path.clone(),
            public: Some(public),
            certificate,
            private: false,
        }));
    }
    others_may_read(path).await?;
    let inside = PrivateKey::from_openssh(&text)
        .ok()
        .map(|key| key.public_key().clone());
    Ok(Some(KeyFile {
        path: path.clone(),
        public: inside.or(public),
        certificate,
        private: true,
    }))
}

/// Reads a certificate of `CertificateFile`.
pub(super) async fn certificate(path: &Path) -> Result<Certificate, String> {
    let text = read(path)
        .await
        .map_err(|error| format!("the certificate {} can't be read ({error})", path.display()))?;
    Certificate::from_openssh(text.trim())
        .map_err(|error| format!("{} is no certificate ({error})", path.display()))
}

/// Opens a private key; its passphrase is asked for where it has one. `Ok(Err)` says in words why it stays shut.
pub(super) async fn open(
    path: &Path,
    target: &Target,
    config: &HostConfig,
) -> Result<Result<Arc<PrivateKey>, String>> {
    if let Some(key) = target.keyring.key(path) {
        return Ok(Ok(key));
    }
    let text = match read(path).await {
        Ok(text) => text,
        Err(error) => return Ok(Err(format!("it can't be read ({error})"))),
    };
    let mut key = decode(path, text.clone(), None).await?;
    let encrypted = matches!(key, Err(russh::keys::Error::KeyIsEncrypted))
        || PrivateKey::from_openssh(&text).is_ok_and(|key| key.is_encrypted());
    if encrypted {
        let (mut attempt, most) = (0, config.password_prompts.max(1));
        key = loop {
            let kind = CredentialKind::Passphrase(path.display().to_string());
            let request = CredentialRequest::new(kind, &config.alias)
                .user(&config.user)
                .attempt(attempt);
            let Some(passphrase) = ask(target, config, &request).await? else {
                return Ok(Err("it is encrypted, and nobody gave its passphrase".to_owned()));
            };
            match decode(path, text.clone(), Some(passphrase.expose().to_owned())).await? {
                Err(_) if attempt + 1 < most => attempt += 1,
                Err(_) => {
                    return Ok(Err(format!("{most} passphrases did not open it")));
                }
                opened => break opened,
            }
        };
    }
    match key {
        Ok(key) => {
            let key = Arc::new(key);
            target.keyring.keep_key(path, Arc::clone(&key));
            Ok(Ok(key))
        }
        Err(error) => Ok(Err(format!("it is no private key that can be used ({error})"))),
    }
}

type Decoded = Result<PrivateKey, russh::keys::Error>;

/// Turning a passphrase into a key is made to be slow: it runs where it holds up nobody.
async fn decode(path: &Path, text: String, passphrase: Option<String>) -> Result<Decoded> {
    tokio::task::spawn_blocking(move || decode_secret_key(&text, passphrase.as_deref()))
        .await
        .map_err(|error| {
            Error::new(ErrorKind::Internal, "reading the key did not come to its end")
                .with_subject(Subject::Path(path.display().to_string()))
                .with_source(error)
        })
}

fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

async fn read(path: &Path) -> io::Result<String> {
    if tokio::fs::metadata(path).await?.len() > MAX_FILE {
        return Err(io::Error::new(
            io::ErrorKind::FileTooLarge,
            "it is too large for a key",
        ));
    }
    tokio::fs::read_to_string(path).await
}

fn parse_public(text: &str) -> Option<PublicKey> {
    text.lines()
        .map(str::trim)
        .find(|line| !line.is_empty() && !line.starts_with('#'))
        .and_then(|line| PublicKey::from_openssh(line).ok())
}

/// Fails when the file is ours and others may read it, as OpenSSH does: a file of somebody else's is theirs to guard.
async fn others_may_read(path: &Path) -> Result<(), String> {
    use std::os::unix::fs::MetadataExt as _;
    let (mode, owner) = match tokio::fs::metadata(path).await {
        Ok(metadata) => (metadata.mode() & 0o777, metadata.uid()),
        Err(error) => return Err(format!("{} can't be read ({error})", path.display())),
    };
    if is_careless(mode, owner, rustix::process::getuid().as_raw()) {
        return Err(format!(
            "{} is not used, as its mode {mode:04o} lets others read it (chmod 600)",
            path.display()
        ));
    }
    Ok(())
}

/// Whether this user left a file of this mode and owner open to others.
fn is_careless(mode: u32, owner: u32, user: u32) -> bool {
    owner == user && mode & 0o077 != 0
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;

    fn identity(path: &Path, explicit: bool) -> Identity {
        Identity {
            path: path.to_owned(),
            explicit,
        }
    }

    #[tokio::test]
    async fn a_missing_default_file_is_no_matter_and_a_missing_named_one_is_told() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("id");
        assert!(look_at(&identity(&path, false)).await.unwrap().is_none());
        let told = look_at(&identity(&path, true)).await.unwrap_err();
        assert!(told.contains("can't be read"), "{told}");
    }

    #[tokio::test]
    async fn a_key_that_others_may_read_is_left_alone() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("id");
        std::fs::write(&path, "-----BEGIN OPENSSH PRIVATE KEY-----\n").unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
        let told = look_at(&identity(&path, true)).await.unwrap_err();
        assert!(told.contains("0644"), "{told}");
    }

    #[tokio::test]
    async fn the_mode_of_somebody_elses_file_is_theirs() {
        for (mode, owner, careless) in [
            (0o600, 1000, false),
            (0o640, 1000, true),
            (0o604, 1000, true),
            (0o644, 0, false),
            (0o640, 0, false),
        ] {
            assert_eq!(is_careless(mode, owner, 1000), careless, "{mode:o} of {owner}");
        }
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("id");
        std::fs::write(&path, "-----BEGIN OPENSSH PRIVATE KEY-----\n").unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
        if let Err(error) = std::os::unix::fs::chown(&path, Some(54321), None) {
            virt_testkit::skip!("root, to give a file away ({error})");
        }
        assert!(look_at(&identity(&path, true)).await.unwrap().unwrap().private);
    }
}
