//! libvirt's documents as typed, lossless Rust.
//!
//! One directory per root element, one file per device family, field names in libvirt's terms. What a struct has no
//! field for is kept in its `rest` and written back where it stood; see [`crate::xml`] for order and equality.
//! Structs are built by `Default` and assignment, or by a builder.

mod any;
pub mod capabilities;
pub mod cpu_data;
pub mod domain;
pub mod domain_capabilities;
pub mod namespace;
pub mod node_device;
pub mod value;

pub use any::AnyDocument;
pub use capabilities::Capabilities;
pub use domain::devices::{Channel, Console, Disk, DiskBus, Interface, Serial};
pub use domain::{DomainBuilder, DomainConfig, DomainType};
pub use domain_capabilities::DomainCapabilities;
pub use node_device::NodeDevice;
pub use value::{ByteSize, MacAddress, PciAddress};
