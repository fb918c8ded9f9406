//! A link of our own, over russh.
//!
//! ```text
//! NativeDialer ── dial ──> NativeLink ──┬── shared connections: control streams, programs
//!                                       └── exclusive connections: one bulk stream each
//! Connection ── russh session ── Wire ── TCP, a jump host's channel, or a ProxyCommand
//!     └── Inbox per channel <── Events (russh's callbacks)
//! ```
//!
//! russh refills a channel's window as soon as data comes in, not when it is read, and hands a connection's messages on
//! one after the other. So there is no flow control per channel: either what is not read is kept, or the whole
//! connection waits. On a *shared* connection it is kept, up to [`SHARED_LIMIT`](inbox::SHARED_LIMIT) per stream, and the
//! stream that goes beyond it fails alone. On an *exclusive* one the connection waits, which is just what a reader that
//! takes its time needs, as nobody else is on it.

mod algorithm_list;
mod algorithms;
mod channel;
mod connection;
mod dialer;
mod events;
mod fault;
mod host_key;
mod inbox;
mod link;
mod login;
mod outbox;
mod pool;
mod prompt;
mod route;
mod signal;
mod target;
mod wire;

#[cfg(test)]
pub(super) mod tests;

pub(super) use dialer::NativeDialer;
pub(super) use target::Resolve;

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Takes a lock that guards plain data: a panic elsewhere leaves nothing half-done in it.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
