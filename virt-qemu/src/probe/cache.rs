//! An answer that is kept until the binary or the host changes.

use std::time::UNIX_EPOCH;

use serde::{Deserialize, Serialize};
use virt_core::host::{FileStat, HostFacts};

use super::QemuCapabilities;

/// Changes whenever what is kept, or how it is found out, does: an entry of another format is no entry.
const FORMAT: u32 = 1;

/// What an answer belongs to: it holds as long as all of this is the same.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ProbeKey {
    /// The binary's path.
    pub path: String,
    /// Its inode; 0 where the host does not tell.
    pub inode: u64,
    /// Its size, in bytes.
    pub size: u64,
    /// When it was changed: seconds since 1970, and the nanoseconds beyond.
    pub modified: (u64, u32),
    /// The host's kernel, on which what KVM can do depends.
    pub kernel: String,
    /// Whether we may use `/dev/kvm`.
    pub kvm: bool,
    /// The device types whose properties were asked for.
    pub device_properties: Vec<String>,
}

impl ProbeKey {
    /// The key of a binary as it is now.
    #[must_use]
    pub fn new(path: &str, binary: &FileStat, facts: &HostFacts, request: &super::ProbeRequest) -> Self {
        let modified = binary.modified.duration_since(UNIX_EPOCH).unwrap_or_default();
        Self {
            path: path.to_owned(),
            inode: binary.inode,
            size: binary.size,
            modified: (modified.as_secs(), modified.subsec_nanos()),
            kernel: facts.kernel.clone(),
            kvm: facts.kvm,
            device_properties: request.device_properties.clone(),
        }
    }
}

/// A kept answer, as JSON on disk.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CacheEntry {
    format: u32,
    key: ProbeKey,
    capabilities: QemuCapabilities,
}

/// The part of an entry that is read first: the rest of one that does not fit need not be readable.
#[derive(Deserialize)]
struct Head {
    format: u32,
    key: ProbeKey,
}

impl CacheEntry {
    /// An entry of this answer.
    #[must_use]
    pub fn new(key: ProbeKey, capabilities: QemuCapabilities) -> Self {
        Self {
            format: FORMAT,
            key,
            capabilities,
        }
    }

    /// The answer that is kept.
    #[must_use]
    pub fn into_capabilities(self) -> QemuCapabilities {
        self.capabilities
    }

    /// The entry as it is kept.
    ///
    /// # Errors
    /// `Internal`, which cannot happen: everything in it is JSON.
    pub fn to_json(&self) -> virt_core::Result<Vec<u8>> {
        serde_json::to_vec(self).map_err(|error| {
            virt_core::Error::new(virt_core::ErrorKind::Internal, "a probe result is no JSON")
                .with_source(error)
        })
    }

    /// The answer kept in these bytes, if they can be read and are about this very binary and host. Anything else only
    /// means that it has to be asked again.
    #[must_use]
    pub fn read(json: &[u8], key: &ProbeKey) -> Option<QemuCapabilities> {
        let head: Head = serde_json::from_slice(json).ok()?;
        if head.format != FORMAT || head.key != *key {
            return None;
        }
        let entry: Self = serde_json::from_slice(json).ok()?;
        Some(entry.capabilities)
    }
}
