//! Jobs of the test driver.

use std::sync::Arc;

use async_trait::async_trait;
use uuid::Uuid;

use super::TestDriver;
use crate::deadline::CallContext;
use crate::domain::machine::Request;
use crate::domain::{CoreDumpFormat, CoreDumpOptions};
use crate::driver::JobDriver;
use crate::error::{Error, ErrorKind, Outcome, Result, Subject};
use crate::job::{Job, JobKind, JobStatistics};
use crate::test::job::dump;
use crate::test::lane::LaneKey;

impl TestDriver {
    /// Whether a new file can be made at a path of the host.
    pub(super) async fn check_new_file(&self, call: &CallContext, path: &str) -> Result<()> {
        let about = |error: Error| error.with_subject(Subject::Path(path.to_owned()));
        if !path.starts_with('/') {
            return Err(about(Error::new(
                ErrorKind::InvalidArgument,
                "the path of a file that is written is absolute",
            )));
        }
        let stat = async { self.shared.host.files().stat(path).await };
        match call.bound(Outcome::NotApplied, stat).await? {
            Some(_) => Err(about(Error::new(ErrorKind::AlreadyExists, ""))),
            None => Ok(()),
        }
    }
}

#[async_trait]
impl JobDriver for TestDriver {
    async fn current(&self, call: &CallContext, domain: Uuid) -> Result<Option<Job>> {
        self.shared
            .query(call, Some(domain), |world| {
                let record = world.record(domain)?;
                Ok(record.job.as_ref().map(|job| job.job.clone()))
            })
            .await
    }

    async fn core_dump(
        &self,
        call: &CallContext,
        domain: Uuid,
        path: &str,
        options: &CoreDumpOptions,
    ) -> Result<Job> {
        if options.format != CoreDumpFormat::Elf {
            return Err(Error::unsupported("the test driver writes ELF core dumps only"));
        }
        self.check_new_file(call, path).await?;
        let path = path.to_owned();
        let shared = Arc::clone(&self.shared);
        self.shared
            .change(call, LaneKey::Domain(domain), move |world| {
                let copying = world.begin_copying(domain, JobKind::CoreDump, Request::CoreDump)?;
                world.hold_for_job(domain);
                let job = copying.job.clone();
                let owner = Arc::clone(&shared);
                shared.spawn(dump(copying, path, owner));
                Ok(job)
            })
            .await
    }

    async fn statistics(
        &self,
        call: &CallContext,
        domain: Uuid,
        completed: bool,
    ) -> Result<Option<JobStatistics>> {
        self.shared
            .query(call, Some(domain), |world| {
                let record = world.record_mut(domain)?;
                if completed {
                    return Ok(record.last_job.take());
                }
                let progress = record.job.as_ref().map(|job| job.job.progress());
                Ok(progress.map(|progress| {
                    let statistics = progress.statistics.as_deref();
                    statistics.cloned().unwrap_or_default()
                }))
            })
            .await
    }

    async fn abort(&self, call: &CallContext, domain: Uuid) -> Result<()> {
        self.shared
            .query(call, Some(domain), |world| match &world.record(domain)?.job {
                Some(job) => job.job.cancel(),
                None => Ok(()),
            })
            .await
    }
}
