//! libvirt's documents as typed, lossless Rust.
//!
//! One directory per root element, one file per device family, field names in libvirt's terms. What a struct has no
//! field for is kept in its `rest` and written back where it stood; see [`crate::xml`] for order and equality.
//! Structs are built by `Default` and assignment, or by a builder.

mod any;
mod complaint;
pub mod domain;
pub mod host_interface;
pub mod namespace;
pub mod pool;
pub mod pool_capabilities;
pub mod secret;
pub mod value;
pub mod volume;

pub use any::AnyDocument;
pub use domain::devices::{Channel, Console, Disk, DiskBus, Interface, Serial};
pub use domain::{DomainBuilder, DomainConfig, DomainType};
pub use host_interface::HostInterface;
pub use pool::{PoolConfig, PoolSources, PoolType};
pub use pool_capabilities::PoolCapabilities;
pub use secret::SecretConfig;
pub use value::{ByteSize, MacAddress, PciAddress};
pub use volume::VolumeConfig;
