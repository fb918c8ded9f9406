//! Leading a migration: five steps on two connections, each brought to its end whoever waits.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{OnceCell, oneshot};
use tokio::time::Instant;

use super::{Migration, MigrationOptions, TimeoutAction};
use crate::connection::Connection;
use crate::deadline::{CallClass, CallContext};
use crate::domain::{Domain, DomainRef, DomainState};
use crate::driver::{
    ConnectionDriver, MigrationBegun, MigrationDriver, MigrationFinished, MigrationPrepared, facet,
};
use crate::error::{Error, ErrorKind, Outcome, Result, Subject};
use crate::job::{Job, JobKind, JobWorker};

/// Between two looks at how far it is: at first, and at most.
const FIRST_LOOK: Duration = Duration::from_millis(20);
const LOOK: Duration = Duration::from_millis(500);

/// The facet, or that there is none.
pub(super) fn migration(driver: &dyn ConnectionDriver) -> Result<&dyn MigrationDriver> {
    facet(driver.migration(), "migration")
}

impl Domain {
    /// Moves it to another machine, which this program is connected to as well (`virDomainMigrate3`): returns once it is
    /// under way. The program leads it, and carries it to its end as long as its runtime lives.
    ///
    /// # Errors
    /// Whatever either side has against it before anything moves; the domain is at the source then, as it was.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let here = virt_core::Connection::builder().open("test:///default").await?;
    /// # let there = virt_core::Connection::builder().open("test:///empty").await?;
    /// use virt_core::migration::MigrationOptions;
    /// let domain = here.domain("test").await?;
    /// let options = MigrationOptions::default().persist_destination().undefine_source();
    /// let mut migration = domain.migrate_to(&there, &options).await?;
    /// println!("{} bytes so far", migration.progressed().await.done_bytes);
    /// let moved = migration.wait().await?;
    /// assert_eq!(moved.uuid(), domain.uuid());
    /// assert!(moved.info().await?.state.is_active());
    /// # Ok(())
    /// # }
    /// ```
    pub async fn migrate_to(&self, target: &Connection, options: &MigrationOptions) -> Result<Migration> {
        let begun = self
            .call("migrate_to", CallClass::Change, async |call, _driver| {
                options.check(true)?;
                if target.is_read_only() {
                    return Err(Error::new(
                        ErrorKind::Denied,
                        "the connection to the target is read-only",
                    ));
                }
                let mut leader = Leader {
                    source: self.clone(),
                    target: target.clone(),
                    options: options.clone(),
                };
                migration(leader.source_driver().as_ref())?;
                migration(leader.target_driver().as_ref())?;
                if self.info().await?.state == DomainState::Paused {
                    // The target is to know: a guest that stands still here does so there.
                    leader.options.paused = true;
                }
                let (under_way, answer) = oneshot::channel();
                tokio::spawn(leader.lead(call.clone(), under_way));
                let answer = async { answer.await.unwrap_or_else(|_| Err(gone())) };
                call.bound(Outcome::Unknown, answer).await
            })
            .await?;
        Ok(begun)
    }

    /// Moves it to another machine, which its manager connects to by this URI (`virDomainMigrateToURI3`, peer to peer):
    /// returns once begun, as a job. The program may end meanwhile.
    ///
    /// # Errors
    /// `InvalidArgument` for options that do not go together. Whatever either side has against it, the job's end tells.
    pub async fn migrate_to_uri(&self, uri: &str, options: &MigrationOptions) -> Result<Job> {
        self.call("migrate_to_uri", CallClass::Change, async |_call, driver| {
            options.check(false)?;
            migration(driver.as_ref())?;
            let (worker, job) = JobWorker::begin(JobKind::Migration, self.reference(), true);
            let (domain, uri, options) = (self.clone(), uri.to_owned(), options.clone());
            tokio::spawn(async move {
                let result = {
                    let call = endless("migrate_to_uri");
                    let work = async {
                        let driver = Arc::clone(domain.connection().driver());
                        migration(driver.as_ref())?
                            .perform_to_uri(&call, domain.uuid(), &uri, &options)
                            .await
                    };
                    watched(&domain, &worker, &options, work).await
                };
                worker.finish(result);
            });
            Ok(job)
        })
        .await
    }
}

fn gone() -> Error {
    let message = "what led the migration is gone: its runtime has ended";
    Error::new(ErrorKind::ConnectionLost, message).with_outcome(Outcome::Unknown)
}

