//! `<domainCapabilities>`: what guests of one emulator, architecture, machine and hypervisor can have.

mod cpu;
mod devices;
mod document;
mod features;
mod query;
mod support;

pub use cpu::{BlockingFeature, CpuBlockers, CpuModeSupport, CpuModelSupport, CpuSupport, CpuUsable};
pub use devices::DeviceSupport;
pub use document::{DomainCapabilities, LoaderSupport, MaxVcpus, OsSupport};
pub use features::{FeatureSupport, SevSupport, SgxSection, SgxSections, SgxSupport};
pub use support::{Support, SupportedValues};
