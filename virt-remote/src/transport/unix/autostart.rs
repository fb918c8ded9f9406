//! Starts a daemon of an ordinary user's session, as libvirt's own client does.

use std::path::{Path, PathBuf};

use virt_core::host::{Command, Host, LocalHost};
use virt_core::{Error, ErrorKind, Result, Subject};

use super::Candidate;

/// Where daemons are, besides the directories of `PATH`.
const DIRECTORIES: [&str; 3] = ["/usr/sbin", "/usr/local/sbin", "/sbin"];

/// Files that it makes are its user's alone.
const LAUNCH: &str = "umask 077 && exec \"$0\" \"$@\"";

/// Starts the first of these daemons whose program is there, and waits until it listens. It is a process of its own,
/// which outlives this one. `None` where none may be started from here.
///
/// # Errors
/// `NotFound` where no program is there, naming those looked for; `Failed` with what it said where it does not come up.
pub(super) async fn start(daemons: &[Candidate]) -> Result<Option<&Candidate>> {
    let own: Vec<(&Candidate, &str)> = daemons
        .iter()
        .filter_map(|daemon| Some((daemon, daemon.program?)))
        .collect();
    if own.is_empty() {
        return Ok(None);
    }
    let found = own
        .iter()
        .find_map(|(daemon, name)| Some((*daemon, program(name)?)));
    let Some((daemon, program)) = found else {
        let names: Vec<&str> = own.iter().map(|(_, name)| *name).collect();
        let message = format!(
            "no libvirt daemon runs in this session, and none can be started (there is no {})",
            names.join(", no ")
        );
        return Err(Error::new(ErrorKind::NotFound, message));
    };
    let path = program.display().to_string();
    tracing::info!(program = path, "starting a daemon of this session");
    // It returns once it listens, or has found out that another one does.
    let command = Command::new("/bin/sh").args(["-c", LAUNCH, &path, "--timeout=120", "--daemon"]);
    let output = LocalHost::default().processes().run(command).await?;
    // One that somebody else started at the same moment may be the one that listens.
    if output.status.success() || tokio::net::UnixStream::connect(&daemon.socket).await.is_ok() {
        return Ok(Some(daemon));
    }
    let said = output.stderr_text();
    let said = said.lines().rev().map(str::trim).find(|line| !line.is_empty());
    let said = said.unwrap_or("it said nothing");
    let message = format!("the daemon of this session did not come up: {said}");
    Err(Error::new(ErrorKind::Failed, message).with_subject(Subject::Path(path)))
}

/// Where a daemon's program is: where `NAME_PATH` says (as in libvirt), or in the usual directories.
fn program(name: &str) -> Option<PathBuf> {
    let variable = format!("{}_PATH", name.to_ascii_uppercase());
    if let Some(path) = std::env::var_os(variable).filter(|path| !path.is_empty()) {
        return Some(PathBuf::from(path));
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    let directories: Vec<PathBuf> = std::env::split_paths(&path)
        .chain(DIRECTORIES.map(PathBuf::from))
        .collect();
    directories
        .into_iter()
        .filter(|directory| directory.is_absolute())
        .map(|directory| directory.join(name))
        .find(|path| is_program(path))
}

fn is_program(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    path.metadata()
        .is_ok_and(|metadata| metadata.is_file() && metadata.permissions().mode() & 0o111 != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn candidate(program: Option<&'static str>) -> Candidate {
        Candidate {
            socket: "/no-such/sock".into(),
            program,
        }
    }

    #[tokio::test]
    async fn a_daemon_of_the_whole_machine_is_not_started() {
        assert_eq!(start(&[candidate(None)]).await.expect("an answer"), None);
    }

    #[tokio::test]
    async fn what_is_not_installed_is_named() {
        let error = start(&[candidate(Some("virt-no-such-d"))])
            .await
            .expect_err("an error");
        assert_eq!(error.kind(), ErrorKind::NotFound);
        assert!(error.message().contains("no virt-no-such-d"), "{error}");
    }

    #[test]
    fn programs_are_found_outside_of_path_too() {
        assert!(program("sh").is_some_and(|path| is_program(&path)));
        assert_eq!(program("virt-no-such-d"), None);
    }
}
