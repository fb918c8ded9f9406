//! Long work as an object: progress, waiting, cancelling, and the result kept.

mod statistics;

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::{Notify, watch};

pub use statistics::{CompressionStatistics, JobStatistics, MemoryPages, Transfer};

use crate::domain::DomainRef;
use crate::error::{Error, ErrorKind, Outcome, Result, Subject};

/// What a job does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum JobKind {
    /// Writes a core dump.
    CoreDump,
    /// Starts a domain.
    Start,
    /// Saves a domain.
    Save,
    /// Restores a saved domain.
    Restore,
    /// Moves a domain to another machine.
    Migration,
    /// Takes in a domain from another machine.
    IncomingMigration,
    /// Makes a snapshot.
    Snapshot,
    /// Takes a domain back to a snapshot.
    SnapshotRevert,
    /// Deletes a snapshot.
    SnapshotDelete,
    /// Makes a backup.
    Backup,
    /// Something the hypervisor has no word for.
    Unknown,
}

/// Where a job is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum JobState {
    /// It is being worked on.
    Running,
    /// It is done.
    Completed,
    /// It failed; [`Job::wait`] says why.
    Failed,
    /// It was cancelled.
    Cancelled,
}

/// How far a job is.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct JobProgress {
    /// Where it is.
    pub state: JobState,
    /// Bytes done.
    pub done_bytes: u64,
    /// Bytes all in all, where known.
    pub total_bytes: Option<u64>,
    /// How long it has been, or was, working.
    pub elapsed: Duration,
    /// All figures the hypervisor gives, where it gives any.
    pub statistics: Option<Arc<JobStatistics>>,
}

#[derive(Debug)]
struct Status {
    progress: JobProgress,
    failure: Option<Failure>,
}

#[derive(Debug, Clone)]
struct Failure {
    kind: ErrorKind,
    message: Cow<'static, str>,
    outcome: Outcome,
    cause: Arc<Error>,
}

/// A job that was begun. Cloning gives another handle; dropping the last one detaches: the job goes on.
#[derive(Clone)]
pub struct Job {
    kind: JobKind,
    domain: DomainRef,
    status: watch::Receiver<Status>,
    cancel: Option<Arc<Notify>>,
}

impl Job {
    /// What it does.
    #[must_use]
    pub fn kind(&self) -> JobKind {
        self.kind
    }

    /// Whose job it is.
    #[must_use]
    pub fn domain(&self) -> &DomainRef {
        &self.domain
    }

    /// How far it is, as last heard of.
    #[must_use]
    pub fn progress(&self) -> JobProgress {
        self.status.borrow().progress.clone()
    }

    /// Waits until there is progress, or the end. Cancel-safe.
    pub async fn progressed(&mut self) -> JobProgress {
        // An error means that the worker is gone: then what was last heard of is final.
        let _ended = self.status.changed().await;
        self.progress()
    }

    /// Waits for the end, without a deadline. Any number of handles may wait, also after the end. Cancel-safe: the job
    /// goes on.
    ///
    /// # Errors
    /// `Cancelled`, or why it failed.
    pub async fn wait(&self) -> Result<()> {
        let mut status = self.status.clone();
        let ended = status
            .wait_for(|status| status.progress.state != JobState::Running)
            .await;
        let about = |error: Error| {
            error
                .with_operation("job")
                .with_subject(Subject::Domain(self.domain.name.clone()))
        };
        match ended {
            // It says how it has ended before it goes, in every case.
            Err(_) => Err(about(worker_gone())),
            Ok(status) => match (status.progress.state, &status.failure) {
                (JobState::Completed, _) => Ok(()),
                (_, Some(failure)) => Err(about(
                    Error::new(failure.kind, failure.message.clone())
                        .with_outcome(failure.outcome)
                        .with_source(SharedCause(Arc::clone(&failure.cause))),
                )),
                _ => Err(about(Error::new(ErrorKind::Cancelled, "the job was cancelled"))),
            },
        }
    }

    /// Asks for the end: returns at once, [`Job::wait`] tells when it is over. Again, or after the end: nothing.
    ///
    /// # Errors
    /// `Unsupported` for jobs the hypervisor can't stop.
    pub fn cancel(&self) -> Result<()> {
        match &self.cancel {
            Some(cancel) => {
                cancel.notify_one();
                Ok(())
            }
            None => Err(Error::unsupported("the hypervisor cannot cancel this job").with_operation("cancel")),
        }
    }
}

impl fmt::Debug for Job {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Job")
            .field("kind", &self.kind)
            .field("domain", &self.domain.name)
            .finish_non_exhaustive()
    }
}

fn worker_gone() -> Error {
    let message = "the manager that worked on the job is gone";
    Error::new(ErrorKind::ConnectionLost, message).with_outcome(Outcome::Unknown)
}

#[derive(Debug)]
struct SharedCause(Arc<Error>);

impl fmt::Display for SharedCause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for SharedCause {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.source()
    }
}

