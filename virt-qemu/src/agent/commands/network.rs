//! Network interfaces.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};
use virt_core::agent::{GuestAddress, GuestInterface};

use crate::agent::command::agent_commands;

/// `guest-network-get-interfaces`: the interfaces with their addresses.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct GuestNetworkGetInterfaces;

/// An interface.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub struct NetworkInterface {
    /// Its name in the guest.
    pub name: String,
    /// Its hardware address.
    pub hardware_address: Option<String>,
    /// Its addresses.
    #[serde(default)]
    pub ip_addresses: Vec<InterfaceAddress>,
    /// What it sent and received.
    pub statistics: Option<InterfaceStatistics>,
}

/// An address of an interface.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub struct InterfaceAddress {
    /// The address as text; IPv6 may carry a zone.
    pub ip_address: String,
    /// `ipv4` or `ipv6`.
    #[serde(default)]
    pub ip_address_type: String,
    /// The length of its network's prefix, in bits.
    #[serde(default)]
    pub prefix: u8,
}

/// What an interface sent and received since the guest booted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
#[non_exhaustive]
pub struct InterfaceStatistics {
    /// Bytes received.
    pub rx_bytes: u64,
    /// Packets received.
    pub rx_packets: u64,
    /// Errors receiving.
    pub rx_errs: u64,
    /// Packets not received.
    pub rx_dropped: u64,
    /// Bytes sent.
    pub tx_bytes: u64,
    /// Packets sent.
    pub tx_packets: u64,
    /// Errors sending.
    pub tx_errs: u64,
    /// Packets not sent.
    pub tx_dropped: u64,
}

impl From<NetworkInterface> for GuestInterface {
    /// An address that cannot be read is left out.
    fn from(interface: NetworkInterface) -> Self {
        let addresses = interface
            .ip_addresses
            .iter()
            .filter_map(InterfaceAddress::parsed)
            .collect();
        Self::new(interface.name, interface.hardware_address, addresses)
    }
}

impl InterfaceAddress {
    /// The address as the SDK has it; `None` where its text is no address.
    #[must_use]
    pub fn parsed(&self) -> Option<GuestAddress> {
        let without_zone = self.ip_address.split('%').next()?;
        let ip: IpAddr = without_zone.parse().ok()?;
        Some(GuestAddress {
            ip,
            prefix: self.prefix,
        })
    }
}

agent_commands! {
    GuestNetworkGetInterfaces: "guest-network-get-interfaces" => Vec<NetworkInterface>;
}
