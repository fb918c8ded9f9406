//! `lxc-checkpoint`: the processes of a container written to disk by CRIU, and brought back.

use virt_core::host::CommandOutput;
use virt_core::{Error, Outcome, Result};

use super::{ToolError, Tools, refused};

/// How much of CRIU's log is read for the cause of a failure.
const LOG_TAIL: u64 = 64 * 1024;

impl Tools {
    /// Writes a running container's processes to a directory, which is made; it ends where `stops`.
    pub(crate) async fn checkpoint(&self, container: &str, directory: &str, stops: bool) -> Result<()> {
        let mut command = self.command("lxc-checkpoint", container).args(["-D", directory]);
        if stops {
            command = command.arg("-s");
        }
        let output = self.run(command).await?;
        self.judged(output, directory, "dump.log").await
    }

    /// Starts a container from such a directory.
    pub(crate) async fn restore(&self, container: &str, directory: &str) -> Result<()> {
        let command = self
            .command("lxc-checkpoint", container)
            .args(["-r", "-D", directory]);
        let output = self.run(command).await?;
        self.judged(output, directory, "restore.log").await
    }

    /// What became of it: CRIU says in its own log why it could not.
    async fn judged(&self, output: CommandOutput, directory: &str, log: &str) -> Result<()> {
        if output.status.success() {
            return Ok(());
        }
        let mut failure = ToolError::of("lxc-checkpoint", &output);
        if failure.said.contains("execing criu failed") {
            return Err(
                Error::unsupported("CRIU is not installed there: install the package criu")
                    .with_source(failure),
            );
        }
        let path = format!("{directory}/{log}");
        let log = self
            .host
            .files()
            .read_tail(&path, LOG_TAIL)
            .await
            .unwrap_or_default();
        let log = String::from_utf8_lossy(&log);
        let Some(cause) = first_criu_error(&log) else {
            return Err(refused(failure).with_outcome(Outcome::Unknown));
        };
        failure.said = cause.to_owned();
        // What its check of the kernel fails with is nothing that another attempt changes.
        if log.contains("Could not initialize kernel features detection") {
            let message = format!("CRIU does not work with this kernel: {cause}");
            return Err(Error::unsupported(message).with_source(failure));
        }
        Err(refused(failure))
    }
}

/// The first error in a log of CRIU: those after it follow from it.
fn first_criu_error(log: &str) -> Option<&str> {
    log.lines()
        .find(|line| line.contains("Error ("))
        .and_then(|line| line.split_once("): "))
        .map(|(_, said)| said.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_error_of_criu_is_the_cause() {
        let log = "(00.1) Info\nError (criu/vdso.c:381): vdso: Unexpected rt vDSO area bounds\nError (criu/x.c:1): later\n";
        assert_eq!(
            first_criu_error(log),
            Some("vdso: Unexpected rt vDSO area bounds")
        );
        assert_eq!(first_criu_error("fine\n"), None);
    }
}
