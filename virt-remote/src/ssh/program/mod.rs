//! A link through the system's `ssh`, for what we cannot read of its configuration, and for what it alone can do
//! (smart cards, Kerberos, `Match exec`).
//!
//! One `ssh` is the master of a connection ([`master`]). What we want of it is asked for over its control socket, in
//! its own multiplexing protocol ([`mux`]; OpenSSH's `PROTOCOL.mux`), without a further process. OpenSSH has flow control
//! per channel: streams share one connection, whatever they are used for.

mod dialer;
mod forward;
mod forwarded;
mod link;
mod master;
mod message;
mod mux;
mod pulse;
mod refusal;
mod stdio;
mod tasks;

#[cfg(test)]
mod tests;

pub(super) use dialer::{ProgramDialer, ProgramTarget};
