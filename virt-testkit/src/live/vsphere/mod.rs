//! A vSphere API simulator of one's own: a standalone ESX host or a vCenter, in a process that ends with its handle.
//!
//! It is Debian's govmomi simulator library with what that lacks added, see `vsphere-simulator/` in this package. What
//! it knows is the API of vSphere 6.5; nothing of it is a real ESX: that a call works here says that the call is well
//! formed, and not that a host would do it.
//!
//! | what a test can ask of it | how |
//! | --- | --- |
//! | sizes, delays, pages, login | [`SimulatorOptions`] |
//! | faults, questions, slow tasks, moving values | [`Simulator::control`] |
//! | how many calls of which method it has had | [`Simulator::calls`] |
//! | what libvirt's own driver makes of it | [`Simulator::virsh`] |
//! | what VMware's own client makes of it | [`Pyvmomi`] |

mod calls;
mod certificate;
mod control;
mod options;
mod program;
mod pyvmomi;
mod virsh;

pub use calls::Calls;
pub use certificate::ServerCertificate;
pub use control::{Control, GivenAnswer, ToldDevice};
pub use options::SimulatorOptions;
pub use program::SimulatorProgram;
pub use pyvmomi::Pyvmomi;

use super::error::{LiveError, Result};
use serde::Deserialize;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};
use tokio::time::timeout;

/// A thousand machines take 5 s on two idle cores.
const PATIENCE: Duration = Duration::from_secs(90);

/// A running simulator; dropping it ends it.
#[derive(Debug)]
pub struct Simulator {
    child: Child,
    directory: tempfile::TempDir,
    options: SimulatorOptions,
    program: PathBuf,
    certificate: ServerCertificate,
    listening: Listening,
}

/// What the program says of itself when it is ready.
#[derive(Debug, Clone, Deserialize)]
struct Listening {
    url: String,
    control: String,
}

impl Simulator {
    /// Starts one and waits until it is ready; on a machine that has not had it yet, it is built first (30 s).
    ///
    /// # Errors
    /// [`LiveError`] when what it is built from is not installed (`cargo xtask install vsphere`), or when it did not get
    /// ready; what it printed is in the text.
    ///
    /// # Cancel safety
    /// Safe: a simulator that was being started ends, and one that is being built is built to the end.
    pub async fn start(options: SimulatorOptions) -> std::result::Result<Self, LiveError> {
        let program = SimulatorProgram::obtain().await?;
        let directory = tempfile::Builder::new()
            .prefix("virt-vsphere.")
            .tempdir()
            .map_err(|error| LiveError::file("create a directory in", &std::env::temp_dir(), error))?;
        let certificate = ServerCertificate::make(directory.path())?;
        let (child, listening) = run(&program.path, directory.path(), &options, 0).await?;
        Ok(Self {
            child,
            directory,
            options,
            program: program.path,
            certificate,
            listening,
        })
    }

    /// Kills it as a crash would, and starts it again at the same port: with the inventory of its start, without the
    /// sessions and what was changed.
    ///
    /// # Errors
    /// As [`start`](Self::start).
    pub async fn restart(&mut self) -> std::result::Result<(), LiveError> {
        self.kill().await?;
        let port = self.port();
        let started = run(&self.program, self.directory.path(), &self.options, port).await?;
        (self.child, self.listening) = started;
        Ok(())
    }

    /// As [`restart`](Self::restart), with another certificate.
    ///
    /// # Errors
    /// As [`start`](Self::start).
    pub async fn restart_with_new_certificate(&mut self) -> std::result::Result<(), LiveError> {
        self.certificate = ServerCertificate::make(self.directory.path())?;
        self.restart().await
    }

    /// Kills it as a crash would (`SIGKILL`). Its port is refused from then on.
    ///
    /// # Errors
    /// [`LiveError`] when its end cannot be waited for.
    pub async fn kill(&mut self) -> std::result::Result<(), LiveError> {
        let ended = self.child.kill().await;
        ended.map_err(|error| LiveError::file("end", &self.program, error))
    }

    /// Where it listens: `127.0.0.1:PORT`.
    #[must_use]
    pub fn host_port(&self) -> &str {
        let url = self.url();
        let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
        rest.split('/').next().unwrap_or_default()
    }

    /// Its port.
    #[must_use]
    pub fn port(&self) -> u16 {
        let port = self.host_port().rsplit(':').next();
        port.and_then(|port| port.parse().ok()).unwrap_or_default()
    }

