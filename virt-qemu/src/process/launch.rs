//! Launching QEMU.
//!
//! QEMU's own `-daemonize` and its strict sandbox exclude each other (it forks after the filter is on), so `setsid --fork`
//! makes the daemon: QEMU gets a session of its own and survives us, while the waiting `setsid` tells of an early end.

use std::sync::Arc;
use std::time::Duration;

use futures::future::try_join;
use tokio::task::{JoinError, JoinHandle};
use virt_core::host::{BatchMode, Command, CommandOutput, FileWatch, HostOp, HostReply, ProcessIdentity};
use virt_core::{CallContext, Error, ErrorKind, Outcome, Result};

use super::monitors::{Greeted, Monitor, connect_main};
use crate::command::CommandLine;
use crate::qmp::QmpConnection;
use crate::state::{RunRecord, Store};

/// The program that makes a daemon of QEMU.
pub(super) const LAUNCHER: &str = "setsid";
const RUN_DIR_MODE: u32 = 0o700;
/// How much of what QEMU said is read when it failed.
const SAID: u64 = 16 * 1024;
/// Between the moment its socket is there and that in which QEMU listens no file changes: then it is tried again.
const ALMOST: Duration = Duration::from_millis(1);
/// At most so long: each pause is twice the one before, as every try is a round trip to a machine far away.
const ALMOST_AT_MOST: Duration = Duration::from_millis(16);

/// The program that launches QEMU: it ends when QEMU does. Dropping the handle leaves it to itself.
pub(crate) type Program = JoinHandle<Result<CommandOutput>>;

/// Makes the run's directory and writes the intent; gives what tells when the monitor is there.
pub(crate) async fn make_ready(store: &Store, record: &RunRecord) -> Result<Box<dyn FileWatch>> {
    store
        .all(vec![
            HostOp::CreateDir {
                path: record.run_dir.clone(),
                mode: RUN_DIR_MODE,
            },
            HostOp::RemoveFile {
                path: record.log.clone(),
            },
            store.write_run(record)?,
        ])
        .await?;
    store.host.files().watch(&record.main_monitor()).await
}

/// Launches QEMU with its vCPUs stopped. On a task of its own: a launch that is given up is not cut between the daemon's
/// first breath and the moment it can be found by its arguments.
pub(crate) fn begin(store: &Store, record: &RunRecord, line: &CommandLine) -> Program {
    let host = Arc::clone(&store.host);
    let command = daemon(record, line);
    tokio::spawn(async move { host.processes().run(command).await })
}

/// A launch that was begun.
pub(crate) struct Launch<'a> {
    pub(crate) store: &'a Store,
    pub(crate) record: &'a RunRecord,
    pub(crate) program: &'a mut Program,
    pub(crate) watch: &'a mut dyn FileWatch,
}

/// A QEMU that was launched: its monitor, its process, and what it answered first.
pub(crate) type Launched<T> = (Monitor, ProcessIdentity, T);

impl Launch<'_> {
    /// Waits for QEMU's monitor and asks it the first questions, or sees its early end. Its process is looked up beside.
    ///
    /// On an error whatever may have been left of it is still there: the caller ends and removes it by the record.
    pub(crate) async fn first_contact<T, F>(
        self,
        first: impl FnOnce(QmpConnection) -> F,
        call: &CallContext,
    ) -> Result<Launched<T>>
    where
        F: Future<Output = Result<T>>,
    {
        let (store, record) = (self.store, self.record);
        let contact = async {
            let greeted = first_monitor(store, record, self.watch, call).await?;
            let begin = greeted.begin(first, call);
            let ((monitor, answer), process) = try_join(begin, identify(store, record)).await?;
            Ok((monitor, process, answer))
        };
        let contact = call.bound(Outcome::NotApplied, async {
            tokio::select! {
                biased;
                ended = self.program => Err(early_end(store, record, ended).await),
                contact = contact => contact,
            }
        });
        match contact.await {
            // The connection may break a moment before the end itself is seen; what QEMU said tells more.
            Err(error) if error.kind() == ErrorKind::ConnectionLost => {
                let said = what_it_said(store, record).await;
                Err(if said.is_empty() {
                    error
                } else {
                    could_not_start(&said)
                })
            }
            other => other,
        }
    }
}

