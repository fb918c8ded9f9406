//! The SDK's traits over a libvirt daemon: [`RemoteBackend`] opens, [`RemoteConnection`] does the rest.
//!
//! ```text
//! RemoteBackend ──> RemoteConnection ──┬── domains/      DomainDriver: lists, definitions, life, changes
//!                                      ├── events/       what the daemon tells ⇄ Event
//!                                      ├── …             a file or a folder per trait
//!                                      └── link          every call goes through it; keeper: it comes back when it is lost
//! ```
//!
//! What several of them need: `objects` (what objects are called by on the wire), `flags`, `refusal` (which error of a
//! daemon means what, where its code alone does not say it), `background` (tasks that end with the connection).

mod agents;
mod backend;
mod background;
mod capability;
mod connection;
mod consoles;
mod devices;
mod dial;
mod document;
mod domains;
mod events;
mod flags;
mod hung;
mod hypervisor;
mod job_statistics;
mod jobs;
mod keeper;
mod link;
mod metadata;
mod migration;
mod networks;
mod node;
mod objects;
mod params;
mod refusal;
mod run_marks;
mod saved;
mod screens;
mod secrets;
mod snapshots;
mod statistics;
mod storage;

pub use backend::{DRIVERS, RemoteBackend};
pub use connection::RemoteConnection;
use run_marks::RunMarks;
