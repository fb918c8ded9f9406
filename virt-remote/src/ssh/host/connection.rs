//! The current login, and the way back to one when it is lost.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use futures::FutureExt;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use virt_core::host::ProcessIdentity;
use virt_core::{Error, ErrorKind, Outcome, Result, Subject};

use super::HostOptions;
use super::answer::End;
use super::error::lost;
use super::far::{Rise, fresh_word};
use super::lease::{LeaseState, told};
use super::login::{Login, Pulse};
use super::pool::Abandoned;
use super::quote::Call;
use super::session::Launch;
use super::worker::Request;
use crate::ssh::link::Dialer;

/// How long a call waits for a lost link to be brought back.
const PATIENCE: Duration = Duration::from_secs(10);

/// The pauses between attempts to log in again.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// The pause after an attempt that got through, and found what can't be worked with: that seldom passes by itself, and
/// attempts may be counted there.
const LONG_PAUSE: Duration = Duration::from_secs(60);

/// How long the owner of a lease that was lost is waited for to let go of it, before others may work again.
const FAREWELL: Duration = Duration::from_secs(5);

/// How long what an earlier login left on the far machine may take to end by itself, in tenths of a second.
const REMAINS_TENTHS: u64 = 30;

/// The current login, if there is one.
#[derive(Debug, Clone)]
enum State {
    Up(Arc<Login>),
    Down,
    /// The machine does not let us in any more.
    Refused(Arc<Error>),
    Closed,
}

/// A machine's logins, one after the other.
#[derive(Debug)]
pub(super) struct Connection {
    dialer: Arc<dyn Dialer>,
    options: HostOptions,
    launch: Mutex<Launch>,
    state: watch::Sender<State>,
    leases: Mutex<Vec<Weak<LeaseState>>>,
    /// How many leases were lost before the current login stood.
    lost_leases: AtomicU64,
    /// What the tags of all logins begin with.
    tag: String,
    attempts: AtomicU64,
    /// Keeps a login until this is closed.
    keeper: tokio::sync::Mutex<Option<JoinHandle<()>>>,
}

impl Connection {
    /// The first login.
    ///
    /// # Errors
    /// As [`Dialer::dial`] and [`Login::begin`].
    pub(super) async fn open(dialer: Arc<dyn Dialer>, options: HostOptions) -> Result<Arc<Self>> {
        let launch = Launch {
            host: dialer.name().to_owned(),
            user: dialer.user().map(str::to_owned),
            shell: options.shell.clone(),
            rise: if options.sudo { Rise::Sudo } else { Rise::No },
            fence: Arc::default(),
            unfinished: Arc::default(),
            tag: String::new(),
        };
        let connection = Arc::new(Self {
            dialer,
            options,
            launch: Mutex::new(launch),
            state: watch::Sender::new(State::Down),
            leases: Mutex::default(),
            lost_leases: AtomicU64::new(0),
            tag: fresh_word(),
            attempts: AtomicU64::new(1),
            keeper: tokio::sync::Mutex::default(),
        });
        let (login, pulse) = connection.log_in((1, Vec::new())).await?;
        connection.state.send_replace(State::Up(Arc::clone(&login)));
        let keeper = tokio::spawn(Arc::clone(&connection).keep(login, pulse));
        *connection.keeper.lock().await = Some(keeper);
        Ok(connection)
    }

    /// The machine, as users know it.
    pub(super) fn name(&self) -> &str {
        self.dialer.name()
    }

    /// The login to work with; a lost one is waited for up to ten seconds.
    ///
    /// # Errors
    /// `ConnectionLost` when there is none by then, or when a lease was lost meanwhile: what was asked for under it must
    /// not be done any more; `AuthenticationFailed` when the machine does not let us in any
    /// more.
    pub(super) async fn login(&self) -> Result<Arc<Login>> {
        let lost_leases = self.lost_leases.load(Ordering::Acquire);
        let mut state = self.state.subscribe();
        // What is lost already may not have been noted yet.
        let decided = state.wait_for(|state| match state {
            State::Up(login) => login.link.lost().now_or_never().is_none(),
            State::Down => false,
            State::Refused(_) | State::Closed => true,
        });
        let state = match tokio::time::timeout(PATIENCE, decided).await {
            Ok(Ok(state)) => state.clone(),
            _ => State::Down,
        };
        match state {
            State::Up(login) if self.lost_leases.load(Ordering::Acquire) == lost_leases => Ok(login),
            State::Refused(error) => Err(Error::new(
                error.kind(),
                format!("the machine did not let us in again: {error}"),
            )
            .with_subject(Subject::Host(self.name().to_owned()))),
            State::Up(_) | State::Down | State::Closed => Err(lost(self.name(), Outcome::NotApplied)),
        }
    }

