//! Running a program to its end.

use std::time::Duration;

use tokio::time::Instant;
use virt_core::agent::{ExecOutput, ExecRequest};
use virt_core::host::ExitStatus;

use super::AgentConnection;
use super::commands::exec::{ExecStatus, GuestExec, GuestExecStatus};
use super::error::{AgentError, AgentResult};

/// The first pause between two questions whether a program has ended.
const FIRST_PAUSE: Duration = Duration::from_millis(10);

/// The longest.
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// How long one question may take.
const EXCHANGE: Duration = Duration::from_secs(10);

impl AgentConnection {
    /// Runs a program to its end and gives what it wrote. The agent tells of the end only when asked, so it is asked
    /// again and again, with pauses that grow from 10 ms to 1 s; other calls go between. `deadline` bounds the start
    /// of the program; [`ExecRequest::limit`] its life.
    ///
    /// # Errors
    /// [`AgentError::StillRunning`] at the time limit; else as [`execute`](Self::execute).
    ///
    /// # Cancel safety
    /// Dropped, the program goes on, and nobody learns of its end.
    pub async fn exec(&self, request: &ExecRequest, deadline: Instant) -> AgentResult<ExecOutput> {
        let command = GuestExec {
            path: request.program.clone(),
            arg: request.args.clone(),
            env: request.env.clone(),
            input_data: request.stdin.clone(),
            capture_output: true,
        };
        let pid = self.execute(&command, deadline).await?.pid;
        let limit = request.limit();
        let ends_by = Instant::now().checked_add(limit);
        let mut pause = FIRST_PAUSE;
        loop {
            let status = self
                .execute(&GuestExecStatus { pid }, Instant::now() + EXCHANGE)
                .await?;
            if status.exited {
                return Ok(output(status));
            }
            if ends_by.is_some_and(|ends_by| Instant::now() >= ends_by) {
                return Err(AgentError::StillRunning { pid, limit });
            }
            let until_limit =
                ends_by.map_or(pause, |ends_by| ends_by.saturating_duration_since(Instant::now()));
            tokio::time::sleep(pause.min(until_limit)).await;
            pause = pause.saturating_mul(3).div_f64(2.0).min(LONGEST_PAUSE);
        }
    }
}

fn output(status: ExecStatus) -> ExecOutput {
    let end = match (status.exit_code, status.signal) {
        (Some(code), _) => ExitStatus::Code(code),
        (None, Some(signal)) => i32::try_from(signal).map_or(ExitStatus::Unknown, ExitStatus::Signal),
        (None, None) => ExitStatus::Unknown,
    };
    let mut output = ExecOutput::new(end, status.out_data, status.err_data);
    output.truncated = status.out_truncated || status.err_truncated;
    output
}
