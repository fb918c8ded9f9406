//! QMP, the protocol of a QEMU monitor.
//!
//! [`QmpConnection`] is a handle to a task that owns the stream; [`QmpCommand`] is a typed command, and
//! [`commands`] has those the driver uses, one file per family; [`event`] has the events. Everything received is
//! read leniently: an unknown member is ignored, an unknown value or event kept.
//!
//! ```no_run
//! # async fn example(stream: tokio::io::DuplexStream) -> Result<(), virt_qemu::qmp::QmpError> {
//! use std::time::Duration;
//! use tokio::time::Instant;
//! use virt_qemu::qmp::{QmpConnection, QmpOptions, commands::machine::QueryStatus};
//!
//! let (qmp, mut events) = QmpConnection::connect(stream, QmpOptions::labelled("web")).await?;
//! let status = qmp.execute(&QueryStatus, Instant::now() + Duration::from_secs(5)).await?;
//! assert!(status.running);
//! while let Some(event) = events.next().await {
//!     // …
//! }
//! # Ok(())
//! # }
//! ```
//!
//! # One client at a time
//! A monitor talks to one client. A second one is accepted by the kernel and then hears nothing, so the greeting has
//! a deadline of its own, and [`QmpError::Busy`] is its error.

mod command;
pub mod commands;
mod connection;
mod error;
pub mod event;
mod events;
pub(crate) mod lenient;
pub(crate) mod line;
mod message;
mod owner;
pub(crate) mod ticket;
pub(crate) mod trace;
pub(crate) mod wire;

pub use command::{Lane, Nothing, QmpCommand};
pub use connection::{QmpConnection, QmpOptions};
pub use error::{Delivery, DisconnectReason, ErrorClass, QmpError, QmpResult};
pub use event::{EventKind, QmpEvent};
pub use events::{QmpEventItem, QmpEvents};
pub use message::{Greeting, GreetingVersion, QemuVersion};
