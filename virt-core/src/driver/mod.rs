//! What a backend implements: object-safe traits, one per subsystem.
//!
//! A connection's driver has the domains; rarer abilities are facets, `None` where the backend has none. A driver
//! does one thing at a time and says no where it can't: waiting, retrying and composing live on the handles.

mod agent;
mod connection;
mod console;
mod devices;
mod domain;
mod facet;
mod jobs;
mod migration;
mod network;
mod node;
mod saved;
mod screen;
mod secret;
mod snapshots;
mod statistics;
mod storage;

pub use agent::AgentDriver;
pub use connection::ConnectionDriver;
pub use console::ConsoleDriver;
pub use devices::DeviceDriver;
pub use domain::DomainDriver;
pub(crate) use facet::facet;
pub use jobs::JobDriver;
pub use migration::{MigrationBegun, MigrationDriver, MigrationFinished, MigrationPrepared};
pub use network::NetworkDriver;
pub use node::NodeDriver;
pub use saved::SaveDriver;
pub use screen::ScreenDriver;
pub use secret::SecretDriver;
pub use snapshots::SnapshotDriver;
pub use statistics::StatisticsDriver;
pub use storage::{StorageDriver, StoragePoolDriver, StorageVolumeDriver, VolumeReader, VolumeWriter};
