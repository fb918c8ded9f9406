//! Processes of a machine.

use std::fmt;

use async_trait::async_trait;

use super::{ByteStream, Command, CommandOutput, ExitStatus};
use crate::error::Result;

/// A process that is not mistaken for another one that got its number later.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub struct ProcessIdentity {
    /// Its number.
    pub pid: u32,
    /// When it started, in clock ticks since boot (field 22 of `/proc/PID/stat`).
    pub start_time: u64,
}

/// What is known of a process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProcessInfo {
    /// Which process.
    pub identity: ProcessIdentity,
    /// Its arguments, the program's name first; empty for a zombie, and for the moment in which the program is loaded.
    pub argv: Vec<String>,
    /// Whether it has ended and only waits to be reaped.
    pub zombie: bool,
    /// Whether it is stopped by a signal or a debugger.
    pub stopped: bool,
    /// CPU time it has used, in nanoseconds.
    pub cpu_time_ns: u64,
    /// Resident memory, in bytes.
    pub rss_bytes: u64,
}

/// The signals we send.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Signal {
    /// SIGTERM: end in good order.
    Terminate,
    /// SIGKILL: end now.
    Kill,
    /// SIGHUP.
    Hangup,
    /// SIGINT.
    Interrupt,
    /// SIGUSR1.
    User1,
    /// SIGSTOP.
    Stop,
    /// SIGCONT.
    Continue,
}

/// A running child whose input and output are ours. Dropping it kills it and has it reaped.
#[async_trait]
pub trait ChildProcess: Send + fmt::Debug {
    /// Standard output (read) and input (write) as one stream; `None` when taken before.
    fn take_stdio(&mut self) -> Option<Box<dyn ByteStream>>;

    /// Waits for the end; the last of what it wrote to standard error (up to 64 KiB) comes along. Cancel-safe.
    async fn wait(&mut self) -> Result<(ExitStatus, Vec<u8>)>;

    /// Sends a signal.
    async fn signal(&mut self, signal: Signal) -> Result<()>;
}

/// Processes of a machine.
#[async_trait]
pub trait Processes: Send + Sync {
    /// Runs a program to its end. Dropping the future kills it.
    ///
    /// A program that daemonises itself is done when its first process is: output still held open by the daemon is
    /// not waited for.
    ///
    /// # Errors
    /// `NotFound` where there is no such program, `Timeout` when it was killed for [`Command::time_limit`]. A failing
    /// exit status is none.
    async fn run(&self, command: Command) -> Result<CommandOutput>;

    /// Starts a program whose input and output we talk to. [`Command::stdin`] and [`Command::time_limit`] are not used.
    async fn spawn(&self, command: Command) -> Result<Box<dyn ChildProcess>>;

    /// Sends a signal; [`ErrorKind::NotFound`](crate::ErrorKind::NotFound) when that very process has ended (a zombie has).
    async fn signal(&self, process: ProcessIdentity, signal: Signal) -> Result<()>;

    /// What the process of this number is; `None` when there is none.
    async fn inspect(&self, pid: u32) -> Result<Option<ProcessInfo>>;

    /// Processes whose program's file name (of `argv[0]`) starts with `program_prefix`.
    async fn list(&self, program_prefix: &str) -> Result<Vec<ProcessInfo>>;

    /// Waits until that very process has ended (a zombie has ended). At once when it is gone already. Cancel-safe.
    async fn wait_exit(&self, process: ProcessIdentity) -> Result<()>;
}
