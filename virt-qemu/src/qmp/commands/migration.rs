//! Migration, as far as it is watched.

use serde::{Deserialize, Serialize};

use crate::qmp::command::commands;
use crate::qmp::lenient::lenient_enum;

lenient_enum! {
    /// The status of a migration.
    pub enum MigrationStatus {
        /// There was none.
        None = "none",
        /// Begins.
        Setup = "setup",
        /// Is being cancelled.
        Cancelling = "cancelling",
        /// Was cancelled.
        Cancelled = "cancelled",
        /// Memory is being sent.
        Active = "active",
        /// The guest runs on the far side, its memory follows.
        PostcopyActive = "postcopy-active",
        /// Post-copy was interrupted.
        PostcopyPaused = "postcopy-paused",
        /// Post-copy is being taken up again.
        PostcopyRecover = "postcopy-recover",
        /// Done.
        Completed = "completed",
        /// Failed.
        Failed = "failed",
        /// COLO replication.
        Colo = "colo",
        /// Waits to hand the devices over.
        PreSwitchover = "pre-switchover",
        /// The devices are being handed over.
        Device = "device",
        /// Waits for a card of the guest to be unplugged.
        WaitUnplug = "wait-unplug",
    }
}

/// `query-migrate`: how far a migration is.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct QueryMigrate;

/// The reply of [`QueryMigrate`]. Without migration everything is `None`.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
#[non_exhaustive]
pub struct MigrationInfo {
    /// Its status.
    pub status: Option<MigrationStatus>,
    /// Why it failed.
    pub error_desc: Option<String>,
    /// Milliseconds since it began.
    pub total_time: Option<u64>,
    /// Milliseconds the guest did not run.
    pub downtime: Option<u64>,
    /// Milliseconds the guest will probably not run.
    pub expected_downtime: Option<u64>,
    /// The memory.
    pub ram: Option<MigrationRam>,
}

/// The memory part of a migration.
#[derive(Debug, Clone, Copy, Default, PartialEq, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
#[non_exhaustive]
pub struct MigrationRam {
    /// Bytes sent.
    pub transferred: u64,
    /// Bytes that remain.
    pub remaining: u64,
    /// Bytes in all.
    pub total: u64,
    /// Megabits per second.
    pub mbps: f64,
    /// Pages per second that the guest dirties.
    pub dirty_pages_rate: u64,
}

commands! {
    QueryMigrate: "query-migrate" => MigrationInfo;
}
