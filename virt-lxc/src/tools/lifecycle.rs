//! `lxc-start`, `lxc-stop`, `lxc-freeze`: the life of a container.

use std::collections::HashMap;

use virt_core::host::{BatchMode, HostOp, HostReply, ProcessIdentity};
use virt_core::{CallContext, Error, ErrorKind, Outcome, Result};

use super::log::LEVEL;
use super::{ToolError, Tools, first_error, refused};

/// What `lxc-stop` exits with where the container did not run.
const NOT_RUNNING: i32 = 2;
/// What is answered where `lxc-start` found the container running, which it takes for a success.
pub(crate) const STARTED_BY_OTHERS: &str = "others have just started the container";
/// How much of a log is read for the cause of a failure.
const LOG_TAIL: u64 = 64 * 1024;

/// How a container is started.
#[derive(Debug, Clone, Default)]
pub(crate) struct Launch {
    pub(crate) container: String,
    /// Another configuration than that in its directory.
    pub(crate) config: Option<String>,
    /// Settings for this run alone.
    pub(crate) settings: Vec<(String, String)>,
    /// Where its monitor logs.
    pub(crate) log: String,
    /// Where the number of its monitor is written.
    pub(crate) pid_file: String,
    /// What is done before, in the same round trip.
    pub(crate) before: Vec<HostOp>,
}

/// A container that runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Launched {
    pub(crate) init: ProcessIdentity,
    /// liblxc's process that watches it.
    pub(crate) monitor: Option<ProcessIdentity>,
    /// The content of `/proc/PID/cgroup` of its init.
    pub(crate) groups: String,
    /// Whether it is known to be frozen.
    pub(crate) is_frozen: bool,
}

impl Tools {
    /// Starts a container and waits until its init runs.
    pub(crate) async fn start(&self, launch: Launch) -> Result<Launched> {
        let container = launch.container.as_str();
        let mut command = self.command("lxc-start", container).args([
            "-d",
            "-o",
            &launch.log,
            "-l",
            LEVEL,
            "-p",
            &launch.pid_file,
        ]);
        if let Some(config) = &launch.config {
            command = command.args(["-f", config]);
        }
        for (key, value) in &launch.settings {
            command = command.arg("-s").arg(format!("{key}={value}"));
        }
        let mut ops = launch.before;
        let before = ops.len();
        ops.push(HostOp::RemoveFile {
            path: launch.log.clone(),
        });
        ops.push(HostOp::Run(command));
        ops.push(HostOp::InspectPidFile {
            path: launch.pid_file.clone(),
        });
        let replies = self.host.batch(BatchMode::StopAtError, ops).await;
        let mut monitor = None;
        for (at, reply) in replies.into_iter().enumerate() {
            match reply {
                Ok(HostReply::Output(output)) if !output.status.success() && at > before => {
                    let failure = ToolError::of("lxc-start", &output);
                    return Err(self.why_not_started(failure, &launch.log).await);
                }
                Ok(HostReply::Output(output))
                    if at > before && output.stderr_text().contains("Container is already running") =>
                {
                    return Err(Error::new(ErrorKind::InvalidState, STARTED_BY_OTHERS));
                }
                Ok(HostReply::Process(process)) => monitor = process.map(|process| process.identity),
                Ok(_) => {}
                Err(error) => return Err(error),
            }
        }
        self.launched(container, monitor).await
    }

    /// What runs, of a container that was started.
    pub(crate) async fn launched(
        &self,
        container: &str,
        monitor: Option<ProcessIdentity>,
    ) -> Result<Launched> {
        let init = match monitor {
            Some(monitor) => self.child_of(monitor.pid).await?,
            None => None,
        };
        let init = match init {
            Some(init) => Some(init),
            None => self.state(container).await?.and_then(|state| state.init),
        };
        let gone = || Error::new(ErrorKind::Failed, "the container ended as soon as it was started");
        self.inspect(init.ok_or_else(gone)?, monitor)
            .await?
            .ok_or_else(gone)
    }

    /// What is to be known of a running container whose init has this number; `None` where that has ended.
    pub(crate) async fn inspect(
        &self,
        init: u32,
        monitor: Option<ProcessIdentity>,
    ) -> Result<Option<Launched>> {
        let mut found = self.inspect_all(vec![((), init)]).await?;
        Ok(found.remove(&()).map(|mut launched| {
            launched.monitor = monitor.or(launched.monitor);
            launched
        }))
    }

    /// The same of several, by what they are known by.
    pub(crate) async fn inspect_all<K: std::hash::Hash + Eq>(
        &self,
        inits: Vec<(K, u32)>,
    ) -> Result<HashMap<K, Launched>> {
        let reads = inits.iter().flat_map(|(_, init)| {
            [
                HostOp::Inspect { pid: *init },
                HostOp::Read {
                    path: format!("/proc/{init}/cgroup"),
                },
                HostOp::Read {
                    path: format!("/proc/{init}/status"),
                },
            ]
        });
        let mut replies = self
            .asking
            .batch(BatchMode::All, reads.collect())
            .await
            .into_iter();
        let mut found = Vec::new();
        for (key, _) in inits {
            let process = replies.next().transpose()?;
            let groups = text_of(replies.next());
            let status = text_of(replies.next());
            if let Some(HostReply::Process(Some(process))) = process
                && !process.zombie
            {
                let parent = parent_of(&status);
                let launched = Launched {
                    init: process.identity,
                    monitor: None,
                    groups,
                    is_frozen: false,
                };
                found.push((key, launched, parent));
            }
        }
        let parents = found.iter().map(|(_, _, parent)| HostOp::Inspect {
            pid: parent.unwrap_or(0),
        });
        let parents = self.asking.batch(BatchMode::All, parents.collect()).await;
        let with_monitors = found
            .into_iter()
            .zip(parents)
            .map(|((key, mut launched, _), parent)| {
                launched.monitor = match parent {
                    // A process that was given to another parent has no monitor any more.
                    Ok(HostReply::Process(Some(process))) if is_monitor(&process.argv) => {
                        Some(process.identity)
                    }
                    _ => None,
                };
                (key, launched)
            });
        Ok(with_monitors.collect())
    }

