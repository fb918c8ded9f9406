//! Consoles as byte streams.

use async_trait::async_trait;
use uuid::Uuid;

use crate::console::{ConsoleOptions, ConsoleStream};
use crate::deadline::CallContext;
use crate::error::Result;

/// Consoles as byte streams.
#[async_trait]
pub trait ConsoleDriver: Send + Sync {
    /// Opens a console, serial port or channel of a running domain (`virDomainOpenConsole`, `virDomainOpenChannel`).
    ///
    /// # Errors
    /// `InvalidState` when it does not run, `NotFound` when it has no such device (naming those it has), `Unsupported`
    /// for a back end that is no stream, `Busy` as the options' policy says.
    async fn open(&self, call: &CallContext, domain: Uuid, options: &ConsoleOptions)
    -> Result<ConsoleStream>;
}
