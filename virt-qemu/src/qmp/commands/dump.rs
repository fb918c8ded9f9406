//! Dumps of the guest's memory.

use serde::{Deserialize, Serialize};

use crate::qmp::Nothing;
use crate::qmp::command::commands;

/// `query-dump-guest-memory-capability`: the formats a dump can have.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct QueryDumpGuestMemoryCapability;

/// The reply of [`QueryDumpGuestMemoryCapability`].
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct DumpCapability {
    /// The formats: `elf`, `kdump-zlib`, …
    #[serde(default)]
    pub formats: Vec<String>,
}

/// `query-dump`: how far a dump is.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct QueryDump;

/// The reply of [`QueryDump`].
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct DumpStatus {
    /// `none`, `active`, `completed`, `failed`.
    pub status: String,
    /// Bytes written.
    #[serde(default)]
    pub completed: u64,
    /// Bytes in all.
    #[serde(default)]
    pub total: u64,
}

/// `dump-guest-memory`: dumps the guest's memory.
#[derive(Debug, Clone, Default, Serialize)]
pub struct DumpGuestMemory {
    /// Whether to follow the guest's paging.
    pub paging: bool,
    /// Where to: `file:PATH` or `fd:NAME`.
    pub protocol: String,
    /// Return at once; `DUMP_COMPLETED` tells of the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detach: Option<bool>,
    /// The format; `elf` where `None`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub format: Option<String>,
}

commands! {
    QueryDumpGuestMemoryCapability: "query-dump-guest-memory-capability" => DumpCapability;
    QueryDump: "query-dump" => DumpStatus;
    DumpGuestMemory: "dump-guest-memory" => Nothing;
}
