//! What every live test says and waits for.

use std::future::Future;
use std::path::Path;
use std::time::Duration;

use virt_testkit::conformance::{Doing as _, Failure};

/// How long is waited for what has to happen before long.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// The names of a directory's entries; none when it is not there.
pub(crate) fn entries(directory: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(directory).into_iter().flatten().flatten();
    entries
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect()
}

pub(crate) async fn soon<T>(what: &str, work: impl Future<Output = T>) -> Result<T, Failure> {
    let waited = tokio::time::timeout(PATIENCE, work).await;
    waited.map_err(|_| Failure::new(format!("{what} took longer than {} s", PATIENCE.as_secs())))
}

pub(crate) fn check(holds: bool, sentence: impl Into<String>) -> Result<(), Failure> {
    if holds {
        Ok(())
    } else {
        Err(Failure::new(sentence))
    }
}

pub(crate) fn equal<T: PartialEq + std::fmt::Debug>(found: T, wanted: T, thing: &str) -> Result<(), Failure> {
    check(
        found == wanted,
        format!("{thing}: {found:?}, and should be {wanted:?}"),
    )
}

/// Sends a signal to a process.
pub(crate) fn signal(pid: u32, name: &str) -> Result<(), Failure> {
    let sent = std::process::Command::new("kill")
        .args([format!("-{name}"), pid.to_string()])
        .stderr(std::process::Stdio::null())
        .status()
        .doing("running kill")?;
    check(
        sent.success(),
        format!("the process {pid} could not be sent {name}"),
    )
}
