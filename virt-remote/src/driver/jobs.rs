//! Long work on domains: one call of the daemon that ends with it, watched from beside.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::oneshot;
use tokio::time::Instant;
use uuid::Uuid;
use virt_core::domain::machine::Request;
use virt_core::domain::{CoreDumpFormat, CoreDumpOptions, DomainRef};
use virt_core::driver::JobDriver;
use virt_core::job::{Job, JobKind, JobState, JobStatistics, JobWorker};
use virt_core::{CallClass, CallContext, Error, ErrorKind, Outcome, Result, Subject};

use super::link::Link;
use super::{RemoteConnection, dial, job_statistics, objects, params, refusal};
use crate::protocol::Procedure;
use crate::protocol::remote::domain_save::{
    DomainAbortJob, DomainAbortJobArgs, DomainCoreDumpWithFormat, DomainCoreDumpWithFormatArgs,
    DomainGetJobStats, DomainGetJobStatsArgs, DomainGetJobStatsRet,
};
use crate::rpc::RpcResult;
use crate::session::Session;
use crate::transport::Way;

/// How often the daemon is asked how far a job is: at first, and later.
const ASK_SOON: Duration = Duration::from_millis(20);
const ASK_AGAIN: Duration = Duration::from_millis(200);
/// How long one such question may take.
const ANSWER: Duration = Duration::from_secs(30);
/// A job has no deadline: this is for the call that ends with it.
const FOR_EVER: Duration = Duration::from_secs(10 * 365 * 24 * 3600);

/// `virDomainJobType`.
const NONE: i32 = 0;
const COMPLETED: i32 = 3;
const CANCELLED: i32 = 5;
/// `VIR_DOMAIN_JOB_STATS_COMPLETED`.
const OF_THE_LAST: u32 = 1;
/// `VIR_DUMP_MEMORY_ONLY`.
const MEMORY_ONLY: u32 = 1 << 4;

/// `VIR_DOMAIN_JOB_STATS_KEEP_COMPLETED`: the figures of the last job are there for others as well.
const KEEP_THEM: u32 = 2;

/// Whether a job of this kind is shown: a start is no job of anybody's, nor is what the daemon has no word for.
fn is_shown(kind: JobKind) -> bool {
    !matches!(
        kind,
        JobKind::Start | JobKind::IncomingMigration | JobKind::Unknown
    )
}

/// The jobs that this connection knows of, one a domain.
#[derive(Debug, Default)]
pub(super) struct Jobs(Mutex<HashMap<Uuid, Job>>);

impl Jobs {
    fn running(&self, domain: Uuid) -> Option<Job> {
        let job = self.jobs().get(&domain).cloned();
        job.filter(|job| job.progress().state == JobState::Running)
    }

    /// Takes the place of a domain's job, if it is free.
    fn begin(&self, domain: DomainRef, kind: JobKind, cancellable: bool) -> Result<(JobWorker, Job)> {
        let mut jobs = self.jobs();
        jobs.retain(|_, job| job.progress().state == JobState::Running);
        if jobs.contains_key(&domain.uuid) {
            return Err(Error::new(ErrorKind::Busy, "another job of the domain runs"));
        }
        let uuid = domain.uuid;
        let (worker, job) = JobWorker::begin(kind, domain, cancellable);
        jobs.insert(uuid, job.clone());
        Ok((worker, job))
    }

    fn jobs(&self) -> MutexGuard<'_, HashMap<Uuid, Job>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl JobDriver for RemoteConnection {
    async fn current(&self, call: &CallContext, domain: Uuid) -> Result<Option<Job>> {
        if let Some(job) = self.jobs.running(domain) {
            return Ok(Some(job));
        }
        let found = self.found_by_uuid(call, domain).await?;
        let stats = match job_stats(&self.link, call, domain, 0).await {
            // Without a run there is no job, and some drivers have none at all.
            Err(error) if refusal::is_invalid_state(&error) || refusal::is_unsupported(&error) => {
                return Ok(None);
            }
            stats => stats?,
        };
        let operation = stats.params.i64("operation");
        let kind = operation
            .map(job_statistics::kind_of)
            .filter(|kind| is_shown(*kind));
        let (true, Some(kind)) = (stats.type_ != NONE, kind) else {
            return Ok(None);
        };
        let (worker, job) = self.jobs.begin(objects::domain_ref(&found), kind, true)?;
        let link = Arc::clone(&self.link);
        self.background.spawn(async move {
            let ended = follow(&link, domain, &worker).await;
            worker.finish(ended);
        });
        Ok(Some(job))
    }

