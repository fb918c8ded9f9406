//! The far shells of one login: as many as are needed at a time, up to four.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{Semaphore, oneshot, watch};
use virt_core::host::ProcessIdentity;
use virt_core::{Error, ErrorKind, Outcome, Result};

use super::answer::Answer;
use super::error::lost;
use super::quote::Call;
use super::session::Launch;
use super::worker::{Request, Worker};
use crate::ssh::link::Link;

/// How many there are at most: sshd allows ten sessions to a connection, and others need some.
const MOST: usize = 4;

/// The far shells of one login.
#[derive(Debug)]
pub(super) struct Pool {
    link: Arc<dyn Link>,
    launch: Launch,
    idle: Mutex<Vec<Worker>>,
    places: Arc<Semaphore>,
    round_trips: AtomicU64,
}

/// What becomes of a request when nobody waits for it any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Abandoned {
    /// It goes on to its end.
    Finishes,
    /// The program it runs is killed.
    Kills,
}

impl Pool {
    /// A pool with one shell.
    pub(super) fn new(link: Arc<dyn Link>, launch: Launch, first: Worker) -> Self {
        Self {
            link,
            launch,
            idle: Mutex::new(vec![first]),
            places: Arc::new(Semaphore::new(MOST)),
            round_trips: AtomicU64::new(0),
        }
    }

    /// How many requests were made.
    #[cfg_attr(not(test), expect(dead_code, reason = "tests and measurements ask"))]
    pub(super) fn round_trips(&self) -> u64 {
        self.round_trips.load(Ordering::Relaxed)
    }

    /// Asks one of them.
    ///
    /// # Errors
    /// `ConnectionLost`, of unknown outcome once it was sent.
    ///
    /// # Cancel safety
    /// As `abandoned` says.
    pub(super) async fn ask(self: &Arc<Self>, request: Request, abandoned: Abandoned) -> Result<Vec<Answer>> {
        let place = Arc::clone(&self.places).acquire_owned().await;
        let place = place.map_err(|_| lost(&self.launch.host, Outcome::NotApplied))?;
        let worker = self.worker().await?;
        let (reply, answer) = oneshot::channel();
        let pool = Arc::clone(self);
        tokio::spawn(async move {
            pool.carry(worker, request, (reply, abandoned)).await;
            drop(place);
        });
        let lost_runtime = |_| {
            Error::new(
                ErrorKind::Cancelled,
                "the runtime the connection lives on is ending",
            )
        };
        answer.await.map_err(lost_runtime)?
    }

    async fn carry(
        self: &Arc<Self>,
        mut worker: Worker,
        request: Request,
        caller: (oneshot::Sender<Result<Vec<Answer>>>, Abandoned),
    ) {
        let (mut reply, abandoned) = caller;
        self.round_trips.fetch_add(1, Ordering::Relaxed);
        self.launch.unfinished.begin(request.temporaries());
        let (told, mut program) = watch::channel(None);
        let mut answers = Vec::new();
        let asked = {
            let asking = worker.ask(&request, &told, &mut answers);
            tokio::pin!(asking);
            tokio::select! {
                asked = &mut asking => asked,
                () = reply.closed(), if abandoned == Abandoned::Kills => {
                    tokio::select! {
                        asked = &mut asking => asked,
                        identity = running(&mut program) => {
                            self.kill(identity).await;
                            asking.await
                        }
                    }
                }
            }
        };
        let result = match asked {
            Ok(()) => {
                self.launch.unfinished.done(request.temporaries());
                self.idle().push(worker);
                Ok(answers)
            }
            Err(error) => Err(lost(&self.launch.host, Outcome::Unknown).with_source(error)),
        };
        // Whoever asked may have gone: it is done all the same.
        let _ = reply.send(result);
    }

    /// Kills a program and its group, by a shell beside the one that runs it.
    async fn kill(&self, program: ProcessIdentity) {
        let call = Call::new("p_kill")
            .number(program.pid.into())
            .number(program.start_time);
        let mut request = Request::new(false);
        request.push(&call, None);
        let killed = match self.worker().await {
            Ok(mut worker) => {
                let (told, _) = watch::channel(None);
                let asked = worker.ask(&request, &told, &mut Vec::new()).await;
                if asked.is_ok() {
                    self.idle().push(worker);
                }
                asked.map_err(Error::from)
            }
            Err(error) => Err(error),
        };
        if let Err(error) = killed {
            tracing::warn!(pid = program.pid, %error, "cannot end a far program");
        }
    }

    async fn worker(&self) -> Result<Worker> {
        loop {
            let idle = self.idle().pop();
            match idle {
                Some(mut worker) => {
                    if !worker.ended() {
                        return Ok(worker);
                    }
                }
                None => break,
            }
        }
        let opened = Worker::open(self.link.as_ref(), &self.launch).await;
        opened.map(|(worker, _)| worker)
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<Worker>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The program a request is running, once there is one.
async fn running(program: &mut watch::Receiver<Option<ProcessIdentity>>) -> ProcessIdentity {
    match program.wait_for(Option::is_some).await.map(|found| *found) {
        Ok(Some(identity)) => identity,
        _ => std::future::pending().await,
    }
}
