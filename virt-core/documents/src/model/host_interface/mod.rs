//! `<interface>` of the host: Ethernet adapters, bridges, bonds, VLANs. Not the device of a guest, which is
//! [`Interface`](crate::model::domain::devices::Interface).

mod bond;
mod bridge;
mod builder;
mod config;
mod normalize;
mod protocol;
mod validate;

pub use bond::{ArpMonitor, ArpValidate, Bond, BondMode, MiiCarrier, MiiMonitor};
pub use bridge::{HostBridge, HostVlan, VlanDevice};
pub use builder::HostInterfaceBuilder;
pub use config::{
    HostInterfaceConfig, HostInterfaceStart, HostInterfaceType, HostLink, HostLinkState, StartMode,
};
pub use protocol::{AddressFamily, HostAutoconf, HostDhcp, HostIpAddress, HostProtocol, HostRoute};