    /// The only child of a container's monitor: its init. `None` where this kernel does not tell.
    async fn child_of(&self, monitor: u32) -> Result<Option<u32>> {
        let path = format!("/proc/{monitor}/task/{monitor}/children");
        match self.host.files().read(&path).await {
            Ok(bytes) => {
                let text = String::from_utf8_lossy(&bytes);
                Ok(text
                    .split_ascii_whitespace()
                    .next()
                    .and_then(|pid| pid.parse().ok()))
            }
            Err(error) if error.kind() == ErrorKind::ConnectionLost => Err(error),
            Err(_) => Ok(None),
        }
    }

    async fn why_not_started(&self, mut failure: ToolError, log: &str) -> Error {
        let log = self
            .host
            .files()
            .read_tail(log, LOG_TAIL)
            .await
            .unwrap_or_default();
        if let Some(cause) = first_error(&String::from_utf8_lossy(&log)) {
            failure.said = cause;
        }
        refused(failure)
    }

    /// Ends a container at once. Whether it ran.
    pub(crate) async fn kill(&self, container: &str) -> Result<bool> {
        let command = self.command("lxc-stop", container).arg("-k");
        self.stop(command).await
    }

    /// Asks the init of a container to end it (`lxc.signal.halt`), and waits for that no longer than the call may take.
    pub(crate) async fn halt_and_wait(&self, container: &str, call: &CallContext) -> Result<bool> {
        let seconds = call.remaining().as_secs().max(1).to_string();
        let command = self
            .command("lxc-stop", container)
            .args(["--nokill", "-t", &seconds]);
        call.bound(Outcome::Unknown, async {
            let output = self.run(command).await?;
            match output.status {
                status if status.success() => Ok(true),
                virt_core::host::ExitStatus::Code(NOT_RUNNING) => Ok(false),
                _ => Err(call.timeout(Outcome::Unknown)),
            }
        })
        .await
    }

    /// Asks the init of a container to end it (`lxc.signal.halt`).
    pub(crate) async fn halt(&self, container: &str) -> Result<bool> {
        // Without the second one it is killed when it does not end at once.
        let command = self.command("lxc-stop", container).args(["-W", "--nokill"]);
        self.stop(command).await
    }

    /// Asks the init of a container to reboot it (`lxc.signal.reboot`).
    pub(crate) async fn reboot(&self, container: &str) -> Result<bool> {
        let command = self.command("lxc-stop", container).args(["-r", "-W"]);
        self.stop(command).await
    }

    async fn stop(&self, command: virt_core::host::Command) -> Result<bool> {
        let output = self.act(command).await?;
        match output.status {
            status if status.success() => Ok(true),
            virt_core::host::ExitStatus::Code(NOT_RUNNING) => Ok(false),
            _ => Err(refused(ToolError::of("lxc-stop", &output))),
        }
    }

    /// Sends a signal to a process of the machine, by numbers.
    pub(crate) async fn signal(&self, process: u32, signal: u32) -> Result<()> {
        let command = virt_core::host::Command::new("kill")
            .args([format!("-{signal}"), process.to_string()])
            .env("LC_ALL", "C");
        self.must(command).await.map(drop)
    }

    /// Stops all processes of a container where they are.
    pub(crate) async fn freeze(&self, container: &str) -> Result<()> {
        self.must(self.command("lxc-freeze", container)).await.map(drop)
    }

    /// Lets them go on.
    pub(crate) async fn unfreeze(&self, container: &str) -> Result<()> {
        self.must(self.command("lxc-unfreeze", container)).await.map(drop)
    }
}

fn text_of(reply: Option<Result<HostReply>>) -> String {
    match reply {
        Some(Ok(HostReply::Bytes(bytes))) => String::from_utf8_lossy(&bytes).into_owned(),
        _ => String::new(),
    }
}

/// The parent of a process, from the content of `/proc/PID/status`.
fn parent_of(status: &str) -> Option<u32> {
    status
        .lines()
        .find_map(|line| line.strip_prefix("PPid:"))
        .and_then(|pid| pid.trim().parse().ok())
}

/// Whether these are the arguments of a container's monitor, as it calls itself, and as it was started in the foreground.
fn is_monitor(argv: &[String]) -> bool {
    argv.first().is_some_and(|program| {
        program.starts_with("[lxc monitor]")
            || ["lxc-start", "lxc-execute", "lxc-checkpoint"]
                .iter()
                .any(|tool| program.ends_with(tool))
    })
}
