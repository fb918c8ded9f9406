//! `<capabilities>`: what a host has, and which guests it can run.

mod cache;
mod document;
mod guest;
mod host;
mod query;
mod topology;

pub use cache::{
    AllocationControl, CacheBank, CacheKind, HostCache, MemoryBandwidth, MemoryBandwidthNode, MonitorFeature,
    ResourceMonitor,
};
pub use document::Capabilities;
pub use guest::{FeatureToggle, Guest, GuestArch, GuestDomain, GuestFeatures, GuestMachine};
pub use host::{BaseLabel, Host, HostIommu, HostPower, HostSecurity, MigrationFeatures, UriTransports};
pub use topology::{HostCell, HostCells, HostCpu, HostCpus, HostPages, HostTopology};
