//! libvirt's documents as typed, lossless Rust.
//!
//! One directory per root element, one file per device family, field names in libvirt's terms. What a struct has no
//! field for is kept in its `rest` and written back where it stood; see [`crate::xml`] for order and equality.
//! Structs are built by `Default` and assignment, or by a builder.

mod any;
pub mod backup;
pub mod checkpoint;
pub mod domain;
pub mod domain_status;
pub mod migration_cookie;
pub mod moment;
pub mod namespace;
pub mod snapshot;
pub mod value;

pub use any::AnyDocument;
pub use backup::Backup;
pub use checkpoint::Checkpoint;
pub use domain::devices::{AnyDevice, Channel, Console, Disk, DiskBus, Interface, Serial};
pub use domain::{DomainBuilder, DomainConfig, DomainType};
pub use domain_status::DomainStatus;
pub use migration_cookie::MigrationCookie;
pub use moment::InactiveDomain;
pub use snapshot::Snapshot;
pub use value::{ByteSize, MacAddress, PciAddress};
