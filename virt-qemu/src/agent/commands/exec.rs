//! Running programs.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::agent::base64;
use crate::agent::command::agent_commands;

/// `guest-exec`: starts a program.
#[derive(Clone, Default, Serialize)]
pub struct GuestExec {
    /// The program.
    pub path: String,
    /// Its arguments.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub arg: Vec<String>,
    /// Its environment, `NAME=value`; the agent's own where empty.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub env: Vec<String>,
    /// What it reads on standard input.
    #[serde(
        rename = "input-data",
        with = "base64::bytes",
        skip_serializing_if = "Vec::is_empty"
    )]
    pub input_data: Vec<u8>,
    /// Whether what it writes is kept for [`GuestExecStatus`].
    #[serde(rename = "capture-output")]
    pub capture_output: bool,
}

impl fmt::Debug for GuestExec {
    /// Shows the program only: the rest may be secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GuestExec")
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}

/// The reply of [`GuestExec`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct ExecStarted {
    /// The process id in the guest.
    pub pid: u64,
}

/// `guest-exec-status`: whether a program has ended, and what it wrote. Once its end was told the agent forgets it.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct GuestExecStatus {
    /// The process id in the guest.
    pub pid: u64,
}

/// The reply of [`GuestExecStatus`].
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub struct ExecStatus {
    /// Whether it has ended.
    pub exited: bool,
    /// Its exit code.
    #[serde(rename = "exitcode")]
    pub exit_code: Option<i32>,
    /// The signal that ended it (or, on Windows, the exception code).
    pub signal: Option<i64>,
    /// What it wrote to standard output.
    #[serde(default, with = "base64::bytes")]
    pub out_data: Vec<u8>,
    /// What it wrote to standard error.
    #[serde(default, with = "base64::bytes")]
    pub err_data: Vec<u8>,
    /// Whether standard output was cut.
    #[serde(default)]
    pub out_truncated: bool,
    /// Whether standard error was cut.
    #[serde(default)]
    pub err_truncated: bool,
}

impl fmt::Debug for ExecStatus {
    /// Without what it wrote.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ExecStatus")
            .field("exited", &self.exited)
            .field("exit_code", &self.exit_code)
            .field("signal", &self.signal)
            .field("out_data_len", &self.out_data.len())
            .field("err_data_len", &self.err_data.len())
            .finish_non_exhaustive()
    }
}

agent_commands! {
    GuestExec: "guest-exec" => ExecStarted;
    GuestExecStatus: "guest-exec-status" => ExecStatus;
}
