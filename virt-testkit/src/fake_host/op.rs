//! What is recorded, and what faults are matched against.

use virt_core::ErrorKind;
use virt_core::host::{Command, HostOp, ProcessIdentity, Signal};

/// One operation, alone or of a batch.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Op {
    /// One that may be part of a batch; a single call of the same meaning is recorded as this, too.
    Host(HostOp),
    /// `Processes::spawn`.
    Spawn(Command),
    /// `ChildProcess::signal`.
    SignalChild(Signal),
    /// `Processes::wait_exit`.
    WaitExit(ProcessIdentity),
    /// `Files::watch`.
    Watch {
        /// What is watched.
        path: String,
    },
    /// `Sockets::connect_unix`.
    ConnectUnix {
        /// The socket.
        path: String,
    },
    /// `Host::open_terminal`.
    OpenTerminal {
        /// The device.
        path: String,
    },
    /// `Host::lease`.
    Lease {
        /// The lease.
        path: String,
    },
    /// `Lease::release`.
    ReleaseLease {
        /// The lease.
        path: String,
    },
    /// `Host::facts`, when they are not known yet.
    Facts,
}

impl Op {
    /// The name of the method it is: `write_atomic`, `run`, `connect_unix`; `read_dir` for the one that is only in
    /// batches.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Host(op) => name_of(op),
            Self::Spawn(_) => "spawn",
            Self::SignalChild(_) => "signal_child",
            Self::WaitExit(_) => "wait_exit",
            Self::Watch { .. } => "watch",
            Self::ConnectUnix { .. } => "connect_unix",
            Self::OpenTerminal { .. } => "open_terminal",
            Self::Lease { .. } => "lease",
            Self::ReleaseLease { .. } => "release_lease",
            Self::Facts => "facts",
        }
    }

    /// The path it is about; of a rename, where to.
    #[must_use]
    pub fn path(&self) -> Option<&str> {
        match self {
            Self::Host(
                HostOp::Read { path }
                | HostOp::ReadTail { path, .. }
                | HostOp::WriteAtomic { path, .. }
                | HostOp::CreateDir { path, .. }
                | HostOp::RemoveFile { path }
                | HostOp::RemoveDirAll { path }
                | HostOp::Rename { to: path, .. }
                | HostOp::Stat { path }
                | HostOp::ListDir { path }
                | HostOp::ReadDir { path, .. }
                | HostOp::InspectPidFile { path },
            )
            | Self::Watch { path }
            | Self::ConnectUnix { path }
            | Self::OpenTerminal { path }
            | Self::Lease { path }
            | Self::ReleaseLease { path } => Some(path),
            _ => None,
        }
    }

    /// The command it runs.
    #[must_use]
    pub fn command(&self) -> Option<&Command> {
        match self {
            Self::Host(HostOp::Run(command)) | Self::Spawn(command) => Some(command),
            _ => None,
        }
    }

    /// Whether it changes the machine: files, processes, the lease.
    #[must_use]
    pub fn is_write(&self) -> bool {
        match self {
            Self::Host(op) => op.is_write(),
            Self::Spawn(_) | Self::SignalChild(_) | Self::Lease { .. } => true,
            _ => false,
        }
    }
}

fn name_of(op: &HostOp) -> &'static str {
    match op {
        HostOp::Read { .. } => "read",
        HostOp::ReadTail { .. } => "read_tail",
        HostOp::WriteAtomic { .. } => "write_atomic",
        HostOp::CreateDir { .. } => "create_dir",
        HostOp::RemoveFile { .. } => "remove_file",
        HostOp::RemoveDirAll { .. } => "remove_dir_all",
        HostOp::Rename { .. } => "rename",
        HostOp::Stat { .. } => "stat",
        HostOp::ListDir { .. } => "list_dir",
        HostOp::ReadDir { .. } => "read_dir",
        HostOp::Run(_) => "run",
        HostOp::Signal { .. } => "signal",
        HostOp::Inspect { .. } => "inspect",
        HostOp::InspectPidFile { .. } => "inspect_pid_file",
        HostOp::ListProcesses { .. } => "list",
        _ => "unknown",
    }
}

/// What became of an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fate {
    /// It was given to the machine beneath (which may have failed it).
    CarriedOut,
    /// It was carried out, and its caller told that the connection was lost.
    AnswerLost,
    /// It was not carried out, but failed with this kind.
    Refused(ErrorKind),
}

impl Fate {
    /// Whether the machine beneath was asked.
    #[must_use]
    pub fn was_carried_out(self) -> bool {
        matches!(self, Self::CarriedOut | Self::AnswerLost)
    }
}

/// An operation that was asked for.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Recorded {
    /// The batch it was part of, from 1.
    pub batch: u64,
    /// What it was.
    pub op: Op,
    /// What became of it.
    pub fate: Fate,
}