/// A call that takes as long as it takes.
fn endless(operation: &'static str) -> CallContext {
    CallContext::new(operation, CallClass::Wait, Duration::MAX)
}

/// Who leads a migration.
struct Leader {
    source: Domain,
    target: Connection,
    options: MigrationOptions,
}

impl Leader {
    fn source_driver(&self) -> Arc<dyn ConnectionDriver> {
        Arc::clone(self.source.connection().driver())
    }

    fn target_driver(&self) -> Arc<dyn ConnectionDriver> {
        Arc::clone(self.target.driver())
    }

    /// Carries it to its end. `under_way` hears once both sides are ready, or why they are not.
    async fn lead(self, call: CallContext, under_way: oneshot::Sender<Result<Migration>>) {
        let begun = match self.begin(&call).await {
            Ok(begun) => begun,
            // Who asked is told, if still there.
            Err(error) => return drop(under_way.send(Err(error))),
        };
        let prepared = match self.prepare(&call, &begun).await {
            Ok(prepared) => prepared,
            Err(error) => {
                let confirmed = self.confirm(&[], true).await;
                log_left_over(
                    confirmed.err().as_ref(),
                    "the source could not be told that nothing comes of it",
                );
                return drop(under_way.send(Err(error)));
            }
        };
        let (worker, job) = JobWorker::begin(JobKind::Migration, self.source.reference(), true);
        let arrived = Arc::new(OnceCell::new());
        let handle = Migration::new(job, self.target.clone(), Arc::clone(&arrived));
        // Nobody listens any more: it goes on all the same.
        drop(under_way.send(Ok(handle)));
        let result = self.move_over(&worker, &begun, &prepared).await;
        worker.finish(result.map(|domain| {
            // The cell is empty: it is filled here only.
            drop(arrived.set(domain));
        }));
    }

    async fn begin(&self, call: &CallContext) -> Result<MigrationBegun> {
        let driver = self.source_driver();
        let call = call.step("migrate_to");
        migration(driver.as_ref())?
            .begin(&call, self.source.uuid(), &self.options)
            .await
    }

    async fn prepare(&self, call: &CallContext, begun: &MigrationBegun) -> Result<MigrationPrepared> {
        let driver = self.target_driver();
        let call = call.step("migrate_to");
        let prepared = migration(driver.as_ref())?
            .prepare(&call, begun, &self.options)
            .await;
        prepared.map_err(|error| error.with_subject(at(&self.target)))
    }

    async fn move_over(
        &self,
        worker: &JobWorker,
        begun: &MigrationBegun,
        prepared: &MigrationPrepared,
    ) -> Result<DomainRef> {
        let performed = match self.options.offline {
            true => Ok(Vec::new()),
            false => {
                let call = endless("migrate_to");
                let work = async {
                    let driver = self.source_driver();
                    migration(driver.as_ref())?
                        .perform(&call, begun, prepared, &self.options)
                        .await
                };
                watched(&self.source, worker, &self.options, work).await
            }
        };
        let (cookie, failed) = match performed {
            Ok(cookie) => (cookie, None),
            Err(error) => (Vec::new(), Some(error)),
        };
        let finished = self.finish(begun, prepared, &cookie, failed.is_some()).await;
        match (failed, finished) {
            (Some(error), finished) => {
                log_left_over(
                    finished.err().as_ref(),
                    "the target could not be told that nothing comes",
                );
                let confirmed = self.confirm(&[], true).await;
                log_left_over(
                    confirmed.err().as_ref(),
                    "the source could not be told that nothing comes of it",
                );
                Err(error)
            }
            (None, Ok(finished)) => match finished.domain {
                Some(domain) => {
                    // The guest runs at the target: what goes wrong at the source now takes nothing of that back.
                    let confirmed = self.confirm(&finished.cookie, false).await;
                    log_left_over(
                        confirmed.err().as_ref(),
                        "the source could not be told that the domain has moved",
                    );
                    Ok(domain)
                }
                None => {
                    self.confirm(&finished.cookie, true).await?;
                    Err(Error::new(
                        ErrorKind::Failed,
                        "the domain did not come up at the target: it goes on at the source",
                    ))
                }
            },
            (None, Err(error)) => self.find_out(begun, error).await,
        }
    }