    /// Whether this login is the current one, as far as is known.
    pub(super) fn is_up(&self, generation: u64) -> bool {
        matches!(&*self.state.borrow(), State::Up(login) if login.generation == generation)
    }

    /// Has a lease taken again by every later login.
    pub(super) fn remember(&self, lease: &Arc<LeaseState>) {
        let mut leases = self.leases.lock().unwrap_or_else(PoisonError::into_inner);
        leases.retain(|lease| lease.strong_count() > 0);
        leases.push(Arc::downgrade(lease));
    }

    /// Ends it: nothing is brought back any more.
    pub(super) fn close(&self) {
        self.state.send_replace(State::Closed);
    }

    /// Waits until nothing is left of it, once it is [`close`](Self::close)d. Cancel-safe.
    pub(super) async fn ended(&self) {
        let mut keeper = self.keeper.lock().await;
        if let Some(task) = keeper.as_mut() {
            if let Err(error) = task.await {
                tracing::debug!(host = self.name(), %error, "a login was not ended in order");
            }
            *keeper = None;
        }
    }

    async fn log_in(&self, after: (u64, Vec<ProcessIdentity>)) -> Result<(Arc<Login>, Pulse)> {
        let link = self.dialer.dial().await?;
        let mut launch = self.launch().clone();
        launch.tag = format!("{}-{}-", self.tag, self.attempts.fetch_add(1, Ordering::Relaxed));
        let begun = Login::begin(Arc::clone(&link), &mut launch, &self.options.credentials, after).await;
        match begun {
            Ok((login, pulse)) => {
                *self.launch() = launch;
                Ok((Arc::new(login), pulse))
            }
            Err(error) => {
                link.close().await;
                Err(error)
            }
        }
    }

    fn launch(&self) -> std::sync::MutexGuard<'_, Launch> {
        self.launch.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps a login until this is closed.
    async fn keep(self: Arc<Self>, mut login: Arc<Login>, mut pulse: Pulse) {
        let mut closed = self.state.subscribe();
        loop {
            tokio::select! {
                () = login.link.lost() => {}
                () = pulse.stopped() => tracing::warn!(host = self.name(), "the far side does not answer any more"),
                () = is_closed(&mut closed) => {
                    login.give_up();
                    login.link.close().await;
                    return;
                }
            }
            self.note(State::Down);
            login.give_up();
            login.link.close().await;
            let (generation, left) = (login.generation, login.launch.fence.processes());
            drop(login);
            let again = tokio::select! {
                again = self.log_in_again((generation + 1, left)) => again,
                () = is_closed(&mut closed) => return,
            };
            match again {
                Ok((next, its_pulse)) => {
                    self.note(State::Up(Arc::clone(&next)));
                    (login, pulse) = (next, its_pulse);
                }
                Err(error) => {
                    tracing::error!(host = self.name(), %error, "cannot log in again");
                    self.lose_leases(&error);
                    self.note(State::Refused(Arc::new(error)));
                    return;
                }
            }
        }
    }

    /// Changes the state, unless it is closed.
    fn note(&self, next: State) {
        self.state.send_if_modified(|state| {
            let open = !matches!(state, State::Closed);
            if open {
                *state = next;
            }
            open
        });
    }

    /// Logs in until it succeeds, or the machine refuses us. The leases are taken again before anybody learns of it.
    async fn log_in_again(&self, mut after: (u64, Vec<ProcessIdentity>)) -> Result<(Arc<Login>, Pulse)> {
        let mut pause = FIRST_PAUSE;
        loop {
            match self.log_in(after.clone()).await {
                Ok((login, mut pulse)) => {
                    let stands = tokio::select! {
                        settled = self.settle(&login) => settled,
                        () = pulse.stopped() => false,
                        () = login.link.lost() => false,
                    };
                    if stands {
                        tracing::info!(
                            host = self.name(),
                            generation = login.generation,
                            "logged in again"
                        );
                        return Ok((login, pulse));
                    }
                    // Lost again in the midst of it.
                    login.link.close().await;
                    after.1.extend(login.launch.fence.processes());
                }
                Err(error) if error.kind() == ErrorKind::AuthenticationFailed => return Err(error),
                Err(error) if error.kind() == ErrorKind::Denied && self.knows_password() => {
                    return Err(error);
                }
                Err(error) => {
                    tracing::debug!(host = self.name(), %error, "cannot log in again yet");
                    let is_lasting = matches!(
                        error.kind(),
                        ErrorKind::Denied
                            | ErrorKind::Unsupported
                            | ErrorKind::InvalidArgument
                            | ErrorKind::InvalidConfig
                    );
                    if is_lasting {
                        pause = LONG_PAUSE;
                    }
                }
            }
            pause = self.rest(pause).await;
        }
    }