/// The command that makes a daemon of QEMU and waits for its end.
fn daemon(record: &RunRecord, line: &CommandLine) -> Command {
    let mut command = Command::new(LAUNCHER)
        .args(["--fork", "--wait", line.program.as_str()])
        .args(line.args.iter().cloned())
        .clear_env()
        .output_file(record.log.as_str());
    for (name, value) in &line.env {
        command = command.env(name.as_str(), value.as_str());
    }
    command
}

/// Waits until QEMU listens on its monitor, and connects.
async fn first_monitor(
    store: &Store,
    record: &RunRecord,
    watch: &mut dyn FileWatch,
    call: &CallContext,
) -> Result<Greeted> {
    // It was watched for before QEMU was launched: before a change there is nothing to connect to.
    watch.changed().await?;
    let mut pause = ALMOST;
    loop {
        match connect_main(store.host.as_ref(), record, call.remaining()).await {
            Err(error) if error.kind() == ErrorKind::NotFound => watch.changed().await?,
            Err(error) if is_refused(&error) => {
                tokio::time::sleep(pause).await;
                pause = (pause * 2).min(ALMOST_AT_MOST);
            }
            other => return other,
        }
    }
}

fn is_refused(error: &Error) -> bool {
    error
        .native::<std::io::Error>()
        .is_some_and(|error| error.kind() == std::io::ErrorKind::ConnectionRefused)
}

/// QEMU ended before its monitor answered.
async fn early_end(
    store: &Store,
    record: &RunRecord,
    ended: std::result::Result<Result<CommandOutput>, JoinError>,
) -> Error {
    let status = match ended {
        Ok(Ok(output)) => output.status,
        Ok(Err(error)) => return error,
        Err(error) => {
            return Error::new(ErrorKind::Internal, "launching QEMU failed unexpectedly").with_source(error);
        }
    };
    let said = what_it_said(store, record).await;
    if said.is_empty() {
        return Error::new(ErrorKind::Failed, format!("QEMU ended at once ({status})"));
    }
    could_not_start(&said)
}

fn could_not_start(said: &str) -> Error {
    Error::new(ErrorKind::Failed, format!("QEMU could not be started: {said}"))
}

/// What QEMU has said in this run, without time stamps, in one line.
async fn what_it_said(store: &Store, record: &RunRecord) -> String {
    let Ok(content) = store.host.files().read_tail(&record.log, SAID).await else {
        return String::new();
    };
    let text = String::from_utf8_lossy(&content);
    let lines = text
        .lines()
        .map(|line| without_prefix(line, record.program_name()));
    let told: Vec<&str> = lines
        .filter(|line| !line.is_empty() && !line.starts_with("char device redirected"))
        .collect();
    told.iter().take(8).copied().collect::<Vec<_>>().join("; ")
}

/// QEMU writes `2026-01-01T00:00:00.000000Z qemu-system-x86_64: what is wrong`.
fn without_prefix<'a>(line: &'a str, program: &str) -> &'a str {
    match line.split_once(&format!("{program}: ")) {
        Some((before, said)) if before.is_empty() || before.ends_with("Z ") => said.trim(),
        _ => line.trim(),
    }
}

/// Which process it is, in one round trip.
async fn identify(store: &Store, record: &RunRecord) -> Result<ProcessIdentity> {
    let path = record.pid_file();
    let ops = vec![HostOp::InspectPidFile { path }];
    let mut replies = store.host.batch(BatchMode::StopAtError, ops).await.into_iter();
    match replies.next().transpose()? {
        Some(HostReply::Process(Some(info))) if !info.zombie => Ok(info.identity),
        _ => Err(Error::new(ErrorKind::Failed, "QEMU ended right after its launch")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_qemu_says_is_passed_on_without_its_time_stamp() {
        for (line, said) in [
            (
                "2026-01-01T00:00:00.000000Z qemu-system-x86_64: -device x: no",
                "-device x: no",
            ),
            ("qemu-system-x86_64: no", "no"),
            ("odd", "odd"),
        ] {
            assert_eq!(without_prefix(line, "qemu-system-x86_64"), said);
        }
    }
}
