//! Tasks of a server as jobs: followed to their end whoever waits, and cancelled when asked to.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use virt_core::domain::DomainRef;
use virt_core::job::{Job, JobKind, JobState, JobWorker};
use virt_core::{CallClass, CallContext, Error, ErrorKind, Outcome, Result};

use crate::server::Server;
use crate::task;
use crate::vim::{AnyValue, CancelTask, Fault, ManagedObjectReference};

/// The first pause after the server was lost, and the longest.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);
/// How much a job has to do, in what servers tell of it: per cent.
pub(crate) const ALL: u64 = 100;

/// The jobs that are followed, by their tasks.
#[derive(Debug, Default)]
pub(crate) struct Jobs(Mutex<HashMap<ManagedObjectReference, Job>>);

impl Jobs {
    fn jobs(&self) -> MutexGuard<'_, HashMap<ManagedObjectReference, Job>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The job that a task is, where it is followed already.
    pub(crate) fn of_task(&self, task: &ManagedObjectReference) -> Option<Job> {
        let job = self.jobs().get(task).cloned();
        job.filter(|job| job.progress().state == JobState::Running)
    }
}

/// A task that has begun.
#[derive(Debug)]
pub(crate) struct Begun {
    pub(crate) task: ManagedObjectReference,
    pub(crate) kind: JobKind,
    pub(crate) domain: DomainRef,
    /// Whose questions it may wait for.
    pub(crate) machine: ManagedObjectReference,
}

impl Server {
    /// A task as a job. `after` is done with what became of it before the job ends: how it ends.
    pub(crate) fn job<F>(
        self: &Arc<Self>,
        begun: Begun,
        after: impl FnOnce(Arc<Self>, Result<Option<AnyValue>>) -> F + Send + 'static,
    ) -> Job
    where
        F: Future<Output = Result<()>> + Send + 'static,
    {
        let (worker, job) = JobWorker::begin(begun.kind, begun.domain, true);
        self.jobs.jobs().insert(begun.task.clone(), job.clone());
        let server = Arc::clone(self);
        let (task, machine) = (begun.task, begun.machine);
        let carry_out = async move {
            let ended = server.follow_job(&worker, &task, &machine).await;
            let result = after(Arc::clone(&server), ended).await;
            server.jobs.jobs().remove(&task);
            worker.finish(result);
        };
        tokio::spawn(carry_out);
        job
    }

    async fn follow_job(
        &self,
        worker: &JobWorker,
        task: &ManagedObjectReference,
        machine: &ManagedObjectReference,
    ) -> Result<Option<AnyValue>> {
        let call = endless("job");
        let work = async { Ok(self.to_its_end(worker, task).await) };
        let mut following = std::pin::pin!(self.answering(&call, machine, work, false));
        loop {
            tokio::select! {
                biased;
                ended = &mut following => {
                    // Where a question is in the way, the task has begun: it is not as if nothing had been done.
                    return ended.unwrap_or_else(|error| Err(error.with_outcome(Outcome::Unknown)));
                }
                () = worker.cancelled() => {
                    if let Err(error) = self.cancel(task).await {
                        tracing::warn!(%error, %task, "a task could not be cancelled, and goes on");
                    }
                }
            }
        }
    }

    /// Also when the server is away for a while: the task is not.
    async fn to_its_end(
        &self,
        worker: &JobWorker,
        task: &ManagedObjectReference,
    ) -> Result<Option<AnyValue>> {
        let call = endless("job");
        let mut pause = FIRST_PAUSE;
        loop {
            let hear = |percent| worker.report(u64::from(percent), Some(ALL));
            match task::followed(&self.session, &call, task, hear).await {
                Err(error) if is_of_the_way(&error) && self.is_open() && !self.session.is_over().await => {
                    tracing::debug!(%error, %task, "how far a task is is not heard just now");
                    tokio::time::sleep(pause).await;
                    pause = pause.saturating_mul(2).min(LONGEST_PAUSE);
                }
                ended => return ended,
            }
        }
    }

    /// Has the server end a task before it is done. One that is over already: nothing.
    pub(crate) async fn cancel(&self, task: &ManagedObjectReference) -> Result<()> {
        let call = CallContext::new(
            "abort_job",
            CallClass::Change,
            self.deadlines.of(CallClass::Change),
        );
        let cancel = CancelTask { this: task.clone() };
        match self.act(&call, &cancel).await {
            // Servers forget the tasks that are over.
            Err(error) if matches!(error.kind(), ErrorKind::InvalidState | ErrorKind::NotFound) => Ok(()),
            Err(error) if error.kind() == ErrorKind::Unsupported => Err(Error::unsupported(
                "the server cannot stop this task any more, or never could",
            )
            .with_source(error)),
            cancelled => cancelled,
        }
    }
}

/// Whether not the task failed, but the way to the server.
fn is_of_the_way(error: &Error) -> bool {
    // There is no end to such a call: what takes too long is one answer. And a server that begins anew is busy at first.
    let is_away = matches!(
        error.kind(),
        ErrorKind::ConnectionLost | ErrorKind::Timeout | ErrorKind::Busy
    );
    is_away && error.native::<Fault>().is_none()
}

/// A call that takes as long as it takes.
pub(crate) fn endless(operation: &'static str) -> CallContext {
    CallContext::new(operation, CallClass::Wait, Duration::MAX)
}
