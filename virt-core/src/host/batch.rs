//! Operations that go to a machine together.

use super::{Command, CommandOutput, DirEntry, FileStat, ProcessIdentity, ProcessInfo, Signal};

/// What happens to a batch when one of its operations fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum BatchMode {
    /// Those after the first failure are not begun.
    StopAtError,
    /// All are carried out, each with its own result.
    All,
}

/// One operation of a batch: the same as the method of that name on [`Files`](super::Files) or
/// [`Processes`](super::Processes).
#[derive(Debug, Clone)]
#[non_exhaustive]
#[expect(
    missing_docs,
    reason = "the fields are the parameters of the methods of the same names"
)]
pub enum HostOp {
    /// [`Files::read`](super::Files::read); gives [`HostReply::Bytes`].
    Read { path: String },
    /// [`Files::read_tail`](super::Files::read_tail); gives [`HostReply::Bytes`].
    ReadTail { path: String, limit: u64 },
    /// [`Files::write_atomic`](super::Files::write_atomic); gives [`HostReply::Done`].
    WriteAtomic {
        path: String,
        content: Vec<u8>,
        mode: u32,
    },
    /// [`Files::create_dir`](super::Files::create_dir); gives [`HostReply::Done`].
    CreateDir { path: String, mode: u32 },
    /// [`Files::remove_file`](super::Files::remove_file); gives [`HostReply::Done`].
    RemoveFile { path: String },
    /// [`Files::remove_dir_all`](super::Files::remove_dir_all); gives [`HostReply::Done`].
    RemoveDirAll { path: String },
    /// [`Files::rename`](super::Files::rename); gives [`HostReply::Done`].
    Rename { from: String, to: String },
    /// [`Files::stat`](super::Files::stat); gives [`HostReply::Stat`].
    Stat { path: String },
    /// [`Files::list_dir`](super::Files::list_dir); gives [`HostReply::Entries`].
    ListDir { path: String },
    /// Reads every regular file of a directory whose name ends in `suffix` (a whole directory of definitions in one
    /// go); gives [`HostReply::Files`], each with its own result, and nothing for a directory that does not exist.
    ReadDir { path: String, suffix: String },
    /// [`Processes::run`](super::Processes::run); gives [`HostReply::Output`].
    Run(Command),
    /// [`Processes::signal`](super::Processes::signal); gives [`HostReply::Done`].
    Signal {
        process: ProcessIdentity,
        signal: Signal,
    },
    /// [`Processes::inspect`](super::Processes::inspect); gives [`HostReply::Process`].
    Inspect { pid: u32 },
    /// What the process is whose number stands in the file at `path`, as daemons write them; gives
    /// [`HostReply::Process`], which is `None` where there is no such file, no number in it, or no such process.
    InspectPidFile { path: String },
    /// [`Processes::list`](super::Processes::list); gives [`HostReply::Processes`].
    ListProcesses { program_prefix: String },
}

impl HostOp {
    /// Whether it may change the machine, its files or its processes. What is not known to only read counts as a change.
    #[must_use]
    pub fn is_write(&self) -> bool {
        !matches!(
            self,
            Self::Read { .. }
                | Self::ReadTail { .. }
                | Self::Stat { .. }
                | Self::ListDir { .. }
                | Self::ReadDir { .. }
                | Self::Inspect { .. }
                | Self::InspectPidFile { .. }
                | Self::ListProcesses { .. }
        )
    }
}

/// What one operation of a batch gave.
#[derive(Debug)]
#[non_exhaustive]
pub enum HostReply {
    /// It is done.
    Done,
    /// A file's content.
    Bytes(Vec<u8>),
    /// A file's facts; `None` when nothing is there.
    Stat(Option<FileStat>),
    /// A directory's entries.
    Entries(Vec<DirEntry>),
    /// Files of a directory by name, each with its content or why it could not be read.
    Files(Vec<(String, crate::Result<Vec<u8>>)>),
    /// What a program left behind.
    Output(CommandOutput),
    /// A process; `None` when there is none of that number.
    Process(Option<ProcessInfo>),
    /// Processes.
    Processes(Vec<ProcessInfo>),
}
