//! Running cargo from these commands.

use crate::failure::{Doing as _, Failure, Outcome};
use crate::say;
use serde_json::Value;
use std::io::{BufRead as _, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Instant;

/// The workspace's root directory.
pub(crate) fn workspace() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_path_buf()
}

/// Cargo with these arguments, in the workspace.
pub(crate) fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command
        .args(arguments)
        .current_dir(workspace())
        .stdin(Stdio::null());
    // What `cargo run` set for this program is not meant for the cargo it starts.
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        if text.starts_with("CARGO_PKG_") || text.starts_with("CARGO_MANIFEST_") || text == "CARGO_CRATE_NAME"
        {
            command.env_remove(&name);
        }
    }
    command
}

/// Runs it with its output shown; an exit status other than 0 is a failure.
pub(crate) fn run(mut command: Command) -> Outcome {
    let words = words_of(&command);
    say::line(&format!("$ {words}"));
    let status = command.status().doing(|| format!("run `{words}`"))?;
    match status.success() {
        true => Ok(()),
        false => Err(Failure::new(format!("`{words}` failed ({status})"))),
    }
}

/// How a run with a deadline ended.
pub(crate) enum Ended {
    /// By itself.
    Itself(ExitStatus),
    /// It was stopped at the deadline.
    AtDeadline,
}

/// Runs it until `deadline`, showing its output and handing every line to `each_line` too.
pub(crate) fn run_read(
    mut command: Command,
    deadline: Instant,
    mut each_line: impl FnMut(&str),
) -> Outcome<Ended> {
    let words = words_of(&command);
    say::line(&format!("$ {words}"));
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .doing(|| format!("run `{words}`"))?;
    let (sender, lines) = mpsc::channel();
    if let Some(stdout) = child.stdout.take() {
        forward(stdout, sender.clone());
    }
    if let Some(stderr) = child.stderr.take() {
        forward(stderr, sender);
    }
    let in_time = loop {
        match lines.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
            Ok(line) => {
                say::line(&line);
                each_line(&line);
            }
            Err(mpsc::RecvTimeoutError::Disconnected) => break true,
            Err(mpsc::RecvTimeoutError::Timeout) => break false,
        }
    };
    if !in_time {
        // The runner is asked, so that it stops its tests, and they their guests.
        if let Some(pid) = rustix::process::Pid::from_raw(child.id().try_into().unwrap_or(0)) {
            // If it has ended by now there is nothing to ask.
            let _ = rustix::process::kill_process(pid, rustix::process::Signal::TERM);
        }
        while let Ok(line) = lines.recv_timeout(std::time::Duration::from_secs(20)) {
            say::line(&line);
        }
        drop(child.kill());
    }
    let status = child.wait().doing(|| format!("wait for `{words}`"))?;
    Ok(if in_time {
        Ended::Itself(status)
    } else {
        Ended::AtDeadline
    })
}

/// What `cargo metadata` tells about the workspace and all it depends on.
pub(crate) fn metadata() -> Outcome<Value> {
    let output = command(&["metadata", "--format-version", "1", "--all-features", "--locked"])
        .output()
        .doing(|| "run `cargo metadata`".to_owned())?;
    if !output.status.success() {
        return Err(Failure::new(format!(
            "`cargo metadata` failed: {}",
            String::from_utf8_lossy(&output.stderr).trim()
        )));
    }
    serde_json::from_slice(&output.stdout).doing(|| "read what `cargo metadata` printed".to_owned())
}

fn forward(stream: impl Read + Send + 'static, sender: mpsc::Sender<String>) {
    thread::spawn(move || {
        for line in BufReader::new(stream).split(b'\n') {
            let Ok(line) = line else { return };
            if sender.send(String::from_utf8_lossy(&line).into_owned()).is_err() {
                return;
            }
        }
    });
}

fn words_of(command: &Command) -> String {
    let arguments = command.get_args().map(|word| word.to_string_lossy());
    std::iter::once("cargo".into())
        .chain(arguments)
        .collect::<Vec<_>>()
        .join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn shell(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        command
    }

    #[test]
    fn every_line_of_both_streams_is_read_and_the_status_is_kept() {
        let mut lines = Vec::new();
        let deadline = Instant::now() + Duration::from_secs(30);
        let ended = run_read(shell("echo one; echo two >&2; exit 3"), deadline, |line| {
            lines.push(line.to_owned())
        });
        lines.sort();
        assert_eq!(lines, ["one", "two"]);
        assert!(matches!(ended, Ok(Ended::Itself(status)) if status.code() == Some(3)));
    }

    #[test]
    fn a_run_that_takes_too_long_is_stopped() {
        let began = Instant::now();
        let ended = run_read(
            shell("exec sleep 60"),
            Instant::now() + Duration::from_millis(100),
            |_| {},
        );
        assert!(matches!(ended, Ok(Ended::AtDeadline)));
        assert!(began.elapsed() < Duration::from_secs(30));
    }
}
