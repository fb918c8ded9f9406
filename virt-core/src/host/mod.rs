//! A machine we can act on: its processes, files, sockets and facts.
//!
//! Backends that drive a hypervisor through its own tools know a machine only through [`Host`], and so never learn
//! where they run: [`local`] is this machine, virt-remote has one over SSH, virt-testkit a fake one that counts and
//! injects faults. The trait is cut for distance: what belongs together goes in one [`Host::batch`].

mod batch;
mod command;
mod fact_source;
mod facts;
mod files;
mod lease;
pub mod local;
mod proc_text;
mod processes;
mod sockets;

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;

pub use batch::{BatchMode, HostOp, HostReply};
pub use command::{Command, CommandOutput, ExitStatus};
pub use fact_source::{FactIdentity, ReadFile};
pub use facts::{CpuVendor, HostFacts, NumaCell};
pub use files::{DirEntry, FileKind, FileStat, FileWatch, Files, TEMPORARY_PREFIX};
pub use lease::{Lease, LeaseHolder, LeaseRequest};
pub use local::LocalHost;
pub use proc_text::ProcScale;
pub use processes::{ChildProcess, ProcessIdentity, ProcessInfo, Processes, Signal};
pub use sockets::{ByteStream, Sockets, StreamUse};

use crate::error::Result;

/// A machine we can act on.
///
/// # Behaviour
/// * Paths are absolute and belong to that machine. Nothing expands `~`, variables or patterns.
/// * A command is data, never a shell string.
/// * Calls have no deadline of their own: the caller bounds them, and dropping a future is harmless. What was begun
///   may then be finished in the background, but is never left half written.
///
/// # Errors
/// Kinds as [`kind_of_io`](crate::kind_of_io) maps them, with the [`std::io::Error`] (or the transport's own
/// failure) as the source and the path or program as the subject.
#[async_trait]
pub trait Host: Send + Sync + fmt::Debug + 'static {
    /// How users know this machine: `localhost`, or the name in the URI.
    fn name(&self) -> &str;

    /// Starting, watching and signalling processes.
    fn processes(&self) -> &dyn Processes;

    /// Reading, writing and watching files.
    fn files(&self) -> &dyn Files;

    /// Connecting to unix sockets.
    fn sockets(&self) -> &dyn Sockets;

    /// What this machine is: read once and cached by the implementation for the life of the boot.
    async fn facts(&self) -> Result<Arc<HostFacts>>;

    /// Opens a terminal device (a pty's slave, a serial line) raw: no echo, no line editing, no signals.
    async fn open_terminal(&self, path: &str) -> Result<Box<dyn ByteStream>>;

    /// Takes the lease at `path` (a file, made if missing), held until it is released or this process dies.
    ///
    /// # Errors
    /// [`ErrorKind::Busy`](crate::ErrorKind::Busy), naming the [`LeaseHolder`], when another manager has it.
    async fn lease(&self, path: &str, request: LeaseRequest) -> Result<Box<dyn Lease>>;

    /// Carries out several operations in order, in one round trip where the machine is far away.
    ///
    /// There are as many results as operations. With [`BatchMode::StopAtError`], those after the first failure are
    /// errors of kind [`ErrorKind::Cancelled`](crate::ErrorKind::Cancelled) and were not begun.
    async fn batch(&self, mode: BatchMode, ops: Vec<HostOp>) -> Vec<Result<HostReply>>;

    /// Ends the way to this machine, whoever still holds it, and waits for that: calls answer
    /// [`ErrorKind::ConnectionLost`](crate::ErrorKind::ConnectionLost) then. Where there is no way to end, as on this
    /// machine itself, it does nothing.
    ///
    /// # Cancel safety
    /// When dropped, the end goes on.
    async fn close(&self) {}
}
