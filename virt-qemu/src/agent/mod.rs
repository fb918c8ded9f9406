//! The client of the guest agent (qemu-ga), over the stream of its channel.
//!
//! [`AgentConnection`] is a handle to a task that owns the stream and carries out one command at a time.
//! [`commands`] has the typed commands; [`exec`](AgentConnection::exec), [`open_file`](AgentConnection::open_file),
//! [`read_file`](AgentConnection::read_file), [`write_file`](AgentConnection::write_file) and
//! [`freeze`](AgentConnection::freeze) are made of them.
//!
//! # Synchronisation
//! The channel outlives both the agent and its client, so what is in it may belong to another conversation. No command
//! is sent before `guest-sync-delimited` was answered; it is asked again after every command that was given up, after
//! every answer that was not understood, after the guest closed its end, and after a pause of five seconds.

mod base64;
mod command;
pub mod commands;
mod connection;
mod error;
mod exec;
mod file;
mod freeze;
mod owner;
mod session;

pub use command::AgentCommand;
pub use connection::AgentConnection;
pub use error::{AgentError, AgentResult};
pub use file::{FileMode, GuestFile, SeekFrom};
pub use freeze::{FREEZE_DEADLINE, Frozen, THAW_DEADLINE};
