//! The job of a domain, in figures.

use super::Domain;
use crate::deadline::CallClass;
use crate::driver::facet;
use crate::error::Result;
use crate::job::JobStatistics;

impl Domain {
    /// What its job is doing, in figures (`virDomainGetJobStats`); `None` when none runs.
    pub async fn job_statistics(&self) -> Result<Option<JobStatistics>> {
        self.call("job_statistics", CallClass::Query, async |call, driver| {
            facet(driver.jobs(), "jobs")?
                .statistics(&call, self.uuid(), false)
                .await
        })
        .await
    }

    /// What its last job did, in figures (`virDomainGetJobStats` with `VIR_DOMAIN_JOB_STATS_COMPLETED`): until they are
    /// read once, or the next job is over; `None` when there are none.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let conn = virt_core::Connection::builder().open("test:///default").await?;
    /// # let domain = conn.domain("test").await?;
    /// use virt_core::domain::SaveOptions;
    /// domain.managed_save(&SaveOptions::default()).await?.wait().await?;
    /// let last = domain.completed_job_statistics().await?;
    /// println!("{:?}", last.and_then(|last| last.memory));
    /// # Ok(())
    /// # }
    /// ```
    pub async fn completed_job_statistics(&self) -> Result<Option<JobStatistics>> {
        self.call(
            "completed_job_statistics",
            CallClass::Query,
            async |call, driver| {
                facet(driver.jobs(), "jobs")?
                    .statistics(&call, self.uuid(), true)
                    .await
            },
        )
        .await
    }

    /// Aborts its job, whoever began it (`virDomainAbortJob`): returns once it has been asked. None there: nothing happens.
    pub async fn abort_job(&self) -> Result<()> {
        self.call("abort_job", CallClass::Change, async |call, driver| {
            facet(driver.jobs(), "jobs")?.abort(&call, self.uuid()).await
        })
        .await
    }
}
