//! What a person does at a machine: look at its screen, type, press its buttons.

use std::time::Duration;

use async_trait::async_trait;
use uuid::Uuid;

use crate::deadline::CallContext;
use crate::domain::{KeyCodes, Screenshot};
use crate::error::Result;

/// What a person does at a machine: look at its screen, type, press its buttons.
#[async_trait]
pub trait ScreenDriver: Send + Sync {
    /// A picture of a screen, as a stream (`virDomainScreenshot`).
    ///
    /// # Errors
    /// `InvalidState` when it does not run; `NotFound` when it has no such screen; `Unsupported` when it has none at all.
    async fn screenshot(&self, call: &CallContext, domain: Uuid, screen: u32) -> Result<Screenshot>;

    /// Presses these keys together and lets go of them after a while (`virDomainSendKey`).
    ///
    /// # Errors
    /// `InvalidState` when it does not run; `InvalidArgument` for keys there are not, or more than 16.
    async fn send_keys(
        &self,
        call: &CallContext,
        domain: Uuid,
        keys: (KeyCodes, &[u32]),
        hold: Duration,
    ) -> Result<()>;

    /// Sends a non-maskable interrupt (`virDomainInjectNMI`).
    ///
    /// # Errors
    /// `InvalidState` when it does not run.
    async fn inject_nmi(&self, call: &CallContext, domain: Uuid) -> Result<()>;
}
