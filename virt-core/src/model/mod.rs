//! libvirt's documents as typed, lossless Rust.
//!
//! One directory per root element, one file per device family, field names in libvirt's terms. What a struct has no
//! field for is kept in its `rest` and written back where it stood; see [`crate::xml`] for order and equality.
//! Structs are built by `Default` and assignment, or by a builder.

mod any;
pub mod domain;
pub mod filter;
pub mod filter_binding;
pub mod namespace;
pub mod network;
pub mod network_port;
mod port_rules;
mod problem;
pub mod value;

pub use any::AnyDocument;
pub use domain::devices::{Channel, Console, Disk, DiskBus, Interface, Serial};
pub use domain::{DomainBuilder, DomainConfig, DomainType};
pub use filter::{FilterBuilder, FilterConfig};
pub use filter_binding::FilterBindingConfig;
pub use network::{NetworkBuilder, NetworkConfig};
pub use network_port::NetworkPortConfig;
pub use value::{ByteSize, MacAddress, PciAddress};
