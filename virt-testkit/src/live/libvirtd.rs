//! A private libvirtd with directories of its own: the peer of the benches, and a live target.
//!
//! It runs in mount and PID namespaces of its own. The first process there reaps at once what libvirtd leaves
//! behind (elsewhere `destroy` measures how late PID 1 reaps), and with it everything ends, guests included.

use super::cache::cache_directory;
use super::error::{LiveError, Result};
use super::libvirtd_options::LibvirtdOptions;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;
use tokio::io::AsyncWriteExt as _;
use tokio::net::UnixDatagram;
use tokio::process::{Child, ChildStdin, Command};
use tokio::time::timeout;

const SCRIPT: &str = include_str!("libvirtd.sh");

/// The first start probes every QEMU of the machine: 9 s on two idle cores; later ones take 1 to 2 s.
const PATIENCE: Duration = Duration::from_secs(90);

const DAEMON: &str = "auth_unix_rw = \"none\"\nunix_sock_rw_perms = \"0777\"\n\
    log_outputs = \"2:file:/var/log/libvirt/libvirtd.log\"\n";

/// A running libvirtd of one's own; dropping it ends it and its guests.
#[derive(Debug)]
pub struct Libvirtd {
    child: Child,
    /// Closing it is the word to stop.
    stdin: Option<ChildStdin>,
    directory: tempfile::TempDir,
    notified: UnixDatagram,
}

impl Libvirtd {
    /// Starts one and waits until it is ready.
    ///
    /// # Errors
    /// [`LiveError`] when this is not root, libvirt is not installed (`cargo xtask install libvirt`), or the daemon
    /// was not ready within 90 s; the end of its log is in the text.
    ///
    /// # Cancel safety
    /// Safe: a daemon that was being started ends.
    pub async fn start() -> std::result::Result<Self, LiveError> {
        Self::start_with(&LibvirtdOptions::default()).await
    }

    /// Starts one that differs from the usual.
    ///
    /// # Errors
    /// As [`start`](Self::start).
    ///
    /// # Cancel safety
    /// As [`start`](Self::start).
    pub async fn start_with(options: &LibvirtdOptions) -> std::result::Result<Self, LiveError> {
        let directory = tempfile::Builder::new()
            .prefix("virt-libvirtd.")
            .tempdir()
            .map_err(|error| LiveError::file("create a directory in", &std::env::temp_dir(), error))?;
        let configuration = directory.path().join("etc");
        write_configuration(&configuration, options)?;
        open_to_all(directory.path())?;
        let cache = cache_directory().join("libvirtd");
        fs::create_dir_all(&cache).map_err(|error| LiveError::file("create", &cache, error))?;
        let ready = directory.path().join("ready");
        let notified =
            UnixDatagram::bind(&ready).map_err(|error| LiveError::file("listen at", &ready, error))?;
        let mut daemon = Self::spawn(directory, (&cache, options), notified)?;
        daemon.wait_until_ready().await?;
        Ok(daemon)
    }

