//! Virtual networks: what guests are connected to.

mod connection;
mod filter;
mod handle;
mod info;
mod lease;
mod options;
mod port;
mod reference;
mod update;

pub use filter::NetworkFilter;
pub use handle::Network;
pub use info::NetworkInfo;
pub use lease::DhcpLease;
pub use options::NetworkXmlOptions;
pub use port::NetworkPort;
pub use reference::{NetworkPortRef, NetworkRef, NetworkSelector};
