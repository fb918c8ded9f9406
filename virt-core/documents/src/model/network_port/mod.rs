//! `<networkport>`: what connects an interface of a guest to a network.

mod config;
mod normalize;
mod validate;

pub use config::{NetworkPortConfig, NetworkPortPlug, PlugMode, PlugType, PortOwner, PortRxFilters};

pub(super) use validate::{check_mac, check_owner};
