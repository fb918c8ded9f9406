//! Programs in guests. Tools start them and tell how they have ended; what they read and write goes through files.

use std::time::Duration;

use futures::future::{try_join, try_join3};
use tokio::time::Instant;
use virt_core::agent::{ExecOutput, ExecRequest};
use virt_core::host::ExitStatus;
use virt_core::{CallContext, Error, ErrorKind, Outcome, Result};

use super::super::EsxDriver;
use super::super::leftovers::made;
use super::command::{Streams, is_missing, line};
use super::files::FileForNow;
use super::login::Guest;
use crate::soap::Page;
use crate::vim::{
    GuestProgramSpec, GuestWindowsProgramSpec, ListProcessesInGuest, StartProgramInGuest,
    TerminateProcessInGuest,
};

/// How much of each output is kept.
const MOST_OUTPUT: u64 = 16 << 20;
/// The first pause between two looks at a program, and the longest: nothing tells when it has ended.
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);
/// How a shell tells that a signal has ended a program: by this and the signal's number.
const SIGNALLED: std::ops::RangeInclusive<i32> = 129..=192;

impl EsxDriver {
    pub(super) async fn run_in_guest(
        &self,
        call: &CallContext,
        guest: &Guest,
        request: &ExecRequest,
    ) -> Result<ExecOutput> {
        let limit = Instant::now().checked_add(request.limit());
        let until = limit.map_or(call.deadline, |limit| limit.min(call.deadline));
        // What cannot be said to the guest is refused before anything is done there.
        let nowhere = Streams {
            input: None,
            output: "",
            errors: "",
        };
        line(request, &nowhere, guest.is_windows)?;
        let files = try_join3(
            self.input_file(call, guest, request),
            self.file_for_now(call, guest),
            self.file_for_now(call, guest),
        );
        let (input, output, errors) = files.await?;
        let (output, mut files) = (output.path, output.leftovers);
        let (errors, others) = (errors.path, errors.leftovers);
        files.join(others);
        let input = input.map(|input| {
            files.join(input.leftovers);
            input.path
        });
        if let Some(input) = &input {
            self.write_in_guest(call, guest, input, &request.stdin).await?;
        }
        let streams = Streams {
            input: input.as_deref(),
            output: &output,
            errors: &errors,
        };
        let done = self.start_and_wait(call, guest, request, &streams, until);
        let code = match done.await {
            Ok(code) => code,
            Err(error) => {
                files.clear().await;
                return Err(error);
            }
        };
        let outputs = try_join(
            self.read_in_guest(call, guest, &output, MOST_OUTPUT),
            self.read_in_guest(call, guest, &errors, MOST_OUTPUT),
        );
        let outputs = outputs.await;
        files.clear().await;
        let (output, errors) = outputs.map_err(|error| error.with_outcome(Outcome::Unknown))?;
        result(request, guest, code, output, errors)
    }

    /// A file for what the program is to read; none where that is nothing.
    async fn input_file(
        &self,
        call: &CallContext,
        guest: &Guest,
        request: &ExecRequest,
    ) -> Result<Option<FileForNow>> {
        if request.stdin.is_empty() {
            return Ok(None);
        }
        self.file_for_now(call, guest).await.map(Some)
    }

    /// Starts a program and waits for its end: its exit code, where that is told. Whoever does not wait any more, or not as long, ends it.
    async fn start_and_wait(
        &self,
        call: &CallContext,
        guest: &Guest,
        request: &ExecRequest,
        streams: &Streams<'_>,
        until: Instant,
    ) -> Result<Option<i32>> {
        let line = line(request, streams, guest.is_windows)?;
        let shell = line.program.clone();
        let spec = GuestProgramSpec {
            program_path: line.program,
            arguments: line.arguments,
            working_directory: None,
            env_variables: request.env.clone(),
        };
        let spec = if guest.is_windows {
            let base = spec;
            let start_minimized = true;
            GuestWindowsProgramSpec {
                base,
                start_minimized,
            }
            .into()
        } else {
            spec.into()
        };
        let start = StartProgramInGuest {
            this: guest.managers.processes.clone(),
            vm: guest.machine.clone(),
            auth: guest.auth.clone(),
            spec,
        };
        let started = made(&self.server, call, start, |start, pid| TerminateProcessInGuest {
            this: start.this.clone(),
            vm: start.vm.clone(),
            auth: start.auth.clone(),
            pid: *pid,
        });
        let (pid, running) = started
            .await
            .map_err(|error| self.of_guest(guest, error, Some(&shell)))?;
        let end = tokio::time::timeout_at(until, self.end_of(call, guest, pid)).await;
        match end {
            Ok(Ok(code)) => {
                running.forget();
                Ok(code)
            }
            Ok(Err(error)) => {
                running.clear().await;
                Err(error)
            }
            Err(_) => {
                running.clear().await;
                let message = format!("{:?} did not end in time, and was ended", request.program);
                Err(Error::new(ErrorKind::Timeout, message).with_outcome(Outcome::Unknown))
            }
        }
    }

    async fn end_of(&self, call: &CallContext, guest: &Guest, pid: i64) -> Result<Option<i32>> {
        let list = ListProcessesInGuest {
            this: guest.managers.processes.clone(),
            vm: guest.machine.clone(),
            auth: guest.auth.clone(),
            pids: vec![pid],
        };
        let mut pause = FIRST_PAUSE;
        loop {
            let found = self.server.session.read(call, &list).await;
            let found =
                found.map_err(|error| self.of_guest(guest, error, None).with_outcome(Outcome::Unknown))?;
            let process = found.into_iter().find(|process| process.pid == pid);
            match process {
                None => {
                    let message = "the guest does not tell any more how the program has ended: it may have been started anew";
                    return Err(Error::new(ErrorKind::Failed, message).with_outcome(Outcome::Unknown));
                }
                Some(process) if process.end_time.is_some() || process.exit_code.is_some() => {
                    return Ok(process.exit_code);
                }
                Some(_) => {}
            }
            tokio::time::sleep(pause).await;
            pause = pause.saturating_mul(2).min(LONGEST_PAUSE);
        }
    }
}

fn result(
    request: &ExecRequest,
    guest: &Guest,
    code: Option<i32>,
    output: Page,
    errors: Page,
) -> Result<ExecOutput> {
    let is_missing = |code| is_missing(code, &errors.content);
    if !guest.is_windows && code.is_some_and(is_missing) {
        let message = format!(
            "the guest has no program {:?}, or may not run it",
            request.program
        );
        return Err(Error::new(ErrorKind::Failed, message));
    }
    let status = match code {
        Some(code) if SIGNALLED.contains(&code) && !guest.is_windows => ExitStatus::Signal(code - 128),
        Some(code) => ExitStatus::Code(code),
        None => ExitStatus::Unknown,
    };
    let truncated = output.is_cut || errors.is_cut;
    let mut result = ExecOutput::new(status, output.content, errors.content);
    result.truncated = truncated;
    Ok(result)
}
