//! A lease on a far machine: the same lock on the same file as that of a manager there, held by a far shell for as long
//! as our beats reach it.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::{oneshot, watch};
use tokio::task::JoinHandle;
use tokio::time::Instant;
use virt_core::host::{Lease, LeaseHolder, LeaseRequest};
use virt_core::{Error, ErrorKind, Outcome, Result, Subject};

use super::connection::Connection;
use super::error::{absolute, lost};
use super::holder::{Holding, Locked, lock};
use super::login::Login;

/// How long a lease is tried to be taken again: longer than our own dead login may still hold it, and than it takes to
/// find out that the new one is dead, too.
const TAKING_AGAIN: Duration = Duration::from_secs(40);

/// The pause between two attempts of that.
const PAUSE: Duration = Duration::from_millis(200);

/// Takes a lease.
///
/// # Errors
/// `Busy`, naming the holder, when another has it.
///
/// # Cancel safety
/// A lease that comes too late is given back.
pub(super) async fn take(
    connection: &Arc<Connection>,
    path: &str,
    request: LeaseRequest,
) -> Result<Box<dyn Lease>> {
    absolute(path)?;
    let (connection, path) = (Arc::clone(connection), path.to_owned());
    // By a task of its own: a session that ends without a word has the far side end the whole login.
    let taken = tokio::spawn(async move { take_now(&connection, &path, request).await });
    let ending = |_| {
        Error::new(
            ErrorKind::Cancelled,
            "the runtime the connection lives on is ending",
        )
    };
    let lease: FarLease = taken.await.map_err(ending)??;
    Ok(Box::new(lease))
}

async fn take_now(connection: &Arc<Connection>, path: &str, request: LeaseRequest) -> Result<FarLease> {
    let login = connection.login().await?;
    let (session, found) = match lock(&login, path).await? {
        Locked::Ours(session, found) => (session, found),
        Locked::Held(holder) => return Err(held(path, holder.as_ref())),
    };
    let holder = LeaseHolder {
        owner: request.owner,
        pid: found.pid,
        boot_id: found.boot_id,
        epoch: found.before.map_or(0, |holder| holder.epoch).saturating_add(1),
    };
    let (holding, failed) = Holding::begin(session, &login, (&holder, path)).await?;
    if let Some(error) = failed {
        holding.give_back(&login).await?;
        return Err(error);
    }
    let state = Arc::new(LeaseState {
        path: path.to_owned(),
        holder: Mutex::new(holder.clone()),
        lost: watch::Sender::new(None),
        dropped: watch::Sender::new(false),
        beating: Mutex::new(None),
    });
    let lease = FarLease {
        state: Arc::clone(&state),
        holder,
    };
    state.hold(holding, &login);
    connection.remember(&state);
    // A login that was lost before this was remembered is followed by one that does not take it again.
    if !connection.is_up(login.generation) {
        return Err(lost(connection.name(), Outcome::NotApplied));
    }
    Ok(lease)
}

/// A lease that is held through several logins.
#[derive(Debug)]
pub(super) struct LeaseState {
    path: String,
    holder: Mutex<LeaseHolder>,
    /// Why it was lost.
    lost: watch::Sender<Option<Arc<str>>>,
    /// Whether its owner has given it back, or let go of it.
    dropped: watch::Sender<bool>,
    beating: Mutex<Option<Beating>>,
}

/// The task that keeps the far holder alive. Dropping it has the task give the lock back.
#[derive(Debug)]
struct Beating {
    release: Option<oneshot::Sender<()>>,
    task: JoinHandle<Result<()>>,
}

impl LeaseState {
    /// Keeps a lock in this login. Where its holder ends without our doing, another manager may have it: the login ends
    /// with it, and the next one finds out.
    fn hold(&self, holding: Holding, login: &Arc<Login>) {
        let (release, released) = oneshot::channel();
        let login = Arc::clone(login);
        let task = tokio::spawn(async move {
            let kept = holding.keep(&login, released).await;
            if let Err(error) = &kept {
                tracing::debug!(host = login.launch.host, %error, "a login ends with the holder of a lease");
                login.link.close().await;
            }
            kept
        });
        let release = Some(release);
        *self.beating() = Some(Beating { release, task });
    }

    /// Takes it again in a new login: then it is held, or lost. Where nobody else had it meanwhile it goes on as it was.
    ///
    /// To be dropped when the new login is lost meanwhile: nothing is decided then.
    pub(super) async fn take_again(&self, login: &Arc<Login>) {
        drop(self.beating().take());
        let deadline = Instant::now() + TAKING_AGAIN;
        let lost = match tokio::time::timeout_at(deadline, self.settle(login, deadline)).await {
            Ok(Ok(())) => return,
            Ok(Err(why)) => why,
            Err(_) => "it can't be taken again: the machine does not answer to that".to_owned(),
        };
        self.lose(&lost);
    }

