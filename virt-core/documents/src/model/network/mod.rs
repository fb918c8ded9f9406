//! `<network>`: a virtual network.

mod bridge;
mod builder;
mod config;
mod dhcp;
mod dns;
mod forward;
mod ip;
mod normalize;
mod options;
mod port_group;
mod update;
mod updated;
mod validate;
mod validate_dns;
mod validate_forward;
mod validate_ip;

pub use bridge::{Bridge, DnsDomain, MacTableManager, NetworkMac};
pub use builder::NetworkBuilder;
pub use config::NetworkConfig;
pub use dhcp::{Bootp, Dhcp, DhcpHost, DhcpLease, DhcpRange, LeaseUnit};
pub use dns::{Dns, DnsForwarder, DnsHost, DnsService, DnsText};
pub use forward::{
    Forward, ForwardAddress, ForwardInterface, ForwardMode, ForwardPf, Nat, NatAddresses, NatPorts,
};
pub use ip::{IpFamily, NetworkIp, Tftp};
pub use options::{DnsmasqOption, DnsmasqOptions};
pub use port_group::PortGroup;
pub use update::{NetworkUpdate, NetworkUpdateError, UpdateCommand, UpdateItem, UpdateSection};
