//! Files of the guest, by handles of the agent.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::agent::base64;
use crate::agent::command::agent_commands;
use crate::qmp::Nothing;

/// `guest-file-open`: opens a file; gives the handle.
#[derive(Debug, Clone, Serialize)]
pub struct GuestFileOpen {
    /// The file.
    pub path: String,
    /// How, as C's `fopen` takes it: `r`, `w`, `a`, `r+` …, with `b` for bytes.
    pub mode: String,
}

/// `guest-file-close`: closes a handle.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct GuestFileClose {
    /// The handle.
    pub handle: i64,
}

/// `guest-file-read`: reads from where the handle stands.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct GuestFileRead {
    /// The handle.
    pub handle: i64,
    /// How many bytes at most.
    pub count: u64,
}

/// The reply of [`GuestFileRead`].
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct FileData {
    /// The bytes.
    #[serde(rename = "buf-b64", default, with = "base64::bytes")]
    pub bytes: Vec<u8>,
    /// Whether the end was met.
    #[serde(default)]
    pub eof: bool,
}

impl fmt::Debug for FileData {
    /// Without the bytes.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FileData")
            .field("len", &self.bytes.len())
            .field("eof", &self.eof)
            .finish()
    }
}

/// `guest-file-write`: writes where the handle stands.
#[derive(Clone, Serialize)]
pub struct GuestFileWrite {
    /// The handle.
    pub handle: i64,
    /// The bytes.
    #[serde(rename = "buf-b64", with = "base64::bytes")]
    pub bytes: Vec<u8>,
}

impl fmt::Debug for GuestFileWrite {
    /// Without the bytes.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GuestFileWrite")
            .field("handle", &self.handle)
            .field("len", &self.bytes.len())
            .finish()
    }
}

/// The reply of [`GuestFileWrite`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct FileWritten {
    /// How many bytes were written.
    pub count: u64,
}

/// `guest-file-seek`: moves a handle.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct GuestFileSeek {
    /// The handle.
    pub handle: i64,
    /// How far.
    pub offset: i64,
    /// From where: `set`, `cur` or `end`.
    pub whence: &'static str,
}

/// The reply of [`GuestFileSeek`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct FilePosition {
    /// Where the handle stands now, in bytes from the beginning.
    pub position: u64,
    /// Whether that is the end.
    #[serde(default)]
    pub eof: bool,
}

/// `guest-file-flush`: hands what was written to the guest's kernel.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct GuestFileFlush {
    /// The handle.
    pub handle: i64,
}

agent_commands! {
    GuestFileOpen: "guest-file-open" => i64;
    GuestFileClose: "guest-file-close" => Nothing;
    GuestFileRead: "guest-file-read" => FileData;
    GuestFileWrite: "guest-file-write" => FileWritten;
    GuestFileSeek: "guest-file-seek" => FilePosition;
    GuestFileFlush: "guest-file-flush" => Nothing;
}
