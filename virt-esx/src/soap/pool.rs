//! Connections that are kept: as many as calls are under way at a time, and those that nobody uses for a while.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use hyper::client::conn::http1::SendRequest;
use virt_core::Result;

use super::connect::{Body, Connector};

/// A server closes connections that nobody uses, and what is sent at that moment may be lost: ours are closed before.
const IDLE: Duration = Duration::from_secs(15);
/// How many are kept while nobody uses them.
const KEPT: usize = 8;

/// The connections to one server.
pub(super) struct Pool {
    connector: Connector,
    idle: Mutex<Vec<(SendRequest<Body>, Instant)>>,
}

impl Pool {
    pub(super) fn new(connector: Connector) -> Self {
        Self {
            connector,
            idle: Mutex::default(),
        }
    }

    /// One that is there, or a new one.
    pub(super) async fn take(&self) -> Result<SendRequest<Body>> {
        while let Some((mut sender, since)) = self.pop() {
            let is_fresh = since.elapsed() < IDLE && !sender.is_closed();
            // It may still be about to take note of the answer before.
            if is_fresh && sender.ready().await.is_ok() {
                return Ok(sender);
            }
        }
        self.connector.connect().await
    }

    /// A new one, for what takes its time.
    pub(super) async fn fresh(&self) -> Result<SendRequest<Body>> {
        self.connector.connect().await
    }

    /// The answer was read to its end: others may use the connection.
    pub(super) fn give_back(&self, sender: SendRequest<Body>) {
        if sender.is_closed() {
            return;
        }
        let mut idle = self.idle();
        idle.retain(|(sender, since)| !sender.is_closed() && since.elapsed() < IDLE);
        if idle.len() < KEPT {
            idle.push((sender, Instant::now()));
        }
    }

    /// Closes those that nobody uses.
    pub(super) fn clear(&self) {
        self.idle().clear();
    }

    fn pop(&self) -> Option<(SendRequest<Body>, Instant)> {
        self.idle().pop()
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<(SendRequest<Body>, Instant)>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
