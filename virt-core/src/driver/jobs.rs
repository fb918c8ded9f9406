//! Long work on domains.

use async_trait::async_trait;
use uuid::Uuid;

use crate::deadline::CallContext;
use crate::domain::CoreDumpOptions;
use crate::error::{Error, Result};
use crate::job::{Job, JobStatistics};

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

    /// What the domain's job is doing, in figures; of the last one that is over when `completed`
    /// (`virDomainGetJobStats`). `None` when there is none.
    async fn statistics(
        &self,
        call: &CallContext,
        domain: Uuid,
        completed: bool,
    ) -> Result<Option<JobStatistics>> {
        let _ = (call, domain, completed);
        Err(Error::unsupported("this driver has no figures of jobs"))
    }

    /// Aborts the domain's job, whoever began it (`virDomainAbortJob`): returns once it has been asked. None there:
    /// success, nothing happens.
    async fn abort(&self, call: &CallContext, domain: Uuid) -> Result<()> {
        let _ = (call, domain);
        Err(Error::unsupported("this driver cannot abort jobs"))
    }
}
