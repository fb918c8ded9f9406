//! A lease on a far machine: the same lock on the same file as that of a manager there, held by a far shell for as long
//! as our beats reach it.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use async_trait::async_trait;
use tokio::io::{AsyncWriteExt, WriteHalf};
use tokio::sync::{oneshot, watch};
use tokio::task::JoinHandle;
use virt_core::host::{ByteStream, Lease, LeaseHolder, LeaseRequest};
use virt_core::{Error, ErrorKind, Result, Subject};

use super::answer::{self, Answer, End};
use super::connection::Connection;
use super::error::{absolute, far_error, not_understood};
use super::far::Role;
use super::login::{BEAT, Login, SILENCE};
use super::quote::Call;
use super::session::Session;

/// How long a lease is tried to be taken again that our own dead login still holds.
const OWN_REMAINS: Duration = Duration::from_secs(18);

/// Takes a lease.
///
/// # Errors
/// `Busy`, naming the holder, when another has it.
pub(super) async fn take(
    connection: &Arc<Connection>,
    path: &str,
    request: LeaseRequest,
) -> Result<Box<dyn Lease>> {
    absolute(path)?;
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
    let session = write_holder(session, &holder, path).await?;
    let state = Arc::new(LeaseState {
        path: path.to_owned(),
        holder: Mutex::new(holder.clone()),
        lost: watch::Sender::new(None),
        given_back: AtomicBool::new(false),
        beating: Mutex::new(None),
        taking: tokio::sync::Mutex::default(),
        connection: Arc::downgrade(connection),
    });
    state.hold(session, login.generation);
    connection.remember(&state);
    Ok(Box::new(FarLease { state, holder }))
}

/// A lease that is held through several logins.
#[derive(Debug)]
pub(super) struct LeaseState {
    path: String,
    holder: Mutex<LeaseHolder>,
    /// Why it was lost.
    lost: watch::Sender<Option<Arc<str>>>,
    given_back: AtomicBool,
    beating: Mutex<Option<Beating>>,
    /// Held while it is taken again, by one at a time.
    taking: tokio::sync::Mutex<()>,
    connection: Weak<Connection>,
}

/// The session that holds the lock, and the task that keeps it alive.
#[derive(Debug)]
struct Beating {
    release: Option<oneshot::Sender<()>>,
    task: JoinHandle<Result<()>>,
    generation: u64,
}

impl Drop for Beating {
    fn drop(&mut self) {
        // The session goes with it, and the far shell ends when its input does.
        self.task.abort();
    }
}

impl LeaseState {
    fn hold(self: &Arc<Self>, session: Session, generation: u64) {
        let (release, released) = oneshot::channel();
        let state = Arc::downgrade(self);
        let task = tokio::spawn(async move {
            let ended = keep_alive(session, released).await;
            if ended.is_err()
                && let Some(state) = state.upgrade()
            {
                // By another task: this one ends when the lease is taken again.
                tokio::spawn(state.end_of_holder(generation));
            }
            ended
        });
        let beating = Beating {
            release: Some(release),
            task,
            generation,
        };
        *self.beating() = Some(beating);
    }

    /// The far holder has ended. Where that was the link's end, the next login takes the lease again; else it is tried
    /// at once.
    async fn end_of_holder(self: Arc<Self>, generation: u64) {
        let Some(connection) = self.connection.upgrade() else {
            return;
        };
        if let Ok(login) = connection.login().await
            && login.generation == generation
            && let Err(error) = self.take_again(&login).await
        {
            tracing::debug!(path = self.path, %error, "a lease is taken again later");
        }
    }

    /// Takes it again in a new login. Where nobody else had it meanwhile it goes on as it was, else it is lost.
    ///
    /// # Errors
    /// `ConnectionLost` when the new login is lost meanwhile: nothing is decided then.
    pub(super) async fn take_again(self: &Arc<Self>, login: &Login) -> Result<()> {
        let _one_at_a_time = self.taking.lock().await;
        let is_held = self
            .beating()
            .as_ref()
            .is_some_and(|beating| beating.generation == login.generation && !beating.task.is_finished());
        if is_held || self.is_over() {
            return Ok(());
        }
        drop(self.beating().take());
        let ours = self.holder().clone();
        let deadline = tokio::time::Instant::now() + OWN_REMAINS;
        loop {
            let locked = match lock(login, &self.path).await {
                Err(error) if error.kind() == ErrorKind::ConnectionLost => return Err(error),
                Err(error) => {
                    self.lose(&format!("it can't be taken again: {}", told(&error)));
                    return Ok(());
                }
                Ok(locked) => locked,
            };
            match locked {
                Locked::Ours(session, found)
                    if same(found.before.as_ref(), &ours) && found.boot_id == ours.boot_id =>
                {
                    let again = LeaseHolder {
                        pid: found.pid,
                        ..ours
                    };
                    let session = write_holder(session, &again, &self.path).await?;
                    *self.holder() = again;
                    if !self.is_over() {
                        self.hold(session, login.generation);
                    }
                    return Ok(());
                }
                Locked::Held(holder)
                    if same(holder.as_ref(), &ours) && tokio::time::Instant::now() < deadline =>
                {
                    // What our dead login left behind gives up soon.
                    tokio::time::sleep(Duration::from_millis(200)).await;
                }
                Locked::Held(Some(holder)) => {
                    self.lose(&format!("no sign of life got through, and {holder} took it"));
                    return Ok(());
                }
                _ => {
                    self.lose("no sign of life got through, and another manager has had it since");
                    return Ok(());
                }
            }
        }
    }

