//! The hosts of a server.

use std::time::{Duration, SystemTime};

use uuid::Uuid;
use virt_core::model::ByteSize;
use virt_core::{CallClass, Connection, Error, Result};

use super::{call_of, esx};

/// Whether a server hears of a host. Of one that it does not hear of, what it tells is old, or not there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum HostConnection {
    /// It does.
    Connected,
    /// An administrator has disconnected it.
    Disconnected,
    /// It does not answer.
    NotResponding,
}

/// A host.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct HostInfo {
    /// The server's own name for it: `host-12`, `ha-host`.
    pub id: String,
    /// Its name.
    pub name: String,
    /// The cluster that it is in, by [`ClusterInfo::id`](crate::ClusterInfo::id).
    pub cluster: Option<String>,
    /// Whether the server hears of it.
    pub connection: HostConnection,
    /// Whether it is in maintenance, in which it runs no machines.
    pub in_maintenance: bool,
    /// Whether it runs; not of one in standby, or switched off.
    pub is_on: bool,
    /// Whether it has to be rebooted for what was changed.
    pub needs_reboot: bool,
    /// The UUID of its system.
    pub uuid: Option<Uuid>,
    /// The maker of its hardware.
    pub vendor: String,
    /// Its model.
    pub model: String,
    /// The product's name and version in full: `VMware ESXi 6.5.0 build-5969303`.
    pub product: String,
    /// The product's version: `6.5.0`.
    pub version: String,
    /// Its build.
    pub build: String,
    /// Its processors' model, in the maker's words.
    pub cpu_model: String,
    /// Their frequency in MHz.
    pub cpu_mhz: u32,
    /// Sockets.
    pub sockets: u32,
    /// Cores, of all sockets.
    pub cores: u32,
    /// Threads, of all cores.
    pub threads: u32,
    /// What of the processors is used, in MHz; of `cpu_mhz` for each core.
    pub cpu_used_mhz: Option<u64>,
    /// Its memory.
    pub memory: ByteSize,
    /// What of it is used.
    pub memory_used: Option<ByteSize>,
    /// When it was booted.
    pub booted: Option<SystemTime>,
    /// For how long it has been running.
    pub uptime: Option<Duration>,
}

/// The hosts that a connection is about, by name: as many calls for all as for one (`CreateContainerView`,
/// `RetrievePropertiesEx`).
///
/// # Errors
/// `Unsupported` for connections of other drivers; those of the connection.
///
/// # Cancel safety
/// Yes.
pub async fn hosts(connection: &Connection) -> Result<Vec<HostInfo>> {
    let driver = esx(connection)?;
    let call = call_of(driver, "hosts", CallClass::Query);
    let found = driver.hosts(&call).await;
    found.map_err(|error: Error| error.with_operation("hosts"))
}
