//! VMware ESX and vCenter for the virt SDK, through the vSphere SOAP API.
//!
//! A tour, in the order in which one comes up:
//! * [`vmx`] — VMware's configuration files as a lossless document, and their conversion to and from domains (pure);
//! * [`vim`] — the types and methods of the API that are used here, made from `facts/vim25.json`;
//! * `soap` — calls over HTTP, and by which way the server is reached;
//! * `parameters` — what a URI says;
//! * `session` — logged in, kept alive, logged in once more; what a fault means;
//! * `property` — properties read in bulk, and followed;
//! * `inventory` — the virtual machines as the server tells of them: look-ups and states cost no call;
//! * `task` — what a server does, waited for;
//! * `server` — all that together, opened and closed;
//! * `driver` — the core's traits over it.
//!
//! Programs use it through `virt_sdk` with feature `esx`.

mod allocation;
mod backend;
mod clusters;
mod driver;
mod host_interfaces;
mod hosts;
mod hot_add;
mod inventory;
mod parameters;
mod property;
mod server;
mod session;
mod soap;
mod task;
mod usage;
pub mod vim;
pub mod vmx;

pub use allocation::{
    Allocation, AllocationChange, Limit, MOST_SHARES, Share, ShareChange, Shares, allocation, set_allocation,
};
pub use backend::EsxBackend;
pub use clusters::{ClusterInfo, DrsAutomation, clusters};
pub use host_interfaces::{HostAddress, HostInterface, HostInterfaceKind, host_interfaces};
pub use hosts::{HostConnection, HostInfo, hosts};
pub use hot_add::{HotAdd, HotAddChange, hot_add, set_hot_add};
pub use usage::{
    CpuUsage, DiskUsage, FilesystemUsage, InterfaceUsage, MemoryUsage, Usage, VcpuUsage, usage, usages,
};
