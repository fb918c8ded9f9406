//! A real sshd of the test's own: its configuration, its keys, its users, its networks.
//!
//! Everything has a directory of its own below the temporary directory and ends when it is dropped. Nothing of the
//! machine's own SSH is read or changed, but for what can't be elsewhere: users (`virtsdktest…`, [`TestUser`]), network
//! namespaces (`virtsdktest…`, [`Chain`]) and the directory `/run/sshd`. What a killed test left of these is removed by
//! the next one that makes its like. All of it needs root.
//!
//! Passwords are asked for in two ways. `PasswordAuthentication` works without PAM, from the password in `/etc/shadow`;
//! keyboard-interactive is done by PAM alone, so [`SshdBuilder::keyboard_interactive`] turns that on.

mod agent;
mod builder;
mod chain;
mod keys;
mod known;
mod processes;
mod server;
mod user;

pub use agent::SshAgent;
pub use builder::SshdBuilder;
pub use chain::Chain;
pub use keys::{CertificateKind, CertificateOptions, KeyKind, KeyPair};
pub use known::HostLine;
pub use server::Sshd;
pub use user::{Sudo, TestUser};

use super::error::{LiveError, Result};
use std::path::Path;
use std::process::Command;

/// With what everything begins that others on the machine can see.
const PREFIX: &str = "virtsdktest";

const DIRECTORY: &str = "virt-sshd.";

/// What is missing here to run an sshd of one's own, with the way out; `None` when nothing is.
#[must_use]
pub fn missing() -> Option<String> {
    const PROGRAMS: [&str; 5] = [
        "/usr/sbin/sshd",
        "/usr/bin/ssh-keygen",
        "/usr/bin/ssh",
        "/usr/bin/sudo",
        "/usr/sbin/useradd",
    ];
    for program in PROGRAMS {
        if !Path::new(program).exists() {
            return Some(format!(
                "{program} is not there: `cargo xtask install sshd` installs it"
            ));
        }
    }
    match output_of(Command::new("id").arg("-u")) {
        Ok(id) if id.trim() == "0" => None,
        _ => Some("an sshd with users of its own needs root".to_owned()),
    }
}

/// What a program prints; an error when it fails.
fn output_of(command: &mut Command) -> Result<String> {
    super::debian::output_of(command).map(|output| String::from_utf8_lossy(&output).into_owned())
}

/// A directory whose name tells whose it is. Those of killed tests are removed, with what still runs in them.
fn new_directory() -> Result<tempfile::TempDir> {
    remove_leftovers();
    tempfile::Builder::new()
        .prefix(&format!("{DIRECTORY}{}.", std::process::id()))
        .tempdir()
        .map_err(|error| LiveError::file("create a directory in", &std::env::temp_dir(), error))
}

/// Best effort: what stays is removed by the next test.
fn remove_leftovers() {
    let Ok(entries) = std::fs::read_dir(std::env::temp_dir()) else {
        return;
    };
    for entry in entries.filter_map(std::result::Result::ok) {
        let name = entry.file_name();
        let owner = name
            .to_str()
            .and_then(|name| name.strip_prefix(DIRECTORY))
            .and_then(|rest| rest.split_once('.'))
            .and_then(|(pid, _)| pid.parse::<u32>().ok());
        let Some(owner) = owner.filter(|pid| !runs(*pid)) else {
            continue;
        };
        tracing::debug!(owner, "removing what a killed test left");
        let found = super::leftovers::processes_in(&entry.path()).unwrap_or_default();
        let mut processes: Vec<u32> = found.iter().map(|process| process.pid).collect();
        processes.extend(processes::below(&processes));
        processes::kill(&processes);
        drop(std::fs::remove_dir_all(entry.path()));
    }
}

fn runs(pid: u32) -> bool {
    Path::new(&format!("/proc/{pid}")).exists()
}

fn write(path: &Path, text: &str, mode: u32) -> Result<()> {
    let permissions = std::os::unix::fs::PermissionsExt::from_mode(mode);
    std::fs::write(path, text)
        .and_then(|()| std::fs::set_permissions(path, permissions))
        .map_err(|error| LiveError::file("write", path, error))
}

fn read(path: &Path) -> Result<String> {
    std::fs::read_to_string(path).map_err(|error| LiveError::file("read", path, error))
}

/// The next number of this process, for names.
fn next_number() -> u32 {
    use std::sync::atomic::{AtomicU32, Ordering};
    static NEXT: AtomicU32 = AtomicU32::new(0);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

/// `virtsdktestPIDxN`: a name that tells whose it is.
fn new_name() -> String {
    format!("{PREFIX}{}x{}", std::process::id(), next_number())
}

/// Whether `name` is one of ours whose process is gone.
fn is_left_over(name: &str) -> bool {
    name.strip_prefix(PREFIX)
        .and_then(|rest| rest.split_once('x'))
        .and_then(|(pid, _)| pid.parse::<u32>().ok())
        .is_some_and(|pid| !runs(pid))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_tells_whether_its_process_is_gone() {
        assert!(!is_left_over(&new_name()));
        assert!(is_left_over("virtsdktest999999999x0"));
        assert!(!is_left_over("root"));
    }
}
