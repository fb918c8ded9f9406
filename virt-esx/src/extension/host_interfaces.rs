//! The network interfaces of hosts.

use std::net::IpAddr;

use virt_core::model::MacAddress;
use virt_core::{CallClass, Connection, Error, Result};

use super::{call_of, esx};

/// What an interface is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum HostInterfaceKind {
    /// A network card: `vmnic0`.
    Physical,
    /// The host's own at a switch: `vmk0`.
    Kernel,
    /// That of the service console, which ESX had before ESXi: `vswif0`.
    Console,
}

/// An address of an interface, and how long the part is that its network has in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct HostAddress {
    /// The address.
    pub address: IpAddr,
    /// The bits of its network.
    pub prefix: u8,
}

impl HostAddress {
    pub(crate) const fn new(address: IpAddr, prefix: u8) -> Self {
        Self { address, prefix }
    }
}

/// A network interface of a host (`virConnectListAllInterfaces`).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct HostInterface {
    /// The host that has it, by [`HostInfo::id`](crate::HostInfo::id).
    pub host: String,
    /// Its name: `vmnic0`, `vmk0`.
    pub name: String,
    /// What it is.
    pub kind: HostInterfaceKind,
    /// Its MAC address.
    pub mac: Option<MacAddress>,
    /// Of network cards, the speed in Mbit/s; `None` where there is no link.
    pub speed_mbits: Option<u32>,
    /// Of network cards with a link, whether it sends and receives at once.
    pub full_duplex: Option<bool>,
    /// The largest packet, in bytes; of a network card that of the switch it is in.
    pub mtu: Option<u32>,
    /// Its addresses. ESX gives network cards none.
    pub addresses: Vec<HostAddress>,
    /// Whether its IPv4 address is by DHCP.
    pub dhcp: bool,
    /// Of the host's own, the port group that it is at; none at a distributed switch.
    pub port_group: Option<String>,
    /// Of network cards, the driver.
    pub driver: Option<String>,
    /// Of network cards, the place on the PCI bus: `0000:02:00.0`.
    pub pci: Option<String>,
}

/// The network interfaces of the hosts that a connection is about, host by host: as many calls for all as for one
/// (`CreateContainerView`, `RetrievePropertiesEx`).
///
/// # Errors
/// `Unsupported` for connections of other drivers; those of the connection.
///
/// # Cancel safety
/// Yes.
pub async fn host_interfaces(connection: &Connection) -> Result<Vec<HostInterface>> {
    let driver = esx(connection)?;
    let call = call_of(driver, "host_interfaces", CallClass::Query);
    let found = driver.host_interfaces(&call).await;
    found.map_err(|error: Error| error.with_operation("host_interfaces"))
}
