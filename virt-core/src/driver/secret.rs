//! The secrets of a connection.

use async_trait::async_trait;

use crate::deadline::CallContext;
use crate::error::Result;
use crate::model::SecretConfig;
use crate::secret::{SecretFilter, SecretInfo, SecretRef, SecretSelector, SecretValue};

/// The secrets of a connection.
///
/// # Behaviour, for all methods
/// * A secret is told by its uuid; one that does not exist answers `NotFound`.
/// * Values are in no message, log or `Debug`.
///
/// # Cancel safety
/// Dropping a future stops the waiting, not the work.
#[async_trait]
pub trait SecretDriver: Send + Sync {
    /// The secrets a filter shows, sorted by uuid (`virConnectListAllSecrets`).
    async fn list(&self, call: &CallContext, filter: &SecretFilter) -> Result<Vec<SecretInfo>>;

    /// One secret (`virSecretLookupByUUID`, `virSecretLookupByUsage`).
    async fn lookup(&self, call: &CallContext, selector: &SecretSelector) -> Result<SecretRef>;

    /// A secret's document (`virSecretGetXMLDesc`).
    async fn config(&self, call: &CallContext, secret: &SecretRef) -> Result<SecretConfig>;

    /// Makes a secret, or replaces an existing one's document and keeps its value (`virSecretDefineXML`).
    ///
    /// # Behaviour
    /// * A missing uuid is made up. Emits `Defined`.
    ///
    /// # Errors
    /// `AlreadyExists` for a use that another secret has, and for another use than that the secret has; `Denied` for a
    /// private secret that is to be private no longer: its value would be shown.
    async fn define(&self, call: &CallContext, config: &SecretConfig) -> Result<SecretRef>;

    /// Removes a secret, its value included (`virSecretUndefine`). Emits `Undefined`.
    async fn undefine(&self, call: &CallContext, secret: &SecretRef) -> Result<()>;

    /// A secret's value (`virSecretGetValue`); `None` while it has none.
    ///
    /// # Errors
    /// `Denied` for a private secret.
    async fn value(&self, call: &CallContext, secret: &SecretRef) -> Result<Option<SecretValue>>;

    /// Gives a secret a value (`virSecretSetValue`). Emits `ValueChanged`.
    async fn set_value(&self, call: &CallContext, secret: &SecretRef, value: &SecretValue) -> Result<()>;
}
