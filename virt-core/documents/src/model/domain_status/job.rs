//! What is being done with a domain.

use crate::model::domain::devices::{DiskSource, DiskType, ImageFormat};
use crate::model::value::YesNo;
use crate::xml::{Rest, XmlElement, xml_enum};

xml_enum! {
    /// A job that takes its time.
    pub enum AsyncJob {
        None = "none",
        MigrationOut = "migration out",
        MigrationIn = "migration in",
        Save = "save",
        Dump = "dump",
        Snapshot = "snapshot",
        Start = "start",
        Backup = "backup",
    }
}

/// `<job>` of a status.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct StatusJob {
    /// What is done at the moment: `none`, `query`, `modify`, …
    #[xml(attr = "type")]
    pub kind: Option<String>,
    /// The agent's part of it.
    #[xml(attr = "agentType")]
    pub agent_kind: Option<String>,
    /// The job that takes its time.
    #[xml(attr = "async")]
    pub async_job: Option<AsyncJob>,
    /// How far it is: `perform3`, `prepare`, …
    #[xml(attr)]
    pub phase: Option<String>,
    /// Flags of the call, hexadecimal.
    #[xml(attr)]
    pub flags: Option<String>,
    /// When it was begun, in milliseconds since 1970.
    #[xml(attr = "asyncStarted")]
    pub async_started: Option<u64>,
    /// Migration: the disks.
    #[xml(child = "disk")]
    pub disks: Vec<JobDisk>,
    /// Migration: bitmaps made for it.
    #[xml(child = "tempBlockDirtyBitmaps")]
    pub temporary_bitmaps: Option<TemporaryBitmaps>,
    /// Migration: the parameters QEMU had before.
    #[xml(child = "migParams")]
    pub migration_parameters: Option<MigrationParameters>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<disk>` of a job.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct JobDisk {
    /// Its target.
    #[xml(attr)]
    pub dev: Option<String>,
    /// Whether it is being copied.
    #[xml(attr)]
    pub migrating: Option<YesNo>,
    /// Where it is copied to.
    #[xml(child = "migrationSource")]
    pub migration_source: Option<MigrationSource>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<migrationSource>`: where a disk is copied to.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct MigrationSource {
    /// What it is.
    #[xml(attr = "type")]
    pub kind: Option<DiskType>,
    /// Its format.
    #[xml(attr)]
    pub format: Option<ImageFormat>,
    /// The source.
    #[xml(child)]
    pub source: Option<DiskSource>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<tempBlockDirtyBitmaps>`: bitmaps made for a migration.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct TemporaryBitmaps {
    /// One by one.
    #[xml(child = "bitmap")]
    pub bitmaps: Vec<TemporaryBitmap>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<bitmap>` made for a migration.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct TemporaryBitmap {
    /// Its name.
    #[xml(attr)]
    pub name: Option<String>,
    /// The block node it is on.
    #[xml(attr)]
    pub nodename: Option<String>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<migParams>`: parameters of a migration.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct MigrationParameters {
    /// One by one.
    #[xml(child = "param")]
    pub parameters: Vec<MigrationParameter>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<param>` of a migration.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct MigrationParameter {
    /// QEMU's name of it.
    #[xml(attr)]
    pub name: Option<String>,
    /// Its value.
    #[xml(attr)]
    pub value: Option<String>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}
