//! Jobs of the test driver.

use std::sync::Arc;

use async_trait::async_trait;
use uuid::Uuid;

use super::TestDriver;
use crate::deadline::CallContext;
use crate::domain::{CoreDumpFormat, CoreDumpOptions};
use crate::driver::JobDriver;
use crate::error::{Error, ErrorKind, Outcome, Result, Subject};
use crate::job::Job;
use crate::test::lane::LaneKey;

#[async_trait]
impl JobDriver for TestDriver {
    async fn current(&self, call: &CallContext, domain: Uuid) -> Result<Option<Job>> {
        self.shared
            .query(call, Some(domain), |world| {
                let record = world.record(domain)?;
                Ok(record.job.as_ref().map(|dump| dump.job.clone()))
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
        let about = |error: Error| error.with_subject(Subject::Path(path.to_owned()));
        if options.format != CoreDumpFormat::Elf {
            return Err(Error::unsupported("the test driver writes ELF core dumps only"));
        }
        if !path.starts_with('/') {
            return Err(about(Error::new(
                ErrorKind::InvalidArgument,
                "the path of a core dump is absolute",
            )));
        }
        let stat = async { self.shared.host.files().stat(path).await };
        if call.bound(Outcome::NotApplied, stat).await?.is_some() {
            return Err(about(Error::new(ErrorKind::AlreadyExists, "")));
        }
        let path = path.to_owned();
        let shared = Arc::clone(&self.shared);
        self.shared
            .change(call, LaneKey::Domain(domain), move |world| {
                let dump = world.begin_dump(domain, path)?;
                let job = dump.job.clone();
                let owner = Arc::clone(&shared);
                shared.spawn(dump.carry_out(owner));
                Ok(job)
            })
            .await
    }
}
