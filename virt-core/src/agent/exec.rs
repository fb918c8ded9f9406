//! Programs run in the guest.

use std::fmt;
use std::time::Duration;

use crate::host::ExitStatus;

/// A program to run in the guest (`guest-exec`).
#[derive(Clone, Default)]
#[non_exhaustive]
pub struct ExecRequest {
    /// The program: a path in the guest.
    pub program: String,
    /// Its arguments.
    pub args: Vec<String>,
    /// Its environment, `NAME=value`; the agent's own where empty.
    pub env: Vec<String>,
    /// What it reads on standard input. In a guest of a libvirt daemon, more than about 70 KB goes through a temporary file
    /// there, which takes `/bin/sh`, `mktemp` and `/bin/rm` in the guest.
    pub stdin: Vec<u8>,
    /// It is given up, not killed (the agent can't), when it has not ended by then; 60 s unless said.
    pub time_limit: Option<Duration>,
}

impl ExecRequest {
    /// This program, without arguments.
    pub fn new(program: impl Into<String>) -> Self {
        Self {
            program: program.into(),
            ..Self::default()
        }
    }

    /// Adds one argument.
    #[must_use]
    pub fn arg(mut self, arg: impl Into<String>) -> Self {
        self.args.push(arg.into());
        self
    }

    /// Adds arguments.
    #[must_use]
    pub fn args<I: IntoIterator<Item = S>, S: Into<String>>(mut self, args: I) -> Self {
        self.args.extend(args.into_iter().map(Into::into));
        self
    }

    /// Sets one variable of the environment.
    #[must_use]
    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.env.push(format!("{name}={value}"));
        self
    }

    /// Gives it something to read.
    #[must_use]
    pub fn stdin(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.stdin = bytes.into();
        self
    }

    /// Waits no longer than this for its end.
    #[must_use]
    pub fn time_limit(mut self, limit: Duration) -> Self {
        self.time_limit = Some(limit);
        self
    }

    /// How long its end is waited for.
    #[must_use]
    pub fn limit(&self) -> Duration {
        self.time_limit.unwrap_or(Duration::from_secs(60))
    }
}

impl fmt::Debug for ExecRequest {
    /// Without environment and input: they may be secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ExecRequest")
            .field("program", &self.program)
            .field("args", &self.args)
            .finish_non_exhaustive()
    }
}

/// What a program run in the guest left behind.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ExecOutput {
    /// How it ended.
    pub status: ExitStatus,
    /// What it wrote to standard output, as far as the agent keeps it (16 MiB).
    pub stdout: Vec<u8>,
    /// What it wrote to standard error, as far as the agent keeps it (16 MiB).
    pub stderr: Vec<u8>,
    /// Whether the agent cut one of them.
    pub truncated: bool,
}

impl ExecOutput {
    /// An output from its parts.
    #[must_use]
    pub fn new(status: ExitStatus, stdout: Vec<u8>, stderr: Vec<u8>) -> Self {
        Self {
            status,
            stdout,
            stderr,
            truncated: false,
        }
    }
}