    async fn core_dump(
        &self,
        call: &CallContext,
        domain: Uuid,
        path: &str,
        options: &CoreDumpOptions,
    ) -> Result<Job> {
        let dumpformat = match options.format {
            CoreDumpFormat::Elf => 0,
            CoreDumpFormat::KdumpZlib => 1,
            CoreDumpFormat::KdumpLzo => 2,
            CoreDumpFormat::KdumpSnappy => 3,
            _ => return Err(Error::unsupported("this format of core dumps")),
        };
        if !path.starts_with('/') {
            return Err(
                Error::new(ErrorKind::InvalidArgument, "the path of a core dump is absolute")
                    .with_subject(Subject::Path(path.to_owned())),
            );
        }
        self.refuse_existing_file(path).await?;
        let args = DomainCoreDumpWithFormatArgs {
            dom: objects::domain(domain),
            to: path.into(),
            dumpformat,
            flags: MEMORY_ONLY,
        };
        let begun = self.begin_job::<DomainCoreDumpWithFormat>(
            call,
            (domain, Request::CoreDump),
            (JobKind::CoreDump, false),
            args,
        );
        begun.await
    }

    async fn statistics(
        &self,
        call: &CallContext,
        domain: Uuid,
        completed: bool,
    ) -> Result<Option<JobStatistics>> {
        let flags = if completed { OF_THE_LAST } else { 0 };
        let stats = match job_stats(&self.link, call, domain, flags).await {
            // Without a run there is no job.
            Err(error) if refusal::may_be_about_state(&error) => return Ok(None),
            stats => stats?,
        };
        let is_there = stats.type_ != NONE;
        Ok(is_there.then(|| job_statistics::of(params::told(&stats.params))))
    }

    async fn abort(&self, call: &CallContext, domain: Uuid) -> Result<()> {
        let args = DomainAbortJobArgs {
            dom: objects::domain(domain),
        };
        match self.link.call::<DomainAbortJob>(call, &args).await {
            Err(error) if refusal::may_be_about_state(&error) => {
                match self.statistics(call, domain, false).await? {
                    None => Ok(()),
                    Some(_) => Err(error.into()),
                }
            }
            aborted => Ok(aborted?),
        }
    }
}

impl RemoteConnection {
    /// Begins long work that is one call of the daemon, and returns once the daemon works on it, or has refused. The call
    /// is made on a session of its own: it may take hours, and keeps nobody waiting there.
    ///
    /// # Errors
    /// `Busy` when another job of the domain runs; `InvalidState` by the domain's state; what the daemon says.
    pub(super) async fn begin_job<P: Procedure>(
        &self,
        call: &CallContext,
        (domain, request): (Uuid, Request),
        (kind, cancellable): (JobKind, bool),
        args: P::Args,
    ) -> Result<Job>
    where
        P::Args: Send + Sync + 'static,
    {
        let found = self.found_by_uuid(call, domain).await?;
        let (state, reason) = self.state_of_domain(call, found.clone()).await?;
        virt_core::domain::machine::Machine::at(state, reason).admit(request)?;
        let session = self.another_session(call).await?;
        let (worker, job) = self.jobs.begin(objects::domain_ref(&found), kind, cancellable)?;
        let (begun, answer) = oneshot::channel();
        let link = Arc::clone(&self.link);
        self.background
            .spawn(carry_out::<P>(link, session, (domain, args), worker, begun));
        let answer = call.bound(Outcome::Unknown, async {
            answer.await.map_err(|_gone| {
                Error::new(ErrorKind::ConnectionLost, "the connection was closed")
                    .with_outcome(Outcome::Unknown)
            })?
        });
        answer.await.map(|()| job)
    }

    /// Another session with the same daemon: for long work, and for what moves much data. It ends with its last clone.
    pub(super) async fn another_session(&self, call: &CallContext) -> Result<Session> {
        self.link.session_for_reading(call).await?;
        dial::dial(&self.request, call).await
    }

