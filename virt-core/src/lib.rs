//! The contracts, vocabulary and documents of the virt SDK, and its reference driver.
//!
//! * Handles, what users hold: [`Connection`], [`Domain`], [`GuestAgent`](agent::GuestAgent), [`Job`](job::Job),
//!   [`ConsoleStream`](console::ConsoleStream), [`EventStream`](event::EventStream).
//! * [`driver`]: what a backend implements. [`backend`]: how it is found for a URI.
//! * [`model`]: libvirt's documents as typed, lossless Rust, on the XML engine in [`xml`]: the crate virt-documents.
//! * [`host`]: a machine to act on.
//! * With the cargo feature `test`, the module `test`: `test:///default`, a full driver in memory, for testing programs
//!   without a hypervisor.

pub mod agent;
pub mod backend;
mod capabilities;
pub mod connection;
pub mod console;
pub mod credentials;
mod deadline;
pub mod domain;
pub mod driver;
mod error;
pub mod event;
pub mod host;
pub mod job;
pub mod migration;
pub mod network;
pub mod node;
pub mod node_device;
mod option_steps;
pub mod params;
pub mod secret;
pub mod snapshot;
pub mod stats;
pub mod storage;
mod subject_calls;
#[cfg(feature = "test")]
pub mod test;
mod uri;

pub use capabilities::{Capabilities, Capability, Support};
pub use connection::Connection;
pub use deadline::{CallClass, CallContext, Deadlines};
pub use domain::{Domain, DomainState};
pub use error::{Error, ErrorKind, Outcome, Result, Retry, Subject, kind_of_io};
pub use network::Network;
pub use uri::ConnectUri;
#[doc(inline)]
pub use virt_documents::{model, xml};

use virt_documents::sorted;
