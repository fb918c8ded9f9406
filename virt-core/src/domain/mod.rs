//! Domains: machines and containers, what is known of them, and the handle users hold.

mod config_scope;
mod detaching;
mod device_options;
mod devices;
mod filter;
mod handle;
mod info;
mod jobs;
pub mod machine;
mod name;
mod options;
mod save_options;
mod saving;
mod screen;
mod screenshot;
mod state;
mod vcpus;
mod waiting;

pub use config_scope::ConfigScope;
pub use device_options::{AddressSource, BlockInfo, BlockSize, DeviceUpdateOptions, VcpuOptions};
pub use filter::DomainFilter;
pub use handle::Domain;
pub use info::{DomainInfo, DomainRef, DomainSelector};
pub use name::DomainName;
pub use options::{
    CoreDumpFormat, CoreDumpOptions, DefineOptions, DestroyOptions, ExistingPolicy, LifecycleAction,
    LifecycleEvent, MetadataItem, RebootOptions, ShutdownMode, ShutdownOptions, StartOptions, XmlOptions,
};
pub use save_options::{RestoreOptions, ResumeState, SaveOptions};
pub use screen::KeyCodes;
pub use screenshot::Screenshot;
pub use state::{DomainState, StateReason};