    /// The daemon overwrites what is there. On this machine that can be seen; on another it can't.
    pub(super) async fn refuse_existing_file(&self, path: &str) -> Result<()> {
        if !self.is_on_this_machine() || self.request.host.files().stat(path).await?.is_none() {
            return Ok(());
        }
        let there = Error::new(ErrorKind::AlreadyExists, "there is a file already");
        Err(there.with_subject(Subject::Path(path.to_owned())))
    }

    /// Whether the daemon is on this machine.
    pub(super) fn is_on_this_machine(&self) -> bool {
        matches!(Way::of(&self.request.uri), Ok(Way::Unix))
    }
}

/// Makes the call and watches it; tells once the daemon works on it.
async fn carry_out<P: Procedure>(
    link: Arc<Link>,
    session: Session,
    (domain, args): (Uuid, P::Args),
    worker: JobWorker,
    begun: oneshot::Sender<Result<()>>,
) {
    let work = session.connection().call::<P>(&args, Instant::now() + FOR_EVER);
    let mut work = std::pin::pin!(work);
    let mut begun = Some(begun);
    let mut pause = ASK_SOON;
    let ended = loop {
        tokio::select! {
            ended = &mut work => break ended,
            () = worker.cancelled() => abort(&link, domain).await,
            () = tokio::time::sleep(pause) => {
                if is_at_work(&link, domain, &worker).await && let Some(begun) = begun.take() {
                    // Whoever has gone away has: the work goes on.
                    let _gone = begun.send(Ok(()));
                }
                pause = pause.saturating_mul(2).min(ASK_AGAIN);
            }
        }
    };
    let ended: Result<()> = ended.map(drop).map_err(Error::from);
    let ended = match begun.take() {
        // Refused before it began: the caller is told, and there never was a job.
        Some(begun) => match ended {
            Err(error) => {
                let _gone = begun.send(Err(error));
                Err(Error::new(ErrorKind::Cancelled, "it was not begun"))
            }
            Ok(()) => {
                let _gone = begun.send(Ok(()));
                Ok(())
            }
        },
        None => ended,
    };
    worker.finish(ended);
}

/// Whether the daemon works on it; reports how far it is.
async fn is_at_work(link: &Link, domain: Uuid, worker: &JobWorker) -> bool {
    match job_stats(link, &question(), domain, 0).await {
        Ok(stats) if stats.type_ != NONE => {
            report(worker, &stats);
            true
        }
        _ => false,
    }
}

/// Follows the job of somebody else to its end.
async fn follow(link: &Link, domain: Uuid, worker: &JobWorker) -> Result<()> {
    loop {
        tokio::select! {
            () = worker.cancelled() => abort(link, domain).await,
            () = tokio::time::sleep(ASK_AGAIN) => {
                let stats = job_stats(link, &question(), domain, 0).await?;
                if stats.type_ == NONE {
                    break;
                }
                report(worker, &stats);
            }
        }
    }
    let last = job_stats(link, &question(), domain, OF_THE_LAST | KEEP_THEM).await;
    match last.map(|stats| stats.type_) {
        Ok(COMPLETED) => Ok(()),
        Ok(CANCELLED) => Err(Error::new(ErrorKind::Cancelled, "the job was cancelled")),
        _ => Err(Error::new(
            ErrorKind::Failed,
            "the job is over, and the daemon does not tell how it ended",
        )
        .with_outcome(Outcome::Unknown)),
    }
}

fn report(worker: &JobWorker, stats: &DomainGetJobStatsRet) {
    worker.report_statistics(job_statistics::of(params::told(&stats.params)));
}

async fn abort(link: &Link, domain: Uuid) {
    let args = DomainAbortJobArgs {
        dom: objects::domain(domain),
    };
    // Refused where it is over already: that is told by its end.
    let _asked = link.call::<DomainAbortJob>(&question(), &args).await;
}

async fn job_stats(
    link: &Link,
    call: &CallContext,
    domain: Uuid,
    flags: u32,
) -> RpcResult<DomainGetJobStatsRet> {
    let args = DomainGetJobStatsArgs {
        dom: objects::domain(domain),
        flags,
    };
    link.call::<DomainGetJobStats>(call, &args).await
}

fn question() -> CallContext {
    CallContext::new("job", CallClass::Query, ANSWER)
}
