//! Events of jobs and migration.

use serde::Deserialize;

use super::block::{BlockErrorAction, BlockIoOperation};
use crate::qmp::lenient::lenient_enum;

lenient_enum! {
    /// The status of a job.
    pub enum JobStatus {
        /// Not defined yet.
        Undefined = "undefined",
        /// Created and not started.
        Created = "created",
        /// Running.
        Running = "running",
        /// Paused.
        Paused = "paused",
        /// Ready to be completed.
        Ready = "ready",
        /// Ready and paused.
        Standby = "standby",
        /// Waits for others of its transaction.
        Waiting = "waiting",
        /// Done, and to be finalised.
        Pending = "pending",
        /// Being cancelled or failing.
        Aborting = "aborting",
        /// Ended, and kept until dismissed.
        Concluded = "concluded",
        /// Gone.
        Null = "null",
    }
}

/// `JOB_STATUS_CHANGE`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct JobStatusChange {
    /// The job.
    pub id: String,
    /// Its status now.
    pub status: JobStatus,
}

/// `BLOCK_JOB_COMPLETED` and `BLOCK_JOB_CANCELLED`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct BlockJobCompleted {
    /// The job's type: `stream`, `commit`, `mirror`, `backup`, …
    #[serde(rename = "type")]
    pub kind: String,
    /// The job's id.
    pub device: String,
    /// The end of its progress, in bytes as a rule.
    #[serde(default)]
    pub len: i64,
    /// Its progress, in the unit of `len`.
    #[serde(default)]
    pub offset: i64,
    /// Its speed limit in bytes per second; 0 is none.
    #[serde(default)]
    pub speed: i64,
    /// Why it failed; `None` when it did not.
    pub error: Option<String>,
}

/// `BLOCK_JOB_ERROR`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct BlockJobError {
    /// The job's id.
    pub device: String,
    /// What failed.
    pub operation: BlockIoOperation,
    /// What is done about it.
    pub action: BlockErrorAction,
}

/// `BLOCK_JOB_READY`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct BlockJobReady {
    /// The job's type.
    #[serde(rename = "type")]
    pub kind: String,
    /// The job's id.
    pub device: String,
    /// The end of its progress.
    #[serde(default)]
    pub len: i64,
    /// Its progress.
    #[serde(default)]
    pub offset: i64,
    /// Its speed limit in bytes per second; 0 is none.
    #[serde(default)]
    pub speed: i64,
}

/// `MIGRATION`: only sent once the `events` migration capability is on.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct MigrationEvent {
    /// The status now.
    pub status: crate::qmp::commands::migration::MigrationStatus,
}

/// `MIGRATION_PASS`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct MigrationPass {
    /// The number of the pass, from 1.
    pub pass: i64,
}
