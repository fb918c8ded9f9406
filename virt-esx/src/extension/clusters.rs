//! The clusters of a vCenter.

use virt_core::model::ByteSize;
use virt_core::{CallClass, Connection, Error, Result};

use super::{call_of, esx};

/// What a cluster does with machines that would be better off on other hosts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum DrsAutomation {
    /// It moves them.
    Full,
    /// It chooses the host of those that are started, and recommends moves.
    Partial,
    /// It recommends, and does nothing.
    Manual,
}

/// A cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ClusterInfo {
    /// The server's own name for it: `domain-c7`.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Whether machines are spread over its hosts (DRS).
    pub drs: bool,
    /// How, where that is told.
    pub drs_automation: Option<DrsAutomation>,
    /// Whether machines of a host that fails are started on others (HA).
    pub ha: bool,
    /// Its hosts, by [`HostInfo::id`](crate::HostInfo::id).
    pub hosts: Vec<String>,
    /// How many of them can run machines now.
    pub usable_hosts: u32,
    /// The processors of all, in MHz.
    pub cpu_mhz: u64,
    /// What of them is there for machines, in MHz.
    pub usable_cpu_mhz: u64,
    /// The cores of all.
    pub cores: u32,
    /// The threads of all.
    pub threads: u32,
    /// The memory of all.
    pub memory: ByteSize,
    /// What of it is there for machines.
    pub usable_memory: ByteSize,
}

/// The clusters that a connection is about, by name; none of a host by itself (`CreateContainerView`,
/// `RetrievePropertiesEx`).
///
/// # Errors
/// `Unsupported` for connections of other drivers; those of the connection.
///
/// # Cancel safety
/// Yes.
pub async fn clusters(connection: &Connection) -> Result<Vec<ClusterInfo>> {
    let driver = esx(connection)?;
    let call = call_of(driver, "clusters", CallClass::Query);
    let found = driver.clusters(&call).await;
    found.map_err(|error: Error| error.with_operation("clusters"))
}
