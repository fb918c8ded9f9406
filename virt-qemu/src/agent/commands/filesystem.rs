//! File systems: listing, freezing, trimming.

use serde::{Deserialize, Serialize};
use virt_core::agent::{FrozenFilesystems, TrimReport, TrimmedFilesystem};

use crate::agent::command::agent_commands;
use crate::qmp::lenient::lenient_enum;

/// `guest-get-fsinfo`: the mounted file systems.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct GuestGetFsinfo;

/// A mounted file system.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub struct FilesystemInfo {
    /// The device in the guest.
    #[serde(default)]
    pub name: String,
    /// Where it is mounted.
    #[serde(default)]
    pub mountpoint: String,
    /// Its type.
    #[serde(rename = "type", default)]
    pub kind: String,
    /// Bytes used.
    pub used_bytes: Option<u64>,
    /// Bytes in all, without what is kept for root.
    pub total_bytes: Option<u64>,
    /// Bytes in all (from QEMU 8.2).
    pub total_bytes_privileged: Option<u64>,
    /// The disks it lies on.
    #[serde(default)]
    pub disk: Vec<FilesystemDisk>,
}

/// A disk that a file system lies on.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub struct FilesystemDisk {
    /// The bus: `virtio`, `scsi`, `ide`, …
    #[serde(default)]
    pub bus_type: String,
    /// Bus number.
    #[serde(default)]
    pub bus: i64,
    /// Target.
    #[serde(default)]
    pub target: i64,
    /// Unit.
    #[serde(default)]
    pub unit: i64,
    /// Serial number.
    pub serial: Option<String>,
    /// Device file in the guest.
    pub dev: Option<String>,
    /// Address of the PCI controller; negative members are unknown.
    pub pci_controller: Option<PciController>,
}

/// The PCI address of a disk's controller; negative members are unknown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct PciController {
    /// Domain.
    pub domain: i64,
    /// Bus.
    pub bus: i64,
    /// Slot.
    pub slot: i64,
    /// Function.
    pub function: i64,
}

lenient_enum! {
    /// Whether file systems are frozen.
    pub enum FreezeStatus {
        /// None is.
        Thawed = "thawed",
        /// They are.
        Frozen = "frozen",
    }
}

impl From<FreezeStatus> for FrozenFilesystems {
    /// What is not known to be thawed counts as frozen.
    fn from(status: FreezeStatus) -> Self {
        if status == FreezeStatus::Thawed {
            Self::Thawed
        } else {
            Self::Frozen
        }
    }
}

/// `guest-fsfreeze-status`: whether file systems are frozen.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct GuestFsfreezeStatus;

/// `guest-fsfreeze-freeze`: freezes all file systems; gives how many. Use [`freeze`](crate::agent::AgentConnection::freeze),
/// which cannot leave them frozen.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct GuestFsfreezeFreeze;

/// `guest-fsfreeze-freeze-list`: freezes the file systems mounted at these points; gives how many.
#[derive(Debug, Clone, Serialize)]
pub struct GuestFsfreezeFreezeList {
    /// The mount points.
    pub mountpoints: Vec<String>,
}

/// `guest-fsfreeze-thaw`: thaws all file systems; gives how many. No error where none is frozen.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct GuestFsfreezeThaw;

/// `guest-fstrim`: gives unused blocks back.
#[derive(Debug, Clone, Copy, Default, Serialize)]
pub struct GuestFstrim {
    /// The smallest free stretch that is given back, in bytes; 0 is any.
    pub minimum: u64,
}

/// The reply of [`GuestFstrim`].
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct FstrimReply {
    /// One entry for each file system.
    pub paths: Vec<FstrimPath>,
}

/// What became of one file system.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct FstrimPath {
    /// Where it is mounted.
    pub path: String,
    /// Bytes given back.
    pub trimmed: Option<u64>,
    /// The smallest stretch, in bytes, as it was rounded.
    pub minimum: Option<u64>,
    /// Why it failed.
    pub error: Option<String>,
}

impl From<FstrimReply> for TrimReport {
    fn from(reply: FstrimReply) -> Self {
        let mut report = Self::default();
        report.filesystems = reply.paths.into_iter().map(TrimmedFilesystem::from).collect();
        report
    }
}

impl From<FstrimPath> for TrimmedFilesystem {
    fn from(path: FstrimPath) -> Self {
        let mut trimmed = Self::default();
        trimmed.path = path.path;
        trimmed.trimmed = path.trimmed;
        trimmed.error = path.error;
        trimmed
    }
}

agent_commands! {
    GuestGetFsinfo: "guest-get-fsinfo" => Vec<FilesystemInfo>;
    GuestFsfreezeStatus: "guest-fsfreeze-status" => FreezeStatus;
    GuestFsfreezeFreeze: "guest-fsfreeze-freeze" => u64;
    GuestFsfreezeFreezeList: "guest-fsfreeze-freeze-list" => u64;
    GuestFsfreezeThaw: "guest-fsfreeze-thaw" => u64;
    GuestFstrim: "guest-fstrim" => FstrimReply;
}
