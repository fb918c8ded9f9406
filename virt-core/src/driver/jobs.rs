//! Long work on domains.

use async_trait::async_trait;
use uuid::Uuid;

use crate::deadline::CallContext;
use crate::domain::CoreDumpOptions;
use crate::error::Result;
use crate::job::Job;

/// Long work on domains: at most one job a domain.
#[async_trait]
pub trait JobDriver: Send + Sync {
    /// The job of a domain, if one runs (`virDomainGetJobStats`).
    async fn current(&self, call: &CallContext, domain: Uuid) -> Result<Option<Job>>;

    /// Writes the guest's memory to a new file on the host (`virDomainCoreDumpWithFormat`): returns once begun.
    ///
    /// # Errors
    /// `Busy` when another job runs; `AlreadyExists` when the file does; `Unsupported` for a format this hypervisor lacks.
    async fn core_dump(
        &self,
        call: &CallContext,
        domain: Uuid,
        path: &str,
        options: &CoreDumpOptions,
    ) -> Result<Job>;
}
