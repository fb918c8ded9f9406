//! Running a program in the guest to its end.

use std::time::Duration;

use serde::Deserialize;
use serde_json::{Map, Value, json};
use tokio::time::Instant;
use uuid::Uuid;
use virt_core::agent::{ExecOutput, ExecRequest};
use virt_core::host::ExitStatus;
use virt_core::{CallClass, CallContext, Error, ErrorKind, Outcome, Result};

use super::base64::{decoded, encoded};
use super::command::LARGEST_COMMAND;
use crate::driver::RemoteConnection;

/// The first pause between two questions whether a program has ended, and the longest.
const FIRST_PAUSE: Duration = Duration::from_millis(10);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// How long one question may take.
const EXCHANGE: Duration = Duration::from_secs(10);

#[derive(Deserialize)]
struct Started {
    pid: u64,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Status {
    exited: bool,
    #[serde(rename = "exitcode")]
    exit_code: Option<i32>,
    signal: Option<i64>,
    #[serde(default, deserialize_with = "decoded")]
    out_data: Vec<u8>,
    #[serde(default, deserialize_with = "decoded")]
    err_data: Vec<u8>,
    #[serde(default)]
    out_truncated: bool,
    #[serde(default)]
    err_truncated: bool,
}

impl From<Status> for ExecOutput {
    fn from(status: Status) -> Self {
        let end = match (status.exit_code, status.signal) {
            (Some(code), _) => ExitStatus::Code(code),
            (None, Some(signal)) => i32::try_from(signal).map_or(ExitStatus::Unknown, ExitStatus::Signal),
            (None, None) => ExitStatus::Unknown,
        };
        let mut output = Self::new(end, status.out_data, status.err_data);
        output.truncated = status.out_truncated || status.err_truncated;
        output
    }
}

impl RemoteConnection {
    /// Runs a program to its end, whatever it reads.
    pub(super) async fn run_program(
        &self,
        call: &CallContext,
        domain: Uuid,
        request: &ExecRequest,
    ) -> Result<ExecOutput> {
        if request.stdin.is_empty() || fits_one_command(request) {
            return self.run_command(call, domain, request).await;
        }
        let input = self.bring_input(call, domain, request).await;
        // The program has not begun, whatever became of the file.
        let input = input.map_err(|error| error.with_outcome(Outcome::NotApplied))?;
        let through = input.request(request);
        let started = self.start_program(call, domain, &through).await?;
        input.leave_to_shell();
        self.output_of(call, domain, started, request.limit()).await
    }

    /// Runs a program whose input one command carries.
    pub(super) async fn run_command(
        &self,
        call: &CallContext,
        domain: Uuid,
        request: &ExecRequest,
    ) -> Result<ExecOutput> {
        let started = self.start_program(call, domain, request).await?;
        self.output_of(call, domain, started, request.limit()).await
    }

    async fn start_program(
        &self,
        call: &CallContext,
        domain: Uuid,
        request: &ExecRequest,
    ) -> Result<Started> {
        self.agent_answer(call, domain, "guest-exec", arguments(request))
            .await
    }

    /// The agent tells of the end only when asked: it is asked again and again, with pauses that grow.
    async fn output_of(
        &self,
        call: &CallContext,
        domain: Uuid,
        started: Started,
        limit: Duration,
    ) -> Result<ExecOutput> {
        let begun = Instant::now();
        let mut pause = FIRST_PAUSE;
        loop {
            let exchange = CallContext::new(call.operation, CallClass::Agent, EXCHANGE);
            let asked = json!({ "pid": started.pid });
            let status: Status = self
                .agent_answer(&exchange, domain, "guest-exec-status", asked)
                .await?;
            if status.exited {
                return Ok(status.into());
            }
            let left = limit.saturating_sub(begun.elapsed());
            if left.is_zero() {
                let message = format!("process {} in the guest still runs after {limit:?}", started.pid);
                return Err(Error::new(ErrorKind::Timeout, message).with_outcome(Outcome::Unknown));
            }
            tokio::time::sleep(pause.min(left)).await;
            pause = pause.saturating_mul(3).div_f64(2.0).min(LONGEST_PAUSE);
        }
    }
}

/// Whether one command carries the program with all it is given.
fn fits_one_command(request: &ExecRequest) -> bool {
    // Beside the arguments there are the command's name and braces.
    const REST: usize = 256;
    arguments(request).to_string().len() <= LARGEST_COMMAND - REST
}

fn arguments(request: &ExecRequest) -> Value {
    let mut arguments = Map::new();
    arguments.insert("path".into(), json!(request.program));
    arguments.insert("capture-output".into(), json!(true));
    if !request.args.is_empty() {
        arguments.insert("arg".into(), json!(request.args));
    }
    if !request.env.is_empty() {
        arguments.insert("env".into(), json!(request.env));
    }
    if !request.stdin.is_empty() {
        arguments.insert("input-data".into(), json!(encoded(&request.stdin)));
    }
    Value::Object(arguments)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn input_goes_with_the_command_while_both_fit_it() {
        let cat = |bytes: usize| ExecRequest::new("/bin/cat").stdin(vec![0; bytes]);
        assert!(fits_one_command(&cat(64 * 1024)));
        assert!(!fits_one_command(&cat(200_000)));
        assert!(!fits_one_command(&cat(64 * 1024).arg("x".repeat(20_000))));
    }
}
