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
//! * `task`, `job` — what a server does, waited for, or followed as a job;
//! * `devices` — devices and settings as the API specifies them, made of the lines of a configuration file (pure);
//! * `server` — all that together, opened and closed;
//! * `driver` — the core's traits over it;
//! * `extension` — what ESX and vCenter have beyond those.
//!
//! Programs use it through `virt_sdk` with feature `esx`.

mod backend;
mod devices;
mod driver;
mod extension;
mod inventory;
mod job;
mod listed;
mod parameters;
mod property;
mod server;
mod session;
mod soap;
mod task;
pub mod vim;
pub mod vmx;

pub use backend::EsxBackend;
pub use driver::DatastoreEntry;
pub use extension::*;
