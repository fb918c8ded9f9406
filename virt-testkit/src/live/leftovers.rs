//! What a test left running: processes that work in its directory.

use std::fs;
use std::io;
use std::path::Path;
use std::process::Command;

/// A process whose arguments mention a directory.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Leftover {
    /// Its number.
    pub pid: u32,
    /// Its program.
    pub program: String,
}

/// Processes with an argument that mentions `directory`, this one left out. Those that have ended and only wait to be
/// reaped do not count.
///
/// # Errors
/// When `/proc` cannot be read.
pub fn processes_in(directory: &Path) -> io::Result<Vec<Leftover>> {
    processes_with(&directory.to_string_lossy())
}

/// Processes whose program and arguments mention this text, this one left out.
///
/// # Errors
/// As [`processes_in`].
pub fn processes_with(wanted: &str) -> io::Result<Vec<Leftover>> {
    let mut found = Vec::new();
    for entry in fs::read_dir("/proc")? {
        let entry = entry?;
        let Some(pid) = entry
            .file_name()
            .to_str()
            .and_then(|name| name.parse::<u32>().ok())
        else {
            continue;
        };
        // It may have ended since the directory was read.
        let line = fs::read(entry.path().join("cmdline")).unwrap_or_default();
        let line = String::from_utf8_lossy(&line).into_owned();
        if pid != std::process::id() && line.contains(wanted) {
            let program = line.split('\0').next().unwrap_or_default().to_owned();
            found.push(Leftover { pid, program });
        }
    }
    Ok(found)
}

/// Kills it.
///
/// # Errors
/// When that cannot be asked for; that it is gone already is no error.
pub fn kill(leftover: &Leftover) -> io::Result<()> {
    Command::new("kill")
        .args(["-KILL", &leftover.pid.to_string()])
        .stderr(std::process::Stdio::null())
        .status()
        .map(drop)
}
