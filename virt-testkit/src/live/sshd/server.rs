//! The sshd itself: started, restarted, killed.

use super::processes::{below, is_sshd, kill};
use super::{CertificateOptions, KeyKind, KeyPair, LiveError, Result, SshdBuilder};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;
use tokio::process::{Child, Command};
use tokio::time::{Instant, sleep};

/// It listens within a second; an RSA key and a busy machine take longer.
const PATIENCE: Duration = Duration::from_secs(30);

/// A running sshd of the test's own; dropping it ends it, its sessions and what runs in them.
#[derive(Debug)]
pub struct Sshd {
    child: Option<Child>,
    directory: tempfile::TempDir,
    address: SocketAddr,
    namespace: Option<String>,
    kinds: Vec<KeyKind>,
    host_authority: Option<(KeyPair, Vec<String>)>,
    keys: Vec<KeyPair>,
    /// Sessions of listeners that have ended: nobody's children now.
    orphans: Vec<u32>,
}

impl Sshd {
    /// Describes one.
    #[must_use]
    pub fn builder() -> SshdBuilder {
        SshdBuilder::default()
    }

    pub(super) fn new(
        directory: tempfile::TempDir,
        address: SocketAddr,
        namespace: Option<String>,
        kinds: Vec<KeyKind>,
        host_authority: Option<(KeyPair, Vec<String>)>,
    ) -> Self {
        Self {
            child: None,
            directory,
            address,
            namespace,
            kinds,
            host_authority,
            keys: Vec::new(),
            orphans: Vec::new(),
        }
    }

    /// Where it listens. It stays the same over restarts.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The directory of its own: its configuration (`sshd_config`), keys and log.
    #[must_use]
    pub fn directory(&self) -> &Path {
        self.directory.path()
    }

    /// Its keys, in the order asked for.
    #[must_use]
    pub fn host_keys(&self) -> &[KeyPair] {
        &self.keys
    }

    /// What it has logged, over all restarts.
    #[must_use]
    pub fn log(&self) -> String {
        std::fs::read(self.log_file())
            .map(|log| String::from_utf8_lossy(&log).into_owned())
            .unwrap_or_default()
    }

    /// The processes of its connections that run now, one or two for each: those that watch and those that serve.
    #[must_use]
    pub fn sessions(&self) -> Vec<u32> {
        let mut found = self.processes();
        found.retain(|pid| is_sshd(*pid));
        found
    }

    /// Kills the processes of its connections, as a crash would (SIGKILL); how many there were. The listener stays.
    pub fn kill_sessions(&mut self) -> usize {
        let sessions = self.sessions();
        kill(&sessions);
        self.orphans.clear();
        sessions.len()
    }

    /// Kills the listener, as a crash would (SIGKILL). Connections that stand go on, new ones are refused.
    ///
    /// # Errors
    /// [`LiveError`] when its end can't be waited for.
    pub async fn kill_listener(&mut self) -> std::result::Result<(), LiveError> {
        self.orphans = self.sessions();
        if let Some(mut child) = self.child.take() {
            child
                .kill()
                .await
                .map_err(|error| LiveError::file("end", Path::new("sshd"), error))?;
        }
        Ok(())
    }

    /// Kills it and its connections.
    ///
    /// # Errors
    /// As [`kill_listener`](Self::kill_listener).
    pub async fn stop(&mut self) -> std::result::Result<(), LiveError> {
        self.kill_listener().await?;
        self.kill_sessions();
        Ok(())
    }

    /// Starts it again with the same keys, at the same place. Connections that stand go on.
    ///
    /// # Errors
    /// As [`SshdBuilder::start`].
    pub async fn restart(&mut self) -> std::result::Result<(), LiveError> {
        self.kill_listener().await?;
        self.start().await
    }

    /// Starts it again with new keys of the same types: to clients another machine.
    ///
    /// # Errors
    /// As [`SshdBuilder::start`].
    pub async fn restart_with_new_keys(&mut self) -> std::result::Result<(), LiveError> {
        self.kill_listener().await?;
        self.make_keys()?;
        self.start().await
    }

    pub(super) fn make_keys(&mut self) -> Result<()> {
        self.keys.clear();
        for kind in &self.kinds {
            let name = format!("host_{}", kind.name());
            let key = KeyPair::generate(self.directory.path(), &name, *kind)?;
            if let Some((authority, principals)) = &self.host_authority {
                let principals: Vec<&str> = principals.iter().map(String::as_str).collect();
                key.certify(authority, &CertificateOptions::host(&principals))?;
            }
            self.keys.push(key);
        }
        Ok(())
    }

    pub(super) async fn start(&mut self) -> Result<()> {
        let before = self.log().len();
        // sshd wants to be called by its full path.
        let mut command = match &self.namespace {
            // `ip netns exec` would mount a /sys of its own.
            Some(namespace) => {
                let mut command = Command::new("nsenter");
                command.arg(format!("--net=/run/netns/{namespace}"));
                command.arg("/usr/sbin/sshd");
                command
            }
            None => Command::new("/usr/sbin/sshd"),
        };
        let child = command
            .arg("-D")
            .arg("-f")
            .arg(self.directory.path().join("sshd_config"))
            .arg("-E")
            .arg(self.log_file())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .map_err(|error| LiveError::file("run", Path::new("/usr/sbin/sshd"), error))?;
        self.child = Some(child);
        self.wait_until_it_listens(before).await
    }

    /// Its log is the only thing that tells, wherever it listens.
    async fn wait_until_it_listens(&mut self, before: usize) -> Result<()> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let log = self.log();
            let new = log.get(before..).unwrap_or_default();
            if new.contains("Server listening on") {
                return Ok(());
            }
            let ended = match &mut self.child {
                Some(child) => child.try_wait().is_ok_and(|status| status.is_some()),
                None => true,
            };
            if ended || Instant::now() >= deadline {
                let what = if ended { "ended" } else { "did not listen in time" };
                return Err(LiveError::Unexpected(format!("the test's sshd {what}: {new}")));
            }
            sleep(Duration::from_millis(10)).await;
        }
    }

    fn log_file(&self) -> PathBuf {
        self.directory.path().join("log")
    }

    /// Everything below it, and the sessions it left.
    fn processes(&self) -> Vec<u32> {
        let listener = self.child.as_ref().and_then(Child::id);
        let mut roots: Vec<u32> = self.orphans.iter().copied().filter(|pid| is_sshd(*pid)).collect();
        let mut found = roots.clone();
        roots.extend(listener);
        found.extend(below(&roots));
        found.sort_unstable();
        found.dedup();
        found
    }
}

impl Drop for Sshd {
    fn drop(&mut self) {
        let mut all = self.processes();
        // First it, so that there are no new ones.
        all.extend(self.child.as_ref().and_then(Child::id));
        all.reverse();
        kill(&all);
    }
}