    /// Finishing failed: whether the guest runs at the target decides what becomes of the source. It must not run twice.
    async fn find_out(&self, begun: &MigrationBegun, error: Error) -> Result<DomainRef> {
        let there = match self.target.domain(begun.domain.uuid).await {
            Ok(domain) => domain
                .info()
                .await
                .map(|info| info.state.is_active().then_some(info.domain)),
            Err(error) => Err(error),
        };
        match there {
            Ok(Some(domain)) => {
                self.confirm(&[], false).await?;
                Ok(domain)
            }
            Err(absent) if absent.kind() != ErrorKind::NotFound => {
                let message = "the target was lost as the guest was to go on there: whether it does cannot be told, \
                               and it is kept paused at the source (once you know: destroy it there, or resume it from a new connection)";
                Err(Error::new(ErrorKind::ConnectionLost, message)
                    .with_outcome(Outcome::Unknown)
                    .with_subject(at(&self.target))
                    .with_source(error))
            }
            Ok(None) | Err(_) => {
                self.confirm(&[], true).await?;
                Err(error.with_subject(at(&self.target)))
            }
        }
    }

    async fn finish(
        &self,
        begun: &MigrationBegun,
        prepared: &MigrationPrepared,
        cookie: &[u8],
        cancelled: bool,
    ) -> Result<MigrationFinished> {
        let call = self.target.call_context("migrate_to", CallClass::Wait);
        let driver = self.target_driver();
        migration(driver.as_ref())?
            .finish(&call, begun, prepared, (cookie, cancelled), &self.options)
            .await
    }

    async fn confirm(&self, cookie: &[u8], cancelled: bool) -> Result<()> {
        let call = self
            .source
            .connection()
            .call_context("migrate_to", CallClass::Wait);
        let driver = self.source_driver();
        migration(driver.as_ref())?
            .confirm(&call, self.source.uuid(), (cookie, cancelled), &self.options)
            .await
    }
}

/// The subject of an error about the target.
fn at(target: &Connection) -> Subject {
    Subject::Connection(target.uri().to_string())
}

/// Nobody can be told of it: the migration itself has another end.
fn log_left_over(error: Option<&Error>, what: &'static str) {
    if let Some(error) = error {
        tracing::warn!(%error, "{what}");
    }
}

/// Carries the moving out: tells how far it is, aborts it when asked to, does what its timeout wants.
async fn watched<T>(
    domain: &Domain,
    worker: &JobWorker,
    options: &MigrationOptions,
    work: impl Future<Output = Result<T>>,
) -> Result<T> {
    let mut work = std::pin::pin!(work);
    let mut pause = FIRST_LOOK;
    let mut set_up = options.max_downtime.is_none();
    let mut late = options.timeout.map(|timeout| Instant::now() + timeout.after);
    let mut cancelled = false;
    loop {
        let timeout = async {
            match late {
                Some(late) => tokio::time::sleep_until(late).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            result = &mut work => return result.map_err(|error| as_cancelled(error, cancelled)),
            () = worker.cancelled() => {
                cancelled = true;
                log_left_over(domain.abort_job().await.err().as_ref(), "a migration could not be aborted");
            }
            () = timeout => {
                late = None;
                let acted = match options.timeout.map(|timeout| timeout.action) {
                    Some(TimeoutAction::Suspend) => domain.suspend().await,
                    Some(TimeoutAction::PostCopy) => domain.start_post_copy().await,
                    Some(TimeoutAction::Abort) | None => {
                        cancelled = true;
                        domain.abort_job().await
                    }
                };
                log_left_over(acted.err().as_ref(), "what a migration's timeout wants could not be done");
            }
            () = tokio::time::sleep(pause) => {
                if let (false, Some(time)) = (set_up, options.max_downtime) {
                    set_up = domain.set_migration_max_downtime(time).await.is_ok();
                }
                if let Ok(Some(statistics)) = domain.job_statistics().await {
                    worker.report_statistics(statistics);
                }
                pause = (pause * 2).min(LOOK);
            }
        }
    }
}

/// What was aborted by us ends as that, whatever words the hypervisor has for it.
fn as_cancelled(error: Error, cancelled: bool) -> Error {
    if !cancelled || error.kind() == ErrorKind::Cancelled {
        return error;
    }
    Error::new(ErrorKind::Cancelled, "the migration was aborted").with_source(error)
}
