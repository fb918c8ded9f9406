//! libvirt's documents as typed, lossless Rust.
//!
//! One directory per root element, one file per device family, field names in libvirt's terms. What a struct has no
//! field for is kept in its `rest` and written back where it stood; see [`crate::xml`] for order and equality.
//! Structs are built by `Default` and assignment, or by a builder.
//!
//! # What `validate` checks
//! Reading takes what it does not know; `validate` says whether libvirt, as of the version these types are of, takes the
//! document, whatever the driver. It is the same for every document, those that a daemon tells among them:
//!
//! * It can be written, and is read back as it is: characters and names XML can hold, in what was not understood as well;
//!   nothing put into a `rest` that has a field.
//! * An enumeration has one of libvirt's spellings. One of a newer libvirt is read, kept and written, but not valid.
//!   An empty text is none of them, but for pools, volumes, secrets and interfaces of hosts, where it says nothing.
//! * What libvirt's parser of the document checks: what must be there, what may be there once only, ranges,
//!   contradictions. Documents inside of it are checked as they are by themselves, where libvirt's parser reads them.
//!
//! What depends on a hypervisor's version, the machine it emulates or the host is for the driver. The error is the first
//! thing that is wrong, with its element path, and line and column when it was parsed. Builders end with `build`, which
//! gives back only what is valid.

mod access_rules;
mod any;
pub mod backup;
pub mod capabilities;
pub mod checkpoint;
mod complaint;
pub mod cpu_data;
pub mod domain;
pub mod domain_capabilities;
pub mod domain_status;
pub mod filter;
pub mod filter_binding;
pub mod host_interface;
pub mod migration_cookie;
pub mod moment;
pub mod namespace;
pub mod network;
pub mod network_port;
pub mod node_device;
pub mod pool;
pub mod pool_capabilities;
mod port_rules;
mod problem;
pub mod secret;
pub mod snapshot;
pub mod value;
pub mod volume;

pub use any::AnyDocument;
pub use backup::BackupConfig;
pub use capabilities::Capabilities;
pub use checkpoint::CheckpointConfig;
pub use domain::devices::{Channel, Console, Device, Disk, DiskBus, Interface, Serial};
pub use domain::{DomainBuilder, DomainConfig, DomainType};
pub use domain_capabilities::DomainCapabilities;
pub use domain_status::DomainStatus;
pub use filter::{FilterBuilder, FilterConfig};
pub use filter_binding::FilterBindingConfig;
pub use host_interface::HostInterfaceConfig;
pub use migration_cookie::MigrationCookie;
pub use moment::InactiveDomain;
pub use network::{NetworkBuilder, NetworkConfig};
pub use network_port::NetworkPortConfig;
pub use node_device::NodeDeviceConfig;
pub use pool::{PoolConfig, PoolSources, PoolType};
pub use pool_capabilities::PoolCapabilities;
pub use secret::SecretConfig;
pub use snapshot::SnapshotConfig;
pub use value::{ByteSize, MacAddress, PciAddress};
pub use volume::VolumeConfig;
