//! This machine as a far one: a real sshd on loopback with keys of its own, and what a program needs to log in to it.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tempfile::TempDir;

use super::error::LiveError;
use super::proxy::Proxy;
use super::sshd::{self, HostLine, KeyKind, KeyPair, Sshd, SshdBuilder};

/// An sshd, a key it lets in, and a client configuration that knows both by the name `far`; reached over a line that
/// can be slow, stall and be cut.
#[derive(Debug)]
pub struct FarMachine {
    /// The sshd.
    pub sshd: Sshd,
    /// The line to it.
    pub line: Proxy,
    key: KeyPair,
    directory: TempDir,
}

impl FarMachine {
    /// Starts one with an sshd as `describe` wants it.
    ///
    /// # Errors
    /// [`LiveError`] with what is missing here, or as [`SshdBuilder::start`].
    ///
    /// # Cancel safety
    /// Safe: what was being started ends.
    pub async fn start(describe: impl FnOnce(SshdBuilder) -> SshdBuilder) -> Result<Self, LiveError> {
        if let Some(missing) = sshd::missing() {
            return Err(LiveError::Unexpected(missing));
        }
        // Short: unix sockets of the tests are below it.
        let directory = tempfile::Builder::new()
            .prefix("vf")
            .tempdir_in("/tmp")
            .map_err(|error| LiveError::file("create a directory in", Path::new("/tmp"), error))?;
        let key = KeyPair::generate(directory.path(), "key", KeyKind::Ed25519)?;
        let sshd = describe(Sshd::builder().authorize(&key)).start().await?;
        let line = Proxy::start(sshd.address())
            .await
            .map_err(|error| LiveError::file("listen for", directory.path(), error))?;
        let far = Self {
            sshd,
            line,
            key,
            directory,
        };
        far.trust_host_keys()?;
        far.log_in_by_key(&far.key)?;
        Ok(far)
    }

    /// Has clients log in with this key, and nothing else.
    ///
    /// # Errors
    /// [`LiveError`] when the client configuration can't be written.
    pub fn log_in_by_key(&self, key: &KeyPair) -> Result<(), LiveError> {
        let file = format!("IdentityFile {}", key.private().display());
        self.log_in_by(&[&file, "IdentityAgent none", "IdentitiesOnly yes"])
    }

    /// Has clients log in as these lines of ssh_config say, and not with the key that is let in.
    ///
    /// # Errors
    /// [`LiveError`] when the client configuration can't be written.
    pub fn log_in_by(&self, lines: &[&str]) -> Result<(), LiveError> {
        let text = format!(
            "Host far\n  {}\n  HostName {}\n  Port {}\n  User root\n  HostKeyAlias far\n  \
             UserKnownHostsFile {}\n  GlobalKnownHostsFile none\n",
            lines.join("\n  "),
            self.line.address().ip(),
            self.line.address().port(),
            self.known_hosts().display(),
        );
        let path = self.configuration();
        fs::write(&path, text).map_err(|error| LiveError::file("write", &path, error))
    }

    /// Writes this down as the keys that machines may have.
    ///
    /// # Errors
    /// [`LiveError`] when the file can't be written.
    pub fn write_known_hosts(&self, text: &str) -> Result<(), LiveError> {
        let path = self.known_hosts();
        fs::write(&path, text).map_err(|error| LiveError::file("write", &path, error))
    }

    /// Writes down the keys that the sshd has now as the ones it may have.
    ///
    /// # Errors
    /// [`LiveError`] when they can't be read or written.
    pub fn trust_host_keys(&self) -> Result<(), LiveError> {
        self.write_known_hosts(&self.sshd.known_hosts_as("far", HostLine::Plain)?)
    }

    /// The client configuration (`ssh -F`).
    #[must_use]
    pub fn configuration(&self) -> PathBuf {
        self.directory.path().join("config")
    }

    /// The keys the machine may have.
    #[must_use]
    pub fn known_hosts(&self) -> PathBuf {
        self.directory.path().join("known_hosts")
    }

    /// The key that is let in.
    #[must_use]
    pub fn key(&self) -> &KeyPair {
        &self.key
    }

    /// The URI of a root directory for QEMU on it.
    #[must_use]
    pub fn uri(&self, root: &Path) -> String {
        self.uri_as("root", root)
    }

    /// The URI of a root directory for this driver on it.
    #[must_use]
    pub fn uri_of(&self, driver: &str, root: &Path) -> String {
        format!(
            "{driver}+ssh://root@far/embed?root={}&sshconfig={}",
            root.display(),
            self.configuration().display()
        )
    }

    /// The same, for a login as another user.
    #[must_use]
    pub fn uri_as(&self, user: &str, root: &Path) -> String {
        format!(
            "qemu+ssh://{user}@far/embed?root={}&sshconfig={}",
            root.display(),
            self.configuration().display()
        )
    }

    /// Cuts every connection, and lets new ones in after `time`.
    ///
    /// # Cancel safety
    /// When dropped, nobody is let in until [`Proxy::resume`].
    pub async fn cut_for(&self, time: Duration) {
        self.line.cut_and_refuse();
        tokio::time::sleep(time).await;
        self.line.resume();
    }
}
