//! What a program in the guest reads, where it is more than one command of the agent can carry.
//!
//! It goes into a file of the guest, piece by piece, and a shell there opens it as the program's standard input: so it
//! takes a guest with a POSIX shell.

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use uuid::Uuid;
use virt_core::agent::ExecRequest;
use virt_core::host::ExitStatus;
use virt_core::{CallClass, CallContext, Error, ErrorKind, Outcome, Result, Subject};

use super::command::LARGEST_COMMAND;
use crate::driver::background::Background;
use crate::driver::link::Link;
use crate::driver::{RemoteConnection, objects};
use crate::protocol::qemu::{DomainAgentCommand, DomainAgentCommandArgs};

const SHELL: &str = "/bin/sh";

/// Makes a file that only the agent's user can read and prints its path, where the program is there.
const MAKE: &str = r#"command -v -- "$1" >/dev/null 2>&1 || exit 127; umask 077; exec mktemp"#;

/// The program is not there.
const NOT_FOUND: ExitStatus = ExitStatus::Code(127);

/// Becomes the program, with the file as its input. The file has no name any more by then.
const RUN: &str = r#"exec <"$1" || exit; /bin/rm -f -- "$1"; shift; exec "$@""#;

/// How long the agent is given to make the file, and to remove it when nobody uses it any more.
const PATIENCE: Duration = Duration::from_secs(60);

/// The file in the guest: removed in the background when it is given up.
pub(super) struct InputFile {
    path: Option<String>,
    domain: Uuid,
    link: Arc<Link>,
    background: Arc<Background>,
}

impl InputFile {
    /// The request for a shell that becomes the program.
    pub(super) fn request(&self, request: &ExecRequest) -> ExecRequest {
        let path = self.path.as_deref().unwrap_or_default();
        let mut through = ExecRequest::new(SHELL)
            .args(["-c", RUN, "sh", path, &request.program])
            .args(&request.args);
        through.env.clone_from(&request.env);
        through.time_limit = request.time_limit;
        through
    }

    /// The shell has it, and removes it.
    pub(super) fn leave_to_shell(mut self) {
        self.path = None;
    }
}

impl Drop for InputFile {
    fn drop(&mut self) {
        let Some(path) = self.path.take() else { return };
        let link = Arc::clone(&self.link);
        let command =
            json!({ "execute": "guest-exec", "arguments": { "path": "/bin/rm", "arg": ["-f", "--", path] } });
        let args = DomainAgentCommandArgs {
            dom: objects::domain(self.domain),
            cmd: command.to_string().into(),
            timeout: i32::try_from(PATIENCE.as_secs()).unwrap_or(i32::MAX),
            flags: 0,
        };
        self.background.spawn(async move {
            let call = CallContext::new("agent", CallClass::Agent, PATIENCE);
            // A guest whose agent is gone keeps it until it clears its temporary files.
            let _removed = link.call::<DomainAgentCommand>(&call, &args).await;
        });
    }
}

impl RemoteConnection {
    /// Puts what the program reads into a file of the guest.
    pub(super) async fn bring_input(
        &self,
        call: &CallContext,
        domain: Uuid,
        request: &ExecRequest,
    ) -> Result<InputFile> {
        let make = ExecRequest::new(SHELL)
            .args(["-c", MAKE, "sh", &request.program])
            .time_limit(PATIENCE.min(call.remaining()));
        let made = self.run_command(call, domain, &make).await;
        let made = made.map_err(|error| match error.kind() {
            ErrorKind::Failed => needs_a_shell(&request.stdin, error),
            _ => error,
        })?;
        let printed = String::from_utf8_lossy(&made.stdout);
        let path = printed.trim_end_matches('\n').to_owned();
        match made.status {
            ExitStatus::Code(0) if path.starts_with('/') => {}
            NOT_FOUND => {
                let message = format!("the guest has no program {}", request.program);
                return Err(Error::new(ErrorKind::Failed, message)
                    .with_outcome(Outcome::NotApplied)
                    .with_subject(Subject::Path(request.program.clone())));
            }
            _ => {
                let said = String::from_utf8_lossy(&made.stderr);
                let message = format!(
                    "the guest has no room for a temporary file of the program's input: {}",
                    said.trim()
                );
                return Err(Error::new(ErrorKind::Failed, message).with_outcome(Outcome::NotApplied));
            }
        }
        let file = InputFile {
            path: Some(path.clone()),
            domain,
            link: Arc::clone(&self.link),
            background: Arc::clone(&self.background),
        };
        self.write_guest_file(call, domain, &path, &request.stdin).await?;
        Ok(file)
    }
}

fn needs_a_shell(input: &[u8], source: Error) -> Error {
    let message = format!(
        "{} bytes of input take a file and {SHELL} in a guest of a libvirt daemon, which carries at most \
         {LARGEST_COMMAND} bytes to its agent: write them to a file of the guest and have the program read that",
        input.len()
    );
    Error::new(ErrorKind::Failed, message)
        .with_outcome(Outcome::NotApplied)
        .with_source(source)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write as _;
    use std::process::{Command, Output};

    fn sh(args: &[&str]) -> Output {
        Command::new(SHELL).args(args).output().expect("a shell here")
    }

    #[test]
    fn a_program_that_is_not_there_is_told_before_a_file_is_made() {
        let output = sh(&["-c", MAKE, "sh", "/no/such/program"]);
        assert_eq!((output.status.code(), output.stdout), (Some(127), Vec::new()));
    }

    #[test]
    fn a_file_of_its_own_is_made_for_a_program_with_and_without_a_directory() {
        for program in ["cat", "/bin/sh"] {
            let output = sh(&["-c", MAKE, "sh", program]);
            let path = String::from_utf8_lossy(&output.stdout).trim_end().to_owned();
            assert!(output.status.success() && path.starts_with('/'), "{output:?}");
            std::fs::remove_file(path).expect("it was made");
        }
    }

    #[test]
    fn the_program_reads_the_file_which_is_gone_and_gets_its_arguments_as_they_are() {
        let mut file = tempfile::NamedTempFile::new().expect("a file");
        file.write_all(b"read me").expect("written");
        let path = file.path().to_string_lossy().into_owned();
        let script = r#"cat; printf '<%s>' "$@"; exit 7"#;
        let output = sh(&[
            "-c",
            RUN,
            "sh",
            &path,
            "sh",
            "-c",
            script,
            "sh",
            "two words",
            "",
            "$x",
        ]);
        assert_eq!(
            String::from_utf8_lossy(&output.stdout),
            "read me<two words><><$x>"
        );
        assert_eq!(output.status.code(), Some(7));
        assert!(!file.path().exists());
    }
}