    /// Takes it again, or says why it is lost.
    async fn settle(&self, login: &Arc<Login>, deadline: Instant) -> Result<(), String> {
        let ours = self.holder().clone();
        loop {
            match self.attempt(login, &ours).await {
                Ok(Attempt::Taken) => return Ok(()),
                // What our dead login left behind gives up soon.
                Ok(Attempt::Held(Some(holder))) if same(Some(&holder), &ours) => {}
                Ok(Attempt::Held(Some(holder))) => {
                    return Err(format!("no sign of life got through, and {holder} took it"));
                }
                Ok(Attempt::Held(None) | Attempt::Changed) => {
                    return Err(
                        "no sign of life got through, and another manager has had it since".to_owned(),
                    );
                }
                // Where it is the link that is lost, so is all of this.
                Err(error)
                    if matches!(
                        error.kind(),
                        ErrorKind::ConnectionLost | ErrorKind::ResourceExhausted
                    ) && Instant::now() + PAUSE < deadline => {}
                Err(error) => return Err(format!("it can't be taken again: {}", told(&error))),
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    async fn attempt(&self, login: &Arc<Login>, ours: &LeaseHolder) -> Result<Attempt> {
        let (session, found) = match lock(login, &self.path).await? {
            Locked::Held(holder) => return Ok(Attempt::Held(holder)),
            Locked::Ours(session, found) => (session, found),
        };
        if !same(found.before.as_ref(), ours) {
            return Ok(Attempt::Changed);
        }
        // The machine may have booted since: then nobody else has had it in that boot, either.
        let again = LeaseHolder {
            pid: found.pid,
            boot_id: found.boot_id,
            ..ours.clone()
        };
        let (holding, failed) = Holding::begin(session, login, (&again, &self.path)).await?;
        if let Some(error) = failed {
            tracing::warn!(path = self.path, %error, "a lease goes on under the number of an old process");
        }
        *self.holder() = again;
        self.hold(holding, login);
        if *self.dropped.borrow() {
            drop(self.beating().take());
        }
        Ok(Attempt::Taken)
    }

    /// Tells that it is lost, and why.
    pub(super) fn lose(&self, why: &str) {
        self.lost.send_replace(Some(why.into()));
    }

    /// Whether it was lost.
    pub(super) fn is_lost(&self) -> bool {
        self.lost.borrow().is_some()
    }

    /// Whether it was lost, or its owner does not have it any more.
    pub(super) fn is_over(&self) -> bool {
        self.is_lost() || *self.dropped.borrow()
    }

    /// Waits until its owner has let go of it.
    pub(super) async fn dropped(&self) {
        // It fails when the sender is gone, which is ours.
        let _ = self
            .dropped
            .subscribe()
            .wait_for(|dropped| *dropped)
            .await
            .is_ok();
    }

    fn holder(&self) -> std::sync::MutexGuard<'_, LeaseHolder> {
        self.holder.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn beating(&self) -> std::sync::MutexGuard<'_, Option<Beating>> {
        self.beating.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes the beating out, for good.
    fn give_back(&self) -> Option<Beating> {
        self.dropped.send_replace(true);
        self.beating().take()
    }
}

/// What came of one attempt to take a lease again.
enum Attempt {
    Taken,
    Held(Option<LeaseHolder>),
    /// Nobody has it now, but somebody had.
    Changed,
}

/// An error with its causes, as one sentence.
pub(super) fn told(error: &Error) -> String {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(next) = cause {
        text.push_str(": ");
        text.push_str(&next.to_string());
        cause = next.source();
    }
    text
}

fn same(found: Option<&LeaseHolder>, ours: &LeaseHolder) -> bool {
    found.is_some_and(|found| found.epoch == ours.epoch && found.owner == ours.owner)
}

#[derive(Debug)]
struct FarLease {
    state: Arc<LeaseState>,
    holder: LeaseHolder,
}

#[async_trait]
impl Lease for FarLease {
    fn holder(&self) -> &LeaseHolder {
        &self.holder
    }

    async fn lost(&self) -> String {
        let mut lost = self.state.lost.subscribe();
        let why = lost
            .wait_for(Option::is_some)
            .await
            .ok()
            .map(|why| why.as_deref().unwrap_or_default().to_owned());
        match why {
            Some(why) => why,
            None => std::future::pending().await,
        }
    }

    async fn release(self: Box<Self>) -> Result<()> {
        let Some(mut beating) = self.state.give_back() else {
            return Ok(());
        };
        if let Some(release) = beating.release.take() {
            // A session that has ended has given it back already.
            let _ = release.send(());
        }
        match (&mut beating.task).await {
            Ok(released) => released,
            Err(_) => Ok(()),
        }
    }
}

impl Drop for FarLease {
    fn drop(&mut self) {
        drop(self.state.give_back());
    }
}

fn held(path: &str, holder: Option<&LeaseHolder>) -> Error {
    let message = match holder {
        Some(holder) => format!("held by {holder}: one manager at a time; close that one first"),
        None => "held by another manager that has not said who it is".to_owned(),
    };
    Error::new(ErrorKind::Busy, message).with_subject(Subject::Path(path.to_owned()))
}
