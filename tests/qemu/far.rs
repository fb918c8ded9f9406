//! This machine as a far one: a real sshd on loopback with keys of its own, and what a program needs to log in to it.

use std::path::{Path, PathBuf};
use std::time::Duration;

use tempfile::TempDir;
use virt_testkit::conformance::{Doing as _, Failure};
use virt_testkit::live::proxy::Proxy;
use virt_testkit::live::sshd::{self, HostLine, KeyKind, KeyPair, Sshd, SshdBuilder};

/// An sshd, a key it lets in, and a client configuration that knows both; reached over a line that can be cut.
#[derive(Debug)]
pub(crate) struct FarMachine {
    pub(crate) sshd: Sshd,
    pub(crate) line: Proxy,
    directory: TempDir,
}

impl FarMachine {
    /// Starts one as `describe` wants it; what is missing where there can be none.
    pub(crate) async fn start(describe: impl FnOnce(SshdBuilder) -> SshdBuilder) -> Result<Self, String> {
        if let Some(missing) = sshd::missing() {
            return Err(missing);
        }
        let started = Self::try_start(describe).await;
        started.map_err(|failure| failure.to_string())
    }

    async fn try_start(describe: impl FnOnce(SshdBuilder) -> SshdBuilder) -> Result<Self, Failure> {
        let directory = tempfile::Builder::new()
            .prefix("vf")
            .tempdir_in("/tmp")
            .doing("making a directory for the login")?;
        let key = KeyPair::generate(directory.path(), "key", KeyKind::Ed25519).doing("making a key")?;
        let sshd = describe(Sshd::builder().authorize(&key)).start().await;
        let sshd = sshd.doing("starting an sshd")?;
        let line = Proxy::start(sshd.address()).await.doing("making a line to it")?;
        let far = Self {
            sshd,
            line,
            directory,
        };
        far.trust_host_keys()?;
        let configuration = format!(
            "Host far\n  HostName {}\n  Port {}\n  HostKeyAlias far\n  IdentityFile {}\n  IdentitiesOnly yes\n  \
             UserKnownHostsFile {}\n  GlobalKnownHostsFile none\n",
            far.line.address().ip(),
            far.line.address().port(),
            key.private().display(),
            far.known_hosts().display(),
        );
        std::fs::write(far.configuration(), configuration).doing("writing the client's configuration")?;
        Ok(far)
    }

    /// Writes down the keys that the sshd has now as the ones it may have.
    pub(crate) fn trust_host_keys(&self) -> Result<(), Failure> {
        let known = self.sshd.known_hosts_as("far", HostLine::Plain).doing("reading its keys")?;
        std::fs::write(self.known_hosts(), known).doing("writing down its keys")
    }

    pub(crate) fn configuration(&self) -> PathBuf {
        self.directory.path().join("config")
    }

    pub(crate) fn known_hosts(&self) -> PathBuf {
        self.directory.path().join("known_hosts")
    }

    /// The URI of a root directory on it.
    pub(crate) fn uri(&self, root: &Path) -> String {
        format!(
            "qemu+ssh://root@far/embed?root={}&sshconfig={}",
            root.display(),
            self.configuration().display()
        )
    }

    /// Cuts every connection, and lets new ones in after `time`.
    pub(crate) async fn cut_for(&self, time: Duration) {
        self.line.cut_and_refuse();
        tokio::time::sleep(time).await;
        self.line.resume();
    }
}