    /// Kills the daemon as a crash would (`SIGKILL`); its guests go on.
    ///
    /// # Errors
    /// [`LiveError`] when it cannot be told to.
    pub async fn kill(&mut self) -> std::result::Result<(), LiveError> {
        let gone = self.directory.path().join("gone");
        let _ = tokio::fs::remove_file(&gone).await;
        self.tell("kill").await?;
        let waiting = async {
            while !tokio::fs::try_exists(&gone).await.unwrap_or(false) {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        let dead = timeout(PATIENCE, waiting).await;
        dead.map_err(|_| LiveError::Unexpected("the private libvirtd outlives its end".to_owned()))
    }

    /// Starts the daemon again after [`kill`](Self::kill), and waits until it is ready.
    ///
    /// # Errors
    /// As [`start`](Self::start).
    pub async fn restart(&mut self) -> std::result::Result<(), LiveError> {
        self.tell("start").await?;
        self.wait_until_ready().await
    }

    async fn tell(&mut self, word: &str) -> Result<()> {
        let failed = |error| LiveError::file("tell", Path::new("libvirtd.sh"), error);
        match &mut self.stdin {
            Some(stdin) => stdin
                .write_all(format!("{word}\n").as_bytes())
                .await
                .map_err(failed),
            None => Err(LiveError::Unexpected(
                "the private libvirtd was stopped".to_owned(),
            )),
        }
    }

    /// The URI under which libvirt's clients reach it.
    #[must_use]
    pub fn uri(&self) -> String {
        format!("qemu+unix:///system?socket={}", self.socket().display())
    }

    /// Its socket.
    #[must_use]
    pub fn socket(&self) -> PathBuf {
        self.directory.path().join("run/libvirt-sock")
    }

    /// The directory of its own, where its log is too (`log/libvirtd.log`).
    #[must_use]
    pub fn directory(&self) -> &Path {
        self.directory.path()
    }

    /// The mount namespace in which its sockets are where libvirt has them: for programs that look for them there.
    #[must_use]
    pub fn mount_namespace(&self) -> PathBuf {
        self.namespace("mnt")
    }

    /// A namespace of its own.
    pub(super) fn namespace(&self, kind: &str) -> PathBuf {
        let pid = self.child.id().unwrap_or_default();
        PathBuf::from(format!("/proc/{pid}/ns/{kind}"))
    }

    /// Stops it and its guests, and waits until all are gone.
    ///
    /// # Errors
    /// [`LiveError`] when its end cannot be waited for.
    pub async fn stop(mut self) -> std::result::Result<(), LiveError> {
        drop(self.stdin.take());
        self.child
            .wait()
            .await
            .map_err(|error| LiveError::file("end", Path::new("libvirtd"), error))?;
        Ok(())
    }

    fn spawn(
        directory: tempfile::TempDir,
        (cache, options): (&Path, &LibvirtdOptions),
        notified: UnixDatagram,
    ) -> Result<Self> {
        let mut command = match options.network_of() {
            None => Command::new("unshare"),
            Some(network) => {
                let mut command = Command::new("nsenter");
                command.arg(format!("--net={}", network.display())).arg("unshare");
                command
            }
        };
        let mut child = command
            .envs(options.environment())
            .args(options.namespaces())
            .args([
                "--mount",
                "--pid",
                "--uts",
                "--fork",
                "--kill-child",
                "--mount-proc",
            ])
            .args(["bash", "-c", SCRIPT, "libvirtd.sh"])
            .arg(directory.path())
            .arg(cache)
            .arg(options.host_name.clone().unwrap_or_else(host_name))
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .map_err(|error| LiveError::file("run", Path::new("unshare"), error))?;
        let stdin = child.stdin.take();
        Ok(Self {
            child,
            stdin,
            directory,
            notified,
        })
    }

    async fn wait_until_ready(&mut self) -> Result<()> {
        let mut message = [0_u8; 256];
        tokio::select! {
            received = timeout(PATIENCE, self.notified.recv(&mut message)) => match received {
                Ok(Ok(_)) => Ok(()),
                Ok(Err(error)) => Err(LiveError::file("hear from", Path::new("libvirtd"), error)),
                Err(_) => Err(self.failure("was not ready in time").await),
            },
            _ = self.child.wait() => Err(self.failure("ended").await),
        }
    }

    async fn failure(&mut self, what: &str) -> LiveError {
        drop(self.stdin.take());
        // Ended or not: what matters is what it said.
        drop(self.child.kill().await);
        let mut said = String::new();
        if let Some(mut stderr) = self.child.stderr.take() {
            drop(tokio::io::AsyncReadExt::read_to_string(&mut stderr, &mut said).await);
        }
        for log in ["output", "libvirtd.log"] {
            said.push_str(
                &fs::read_to_string(self.directory.path().join("log").join(log)).unwrap_or_default(),
            );
        }
        let tail: Vec<&str> = said.lines().rev().take(5).collect();
        let tail = tail.into_iter().rev().collect::<Vec<_>>().join("; ");
        LiveError::Unexpected(format!("the private libvirtd {what}: {tail}"))
    }
}

/// A name of its own, that others find without asking anybody: domains move between daemons that take each other for
/// other machines.
fn host_name() -> String {
    let [one, two, three, ..] = *uuid::Uuid::new_v4().as_bytes();
    format!("127.{}.{}.{}", one % 250 + 1, two % 250 + 1, three % 250 + 1)
}

/// Where domains come in from another daemon: at ports of this one's own.
fn migration() -> String {
    const FIRST: u16 = 20_000;
    const EACH: u16 = 16;
    const DAEMONS: u16 = 1_500;
    let [high, low, ..] = *uuid::Uuid::new_v4().as_bytes();
    let minimum = FIRST + u16::from_be_bytes([high, low]) % DAEMONS * EACH;
    format!(
        "migration_port_min = {minimum}\nmigration_port_max = {}\n",
        minimum + EACH - 1
    )
}

fn write_configuration(target: &Path, options: &LibvirtdOptions) -> Result<()> {
    let file = |name: &str, text: String| {
        let path = target.join(name);
        fs::write(&path, text).map_err(|error| LiveError::file("write", &path, error))
    };
    fs::create_dir_all(target).map_err(|error| LiveError::file("create", target, error))?;
    file(
        "libvirtd.conf",
        format!(
            "{}host_uuid = \"{}\"\n",
            options.configuration(DAEMON),
            uuid::Uuid::new_v4()
        ),
    )?;
    // As whom its files are, so that what tests make for themselves alone is within reach.
    file(
        "qemu.conf",
        format!("user = \"root\"\ngroup = \"root\"\n{}", migration()),
    )?;
    file("virtlogd.conf", String::new())?;
    file("virtlockd.conf", String::new())
}

/// QEMU runs as another user there and has to get through.
fn open_to_all(directory: &Path) -> Result<()> {
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    fs::set_permissions(directory, mode).map_err(|error| LiveError::file("open", directory, error))
}
