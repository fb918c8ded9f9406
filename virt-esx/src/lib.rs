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
//! * `extension`, `clone`, `template`, `relocate`, `ticket` — what ESX and vCenter have beyond those.
//!
//! Programs use it through `virt_sdk` with feature `esx`.

mod backend;
mod clone;
mod devices;
mod driver;
mod extension;
mod inventory;
mod job;
mod parameters;
mod placement;
mod property;
mod relocate;
mod server;
mod session;
mod soap;
mod task;
mod template;
mod ticket;
pub mod vim;
pub mod vmx;

pub use backend::EsxBackend;
pub use clone::{CloneOptions, Cloning, clone_domain, clone_to_template};
pub use driver::DatastoreEntry;
pub use extension::{
    consolidate_disks, define_by_vmx, delete, delete_all_snapshots, delete_file, describe_snapshot,
    download_file, list_files, make_directory, register, register_vmx, rename_snapshot, upload_file,
};
pub use placement::Placement;
pub use relocate::{DiskFormat, RelocateOptions, migrate_to_host, relocate};
pub use template::{Template, mark_as_template, template, templates};
pub use ticket::{ConsoleTicket, TicketKind, console_ticket};
