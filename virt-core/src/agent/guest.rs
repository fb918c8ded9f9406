//! What the agent tells of its guest.

use std::net::IpAddr;

use crate::params::Params;

/// The agent itself (`guest-info`).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct AgentInfo {
    /// Its version.
    pub version: String,
    /// The commands it has and allows.
    pub commands: Vec<String>,
}

impl AgentInfo {
    /// An agent of this version with these commands.
    #[must_use]
    pub fn new(version: impl Into<String>, commands: Vec<String>) -> Self {
        Self {
            version: version.into(),
            commands,
        }
    }
}

/// A network interface of the guest.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct GuestInterface {
    /// Its name in the guest.
    pub name: String,
    /// Its hardware address, where it has one.
    pub mac: Option<String>,
    /// Its addresses.
    pub addresses: Vec<GuestAddress>,
}

impl GuestInterface {
    /// An interface from its parts.
    #[must_use]
    pub fn new(name: impl Into<String>, mac: Option<String>, addresses: Vec<GuestAddress>) -> Self {
        Self {
            name: name.into(),
            mac,
            addresses,
        }
    }
}

/// An address of a guest's interface.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct GuestAddress {
    /// The address.
    pub ip: IpAddr,
    /// The length of its network's prefix, in bits.
    pub prefix: u8,
}

impl GuestAddress {
    /// Whether others can reach the guest by it: neither loopback nor link-local.
    #[must_use]
    pub fn is_reachable(&self) -> bool {
        match self.ip {
            IpAddr::V4(ip) => !ip.is_loopback() && !ip.is_link_local() && !ip.is_unspecified(),
            IpAddr::V6(ip) => !ip.is_loopback() && !ip.is_unicast_link_local() && !ip.is_unspecified(),
        }
    }
}

/// A user logged in to the guest.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct GuestUser {
    /// The user's name.
    pub name: String,
    /// The user's domain (Windows).
    pub domain: Option<String>,
    /// When the user logged in: seconds since 1970.
    pub login_time: f64,
    /// What else a daemon tells of the user, by libvirt's names without `user.N.`.
    pub rest: Params,
}

impl GuestUser {
    /// A user from its parts.
    #[must_use]
    pub fn new(name: impl Into<String>, domain: Option<String>, login_time: f64) -> Self {
        Self {
            name: name.into(),
            domain,
            login_time,
            rest: Params::new(),
        }
    }
}

/// The guest's operating system; each part where the guest tells it.
#[derive(Debug, Clone, Default, PartialEq)]
#[non_exhaustive]
pub struct GuestOs {
    /// Its id: `debian`, `mswindows`.
    pub id: Option<String>,
    /// Its name.
    pub name: Option<String>,
    /// Its name for people.
    pub pretty_name: Option<String>,
    /// Its version.
    pub version: Option<String>,
    /// The id of its version.
    pub version_id: Option<String>,
    /// Its machine: `x86_64`.
    pub machine: Option<String>,
    /// Its kernel's release.
    pub kernel_release: Option<String>,
    /// Its kernel's version.
    pub kernel_version: Option<String>,
    /// Its variant: `server`.
    pub variant: Option<String>,
    /// What else a daemon tells of it, by libvirt's names (`os.variant-id`).
    pub rest: Params,
}

/// What a trim did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct TrimReport {
    /// The file systems trimmed, where the agent tells.
    pub filesystems: Vec<TrimmedFilesystem>,
}

/// One file system that was trimmed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct TrimmedFilesystem {
    /// Where it is mounted in the guest.
    pub path: String,
    /// Bytes given back.
    pub trimmed: Option<u64>,
    /// Why it could not be trimmed.
    pub error: Option<String>,
}
