//! Saved states of domains: in files of the host, or kept by the manager.

use async_trait::async_trait;
use uuid::Uuid;

use crate::deadline::CallContext;
use crate::domain::{DomainRef, RestoreOptions, ResumeState, SaveOptions};
use crate::error::Result;
use crate::job::Job;
use crate::model::DomainConfig;

/// Saved states of domains: in files of the host (saved images), or kept by the manager (managed saves).
#[async_trait]
pub trait SaveDriver: Send + Sync {
    /// Writes memory and state of a running domain to a file of the host and ends it (`virDomainSaveParams`,
    /// `virDomainSaveFlags`): returns once begun. A transient domain is gone then. Emits `Stopped(Saved)`. Cancelled or
    /// failed, the domain goes on as before and there is no file.
    ///
    /// # Errors
    /// `InvalidState` when it does not run; `Busy` when another job works on it.
    async fn save(&self, call: &CallContext, domain: Uuid, path: &str, options: &SaveOptions) -> Result<Job>;

    /// Starts the domain that was saved to a file (`virDomainRestoreParams`, `virDomainRestoreFlags`). Emits
    /// `Started(Restored)`. The file stays.
    ///
    /// # Errors
    /// `NotFound` when there is no such file; `Corrupt` when it is no saved state; `InvalidState` when the domain runs.
    async fn restore(&self, call: &CallContext, path: &str, options: &RestoreOptions) -> Result<DomainRef>;

    /// The document in a file (`virDomainSaveImageGetXMLDesc`), with secrets when asked for.
    async fn image_config(&self, call: &CallContext, path: &str, secure: bool) -> Result<DomainConfig>;

    /// Puts another document into a file (`virDomainSaveImageDefineXML`): what the guest sees stays the same.
    async fn define_image(
        &self,
        call: &CallContext,
        path: &str,
        config: &DomainConfig,
        state: Option<ResumeState>,
    ) -> Result<()>;

    /// Saves a running persistent domain where the manager keeps it, and ends it (`virDomainManagedSave`): returns once
    /// begun. Its next start goes on from there.
    ///
    /// # Errors
    /// `InvalidState` when it does not run or is transient.
    async fn managed_save(&self, call: &CallContext, domain: Uuid, options: &SaveOptions) -> Result<Job>;

    /// Whether the next start goes on from a managed save (`virDomainHasManagedSaveImage`).
    async fn has_managed_save(&self, call: &CallContext, domain: Uuid) -> Result<bool>;

    /// Removes the managed save: the next start is from the beginning (`virDomainManagedSaveRemove`). None there: success,
    /// nothing happens.
    async fn remove_managed_save(&self, call: &CallContext, domain: Uuid) -> Result<()>;

    /// The document in the managed save (`virDomainManagedSaveGetXMLDesc`), with secrets when asked for.
    ///
    /// # Errors
    /// `NotFound` when there is no managed save.
    async fn managed_save_config(
        &self,
        call: &CallContext,
        domain: Uuid,
        secure: bool,
    ) -> Result<DomainConfig>;

    /// Puts another document into the managed save (`virDomainManagedSaveDefineXML`).
    ///
    /// # Errors
    /// `NotFound` when there is no managed save.
    async fn define_managed_save(
        &self,
        call: &CallContext,
        domain: Uuid,
        config: &DomainConfig,
        state: Option<ResumeState>,
    ) -> Result<()>;
}
