//! Addresses that a network has lent.

use std::net::IpAddr;
use std::time::SystemTime;

use crate::model::MacAddress;

/// An address that the DHCP server of a network has lent (`virNetworkDHCPLease`).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct DhcpLease {
    /// The device of the host it was lent on: the network's bridge.
    pub interface: String,
    /// The address.
    pub ip: IpAddr,
    /// Bits of the address's network.
    pub prefix: u8,
    /// The Ethernet address it was lent to; `None` where it is not known, as it may be with IPv6.
    pub mac: Option<MacAddress>,
    /// The name the guest gave, or the network gave it.
    pub hostname: Option<String>,
    /// The client's id (IPv4) or its DUID (IPv6), hexadecimal bytes with colons.
    pub client_id: Option<String>,
    /// The number of the guest's interface, as it counts them (IPv6: IAID).
    pub iaid: Option<String>,
    /// Until when; `None` for ever.
    pub expires: Option<SystemTime>,
}

impl DhcpLease {
    /// An address lent on a device for ever, to nobody yet known: to be filled in by the driver.
    pub fn new(interface: impl Into<String>, ip: IpAddr, prefix: u8) -> Self {
        Self {
            interface: interface.into(),
            ip,
            prefix,
            mac: None,
            hostname: None,
            client_id: None,
            iaid: None,
            expires: None,
        }
    }
}