    /// Ends what is left of earlier logins, and takes the leases again. Whether that could be done.
    async fn settle(&self, login: &Arc<Login>) -> bool {
        if let Err(error) = self.end_remains(login).await {
            tracing::debug!(host = self.name(), %error, "cannot end what an earlier login left");
            return false;
        }
        self.take_leases_again(login).await;
        true
    }

    /// Whether `sudo` was given a password before: where it refuses us then, further attempts may lock the account.
    fn knows_password(&self) -> bool {
        matches!(self.launch().rise, Rise::SudoWith(_))
    }

    /// Takes the leases again that are still wanted. Those who hold one that is lost learn of it first: what they asked
    /// for meanwhile is refused.
    async fn take_leases_again(&self, login: &Arc<Login>) {
        let leases: Vec<_> = {
            let leases = self.leases.lock().unwrap_or_else(PoisonError::into_inner);
            let wanted = leases.iter().filter_map(Weak::upgrade);
            wanted.filter(|lease| !lease.is_over()).collect()
        };
        futures::future::join_all(leases.iter().map(|lease| lease.take_again(login))).await;
        let lost: Vec<_> = leases.iter().filter(|lease| lease.is_lost()).collect();
        if lost.is_empty() {
            return;
        }
        let dropped = futures::future::join_all(lost.iter().map(|lease| lease.dropped()));
        if tokio::time::timeout(FAREWELL, dropped).await.is_err() {
            tracing::warn!(host = self.name(), "a lost lease is still in somebody's hands");
        }
        self.lost_leases.fetch_add(1, Ordering::AcqRel);
    }

    /// Pauses, and tells how long the next pause is.
    async fn rest(&self, pause: Duration) -> Duration {
        tokio::time::sleep(jittered(pause)).await;
        (pause * 2).min(LONGEST_PAUSE)
    }

    /// Waits until nothing is left of earlier logins that could still change the machine, and ends what does not end by
    /// itself: nothing is written behind the back of those who look now. Programs that were spawned go on. What writes that
    /// were cut have left is removed then.
    async fn end_remains(&self, login: &Login) -> Result<()> {
        let call = Call::new("fence").arg(&self.tag)?.arg(&login.launch.tag)?;
        let mut request = Request::new(false);
        request.push(&call.number(REMAINS_TENTHS), None);
        let unfinished = login.launch.unfinished.all();
        for file in &unfinished {
            request.push(&Call::new("f_remove").arg(file)?, None);
        }
        let answers = login.pool.ask(request, Abandoned::Finishes).await?;
        if let Some(left) = answers.first().and_then(|answer| answer.field("left")) {
            tracing::warn!(
                host = self.name(),
                processes = left,
                "an earlier login's shells cannot be ended"
            );
        }
        for (file, removed) in unfinished.iter().zip(answers.iter().skip(1)) {
            if let End::Failed(said) = &removed.end {
                tracing::warn!(
                    host = self.name(),
                    file,
                    said,
                    "what a write left cannot be removed"
                );
            }
        }
        login.launch.unfinished.done(&unfinished);
        Ok(())
    }

    fn lose_leases(&self, because: &Error) {
        let why = format!("the machine did not let us in again: {}", told(because));
        let leases = self.leases.lock().unwrap_or_else(PoisonError::into_inner);
        leases
            .iter()
            .filter_map(Weak::upgrade)
            .for_each(|lease| lease.lose(&why));
    }
}

async fn is_closed(state: &mut watch::Receiver<State>) {
    // An error says that the sender is gone: closed as well.
    let _ = state
        .wait_for(|state| matches!(state, State::Closed))
        .await
        .is_ok();
}

/// Between three quarters of a pause and all of it, so that many do not come back at once.
fn jittered(pause: Duration) -> Duration {
    let random = RandomState::new().build_hasher().finish() % 256;
    let part = u32::try_from(random).unwrap_or(0);
    pause - pause / 1024 * part
}
