//! A migration that is under way.

use std::sync::Arc;

use tokio::sync::OnceCell;

use crate::connection::Connection;
use crate::domain::{Domain, DomainRef};
use crate::error::{Error, ErrorKind, Result};
use crate::job::{Job, JobProgress};

/// A migration between two connections that was begun. Cheap to clone; dropping the last handle detaches: it goes on.
#[derive(Debug, Clone)]
pub struct Migration {
    job: Job,
    target: Connection,
    arrived: Arc<OnceCell<DomainRef>>,
}

impl Migration {
    pub(super) fn new(job: Job, target: Connection, arrived: Arc<OnceCell<DomainRef>>) -> Self {
        Self { job, target, arrived }
    }

    /// It as a job: progress, statistics, cancelling.
    #[must_use]
    pub fn job(&self) -> &Job {
        &self.job
    }

    /// How far it is, as last heard of.
    #[must_use]
    pub fn progress(&self) -> JobProgress {
        self.job.progress()
    }

    /// Waits until there is progress, or the end. Cancel-safe.
    pub async fn progressed(&mut self) -> JobProgress {
        self.job.progressed().await
    }

    /// Asks for its abort: returns at once, [`Migration::wait`] tells. In its last moments it is too late, and it succeeds.
    ///
    /// # Errors
    /// As [`Job::cancel`].
    pub fn cancel(&self) -> Result<()> {
        self.job.cancel()
    }

    /// Waits for the end, without a deadline: the domain at the target. Cancel-safe: the migration goes on.
    ///
    /// # Errors
    /// `Cancelled`, or why it failed: the domain is at the source then. With [`Outcome::Unknown`](crate::Outcome::Unknown) it could not be told
    /// whether the guest runs at the target; it is kept paused at the source, so that it never runs twice.
    pub async fn wait(&self) -> Result<Domain> {
        self.job.wait().await?;
        let arrived = self.arrived.get().cloned();
        let arrived =
            arrived.ok_or_else(|| Error::new(ErrorKind::Internal, "a migration without a domain"))?;
        Ok(self.target.domain_handle(arrived))
    }
}
