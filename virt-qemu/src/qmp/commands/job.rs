//! Jobs of the block layer.

use serde::{Deserialize, Serialize};

use crate::qmp::Nothing;
use crate::qmp::command::commands;
use crate::qmp::event::JobStatus;

/// `query-jobs`: all jobs.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct QueryJobs;

/// A job.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct JobInfo {
    /// Its id.
    pub id: String,
    /// Its type: `stream`, `commit`, `mirror`, `backup`, `create`, …
    #[serde(rename = "type", default)]
    pub kind: String,
    /// Its status.
    pub status: JobStatus,
    /// How far it is, in the unit of `total_progress`.
    #[serde(rename = "current-progress", default)]
    pub current_progress: u64,
    /// Where it ends; may grow.
    #[serde(rename = "total-progress", default)]
    pub total_progress: u64,
    /// Why it failed.
    pub error: Option<String>,
}

/// `job-cancel`: cancels a job.
#[derive(Debug, Clone, Serialize)]
pub struct JobCancel {
    /// The job's id.
    pub id: String,
}

/// `job-dismiss`: forgets a job that has ended.
#[derive(Debug, Clone, Serialize)]
pub struct JobDismiss {
    /// The job's id.
    pub id: String,
}

commands! {
    QueryJobs: "query-jobs" => Vec<JobInfo>;
    JobCancel: "job-cancel" => Nothing;
    JobDismiss: "job-dismiss" => Nothing;
}