    /// The URL of its API: `https://127.0.0.1:PORT/sdk`.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.listening.url
    }

    /// The URI of it as a standalone host, as libvirt writes them, whoever its certificate is from.
    #[must_use]
    pub fn esx_uri(&self) -> String {
        format!("esx://{}/?{}", self.host_port(), self.parameters())
    }

    /// The URI of its first standalone host, in its first datacenter, as libvirt writes them.
    #[must_use]
    pub fn vpx_uri(&self) -> String {
        format!("vpx://{}/DC0/DC0_H0?{}", self.host_port(), self.parameters())
    }

    fn parameters(&self) -> &'static str {
        if self.options.tls {
            "no_verify=1"
        } else {
            "transport=http"
        }
    }

    /// Who may log in.
    #[must_use]
    pub fn user(&self) -> &str {
        &self.options.user
    }

    /// With which password.
    #[must_use]
    pub fn password(&self) -> &str {
        &self.options.password
    }

    /// The certificate that it shows, where it speaks TLS.
    #[must_use]
    pub fn certificate(&self) -> &ServerCertificate {
        &self.certificate
    }

    /// The directory of its own: its certificate, its log (`log`), its datastores, and all requests and answers
    /// (`trace`) where [`SimulatorOptions::with_trace`] asked for them.
    #[must_use]
    pub fn directory(&self) -> &Path {
        self.directory.path()
    }

    /// What it has logged.
    #[must_use]
    pub fn log(&self) -> String {
        log_of(self.directory.path())
    }

    /// What can be asked of it beside its API. It can be kept apart from the handle, and is of no use after a restart.
    #[must_use]
    pub fn control(&self) -> Control {
        Control::new(&self.listening.control)
    }

    /// How many calls it has had since its start, or since [`Control::reset_calls`].
    ///
    /// # Errors
    /// [`LiveError`] when it does not say.
    pub async fn calls(&self) -> std::result::Result<Calls, LiveError> {
        self.control().calls().await
    }

    /// Has virsh, with libvirt's own driver, run a command at this URI, and returns what it printed.
    ///
    /// The URI is [`esx_uri`](Self::esx_uri) or [`vpx_uri`](Self::vpx_uri), or one of them with more to it.
    ///
    /// # Errors
    /// [`LiveError`] with what virsh said, when it is missing (`cargo xtask install libvirt`) or fails.
    pub async fn virsh(&self, uri: &str, words: &[&str]) -> std::result::Result<String, LiveError> {
        virsh::run(self, uri, words).await
    }
}

async fn run(
    program: &Path,
    directory: &Path,
    options: &SimulatorOptions,
    port: u16,
) -> Result<(Child, Listening)> {
    let failed = |error| LiveError::file("run", program, error);
    let log_path = directory.join("log");
    let log = File::options().create(true).append(true).open(&log_path);
    let log = log.map_err(|error| LiveError::file("write", &log_path, error))?;
    let mut child = Command::new(program)
        .args(options.arguments(directory))
        .args(["-stdin", "-l", &format!("127.0.0.1:{port}")])
        // Its datastores are there.
        .env("TMPDIR", directory)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(log)
        .kill_on_drop(true)
        .spawn()
        .map_err(failed)?;
    let mut line = String::new();
    let Some(stdout) = child.stdout.take() else {
        return Err(failure("says nothing", directory));
    };
    let mut stdout = BufReader::new(stdout);
    match timeout(PATIENCE, stdout.read_line(&mut line)).await {
        Ok(read) => drop(read.map_err(failed)?),
        Err(_) => return Err(failure("was not ready in time", directory)),
    }
    match serde_json::from_str(&line) {
        Ok(listening) => Ok((child, listening)),
        Err(_) => Err(failure("did not start", directory)),
    }
}

fn failure(what: &str, directory: &Path) -> LiveError {
    let said = log_of(directory);
    let tail: Vec<&str> = said.lines().rev().take(5).collect();
    let tail = tail.into_iter().rev().collect::<Vec<_>>().join("; ");
    LiveError::Unexpected(format!("the vSphere simulator {what}: {tail}"))
}

fn log_of(directory: &Path) -> String {
    let log = std::fs::read(directory.join("log")).unwrap_or_default();
    String::from_utf8_lossy(&log).into_owned()
}