/// The driver's end of a job: reports progress and the end. Dropped before the end, the job counts as lost.
#[derive(Debug)]
pub struct JobWorker {
    status: watch::Sender<Status>,
    cancel: Arc<Notify>,
    started: Instant,
}

impl JobWorker {
    /// Begins a job: the worker's end, and the handle for users. `cancellable` says whether the hypervisor can stop it.
    #[must_use]
    pub fn begin(kind: JobKind, domain: DomainRef, cancellable: bool) -> (Self, Job) {
        let progress = JobProgress {
            state: JobState::Running,
            done_bytes: 0,
            total_bytes: None,
            elapsed: Duration::ZERO,
            statistics: None,
        };
        let (sender, status) = watch::channel(Status {
            progress,
            failure: None,
        });
        let cancel = Arc::new(Notify::new());
        let job = Job {
            kind,
            domain,
            status,
            cancel: cancellable.then(|| Arc::clone(&cancel)),
        };
        (
            Self {
                status: sender,
                cancel,
                started: Instant::now(),
            },
            job,
        )
    }

    /// Waits until somebody asks for the end. Cancel-safe.
    pub async fn cancelled(&self) {
        self.cancel.notified().await;
    }

    /// Reports how far it is.
    pub fn report(&self, done_bytes: u64, total_bytes: Option<u64>) {
        let elapsed = self.started.elapsed();
        self.status.send_modify(|status| {
            status.progress.done_bytes = done_bytes;
            status.progress.total_bytes = total_bytes;
            status.progress.elapsed = elapsed;
        });
    }

    /// Reports how far it is, in all figures the hypervisor gives.
    pub fn report_statistics(&self, statistics: JobStatistics) {
        let (done_bytes, total_bytes) = statistics.bytes();
        let elapsed = statistics.elapsed.unwrap_or_else(|| self.started.elapsed());
        let statistics = Arc::new(statistics);
        self.status.send_modify(|status| {
            status.progress.done_bytes = done_bytes;
            status.progress.total_bytes = total_bytes;
            status.progress.elapsed = elapsed;
            status.progress.statistics = Some(statistics);
        });
    }

    /// Reports the end; an error of kind `Cancelled` counts as cancelled.
    pub fn finish(self, result: Result<()>) {
        self.end(result);
    }

    fn end(&self, result: Result<()>) {
        let elapsed = self.started.elapsed();
        self.status.send_modify(|status| {
            status.progress.elapsed = elapsed;
            match result {
                Ok(()) => {
                    status.progress.state = JobState::Completed;
                    if let Some(total) = status.progress.total_bytes {
                        status.progress.done_bytes = total;
                    }
                }
                Err(error) if error.kind() == ErrorKind::Cancelled => {
                    status.progress.state = JobState::Cancelled
                }
                Err(error) => {
                    status.progress.state = JobState::Failed;
                    status.failure = Some(Failure {
                        kind: error.kind(),
                        message: Cow::Owned(error.message().to_owned()),
                        outcome: error.outcome(),
                        cause: Arc::new(error),
                    });
                }
            }
        });
    }
}

impl Drop for JobWorker {
    fn drop(&mut self) {
        let runs = self.status.borrow().progress.state == JobState::Running;
        if runs {
            self.end(Err(worker_gone()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn begin(cancellable: bool) -> (JobWorker, Job) {
        JobWorker::begin(
            JobKind::CoreDump,
            DomainRef::new(uuid::Uuid::nil(), "web"),
            cancellable,
        )
    }

    #[tokio::test]
    async fn the_result_is_kept_for_every_waiter_and_after_the_end() {
        let (worker, job) = begin(false);
        worker.report(5, Some(10));
        assert_eq!(job.progress().done_bytes, 5);
        worker.finish(Err(
            Error::new(ErrorKind::ResourceExhausted, "no space left").with_outcome(Outcome::NotApplied)
        ));
        for _ in 0..2 {
            let error = job.clone().wait().await.unwrap_err();
            assert_eq!(
                (error.kind(), error.message()),
                (ErrorKind::ResourceExhausted, "no space left")
            );
        }
        assert_eq!(job.cancel().unwrap_err().kind(), ErrorKind::Unsupported);
    }

    #[tokio::test]
    async fn cancelling_reaches_the_worker_and_the_waiter() {
        let (worker, job) = begin(true);
        job.cancel().unwrap();
        worker.cancelled().await;
        worker.finish(Err(Error::new(ErrorKind::Cancelled, "")));
        assert_eq!(job.wait().await.unwrap_err().kind(), ErrorKind::Cancelled);
        assert_eq!(job.progress().state, JobState::Cancelled);
    }

    #[tokio::test]
    async fn a_lost_worker_is_no_hang() {
        let (worker, job) = begin(true);
        drop(worker);
        assert_eq!(job.wait().await.unwrap_err().outcome(), Outcome::Unknown);
        // Who follows its progress sees an end, too.
        assert_eq!(job.progress().state, JobState::Failed);
    }
}
