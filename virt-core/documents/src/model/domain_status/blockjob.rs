//! Copies, commits and backups that run.

use crate::model::backup::BackupConfig;
use crate::model::value::YesNo;
use crate::xml::{Rest, XmlElement, xml_enum};

xml_enum! {
    /// How far a block job is.
    pub enum BlockJobState {
        New = "new",
        Running = "running",
        Ready = "ready",
        Completed = "completed",
        Failed = "failed",
        Cancelled = "cancelled",
        Aborting = "aborting",
        Pivoting = "pivoting",
        /// It ended, and what it left is being put in order.
        Concluded = "concluded",
    }
}

/// `<blockjobs>`: copies and commits that run.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct StatusBlockJobs {
    /// Whether there are any.
    #[xml(attr)]
    pub active: Option<YesNo>,
    /// One by one.
    #[xml(child = "blockjob")]
    pub jobs: Vec<StatusBlockJob>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<blockjob>`.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct StatusBlockJob {
    /// QEMU's name of it.
    #[xml(attr)]
    pub name: Option<String>,
    /// What it does: `copy`, `commit`, `active-commit`, `pull`, `create`, `backup`.
    #[xml(attr = "type")]
    pub kind: Option<String>,
    /// How far it is.
    #[xml(attr)]
    pub state: Option<BlockJobState>,
    /// The state it is about to be in.
    #[xml(attr)]
    pub newstate: Option<BlockJobState>,
    /// What kind it was, of one that is no longer understood.
    #[xml(attr)]
    pub brokentype: Option<String>,
    /// Flags of the call, hexadecimal.
    #[xml(attr)]
    pub jobflags: Option<String>,
    /// Why it failed.
    #[xml(leaf)]
    pub errmsg: Option<String>,
    /// The disk.
    #[xml(child)]
    pub disk: Option<BlockJobDisk>,
    /// Commit, pull: the image it goes to.
    #[xml(child)]
    pub base: Option<BlockJobImage>,
    /// Commit: the image it comes from.
    #[xml(child)]
    pub top: Option<BlockJobImage>,
    /// Commit: the image above that.
    #[xml(child = "topparent")]
    pub top_parent: Option<BlockJobImage>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<disk>` of a block job.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct BlockJobDisk {
    /// Its target.
    #[xml(attr)]
    pub dst: Option<String>,
    /// Whether it is the mirror of that disk.
    #[xml(attr)]
    pub mirror: Option<YesNo>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// An image of a block job.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct BlockJobImage {
    /// Its block node.
    #[xml(attr)]
    pub node: Option<String>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<backups>`: the backup that runs.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct StatusBackups {
    /// One by one; there is one.
    #[xml(child = "domainbackup")]
    pub backups: Vec<BackupConfig>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}