    /// Tells that it is lost, and why.
    pub(super) fn lose(&self, why: &str) {
        self.lost.send_replace(Some(why.into()));
    }

    fn holder(&self) -> std::sync::MutexGuard<'_, LeaseHolder> {
        self.holder.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn beating(&self) -> std::sync::MutexGuard<'_, Option<Beating>> {
        self.beating.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_over(&self) -> bool {
        self.lost.borrow().is_some() || self.given_back.load(Ordering::Acquire)
    }

    /// Takes the beating out, for good.
    fn give_back(&self) -> Option<Beating> {
        self.given_back.store(true, Ordering::Release);
        self.beating().take()
    }
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

/// Beats until the lease is given back, or its session has ended.
async fn keep_alive(session: Session, mut released: oneshot::Receiver<()>) -> Result<()> {
    let Session {
        mut reader,
        mut writer,
        stderr: _stderr,
        end,
    } = session;
    let mut ticks = tokio::time::interval(BEAT);
    let mut rest = Vec::new();
    loop {
        tokio::select! {
            _ = ticks.tick() => send(&mut writer, b".").await?,
            // Dropped without a word: the session is dropped, too.
            _ = &mut released => {
                send(&mut writer, b"q").await?;
                // The lock is free once the far shell has ended.
                let _ = end.await;
                return Ok(());
            }
            read = answer::line(&mut reader, &mut rest) => match read {
                Ok(Some(())) => {}
                _ => return Err(Error::new(ErrorKind::ConnectionLost, "the far holder of the lease has ended")),
            },
        }
    }
}

async fn send(writer: &mut WriteHalf<Box<dyn ByteStream>>, beat: &[u8]) -> Result<()> {
    writer.write_all(beat).await?;
    writer.flush().await?;
    Ok(())
}

/// What was found in the file of a lease that we locked.
struct Found {
    pid: u32,
    boot_id: String,
    before: Option<LeaseHolder>,
}

enum Locked {
    Ours(Session, Found),
    Held(Option<LeaseHolder>),
}

async fn lock(login: &Login, path: &str) -> Result<Locked> {
    let call = Call::new("lease MARKER").arg(path)?.number(SILENCE.as_secs());
    let mut session = Session::open(login.link.as_ref(), &login.launch, Role::Lease, call).await?;
    let answer = answer::one(&mut session.reader).await?;
    if let End::Failed(said) = &answer.end {
        return Err(refused(said, path));
    }
    if answer.first().as_deref() == Some("held") {
        return Ok(Locked::Held(holder_in(&answer.data("held")?)));
    }
    let found = found(&answer)?;
    Ok(Locked::Ours(session, found))
}

fn found(answer: &Answer) -> Result<Found> {
    let pid = answer.field("taken").and_then(|pid| pid.parse().ok());
    let content = answer.sections.last().map(answer::Section::data).transpose()?;
    Ok(Found {
        pid: pid.ok_or_else(|| not_understood("a lease"))?,
        boot_id: answer.field("boot").ok_or_else(|| not_understood("a lease"))?,
        before: holder_in(&content.unwrap_or_default()),
    })
}

/// Who is written into a lease, where that can be understood. What follows it is what a longer one left.
fn holder_in(content: &[u8]) -> Option<LeaseHolder> {
    serde_json::Deserializer::from_slice(content)
        .into_iter()
        .next()?
        .ok()
}

async fn write_holder(mut session: Session, holder: &LeaseHolder, path: &str) -> Result<Session> {
    let mut line = serde_json::to_vec(holder).map_err(|error| {
        Error::new(ErrorKind::Internal, "cannot write who holds a lease").with_source(error)
    })?;
    line.push(b'\n');
    send(&mut session.writer, &line).await?;
    match answer::one(&mut session.reader).await?.end {
        End::Failed(said) => Err(far_error(
            &said,
            "cannot write who holds it",
            Subject::Path(path.to_owned()),
        )),
        _ => Ok(session),
    }
}

fn refused(said: &str, path: &str) -> Error {
    let about = Subject::Path(path.to_owned());
    if let Some(said) = said.strip_prefix("%flock ") {
        let message =
            "cannot lock: flock is missing there, or does not do what util-linux's and busybox's do";
        return far_error(said, message, about);
    }
    if said.starts_with("Too many levels") {
        return Error::new(ErrorKind::Denied, "is a symbolic link, which a lease must not be")
            .with_subject(about)
            .with_source(super::error::FarError::new(said));
    }
    far_error(said, "cannot open the lease", about)
}

fn held(path: &str, holder: Option<&LeaseHolder>) -> Error {
    let message = match holder {
        Some(holder) => format!("held by {holder}: one manager at a time; close that one first"),
        None => "held by another manager that has not said who it is".to_owned(),
    };
    Error::new(ErrorKind::Busy, message).with_subject(Subject::Path(path.to_owned()))
}
