//! One login: its far shells, and the heart that frees what it held once it is dead.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::task::JoinHandle;
use virt_core::credentials::{CredentialKind, CredentialRequest, CredentialSource, Secret};
use virt_core::host::{ExitStatus, ProcScale, ProcessIdentity};
use virt_core::{Error, ErrorKind, Outcome, Result, Subject};

use super::answer::{self, Answer, End, identity};
use super::error::lost;
use super::far::{Rise, Role};
use super::pool::Pool;
use super::quote::Call;
use super::session::{Launch, Session, sudo_refused};
use super::watcher::Watcher;
use super::worker::Worker;
use crate::ssh::link::Link;

/// How often a beat is sent.
pub(super) const BEAT: Duration = Duration::from_secs(4);

/// Without a beat for so long, the far side gives up what it holds for us; without an answer to one for so long, so do
/// we.
pub(super) const SILENCE: Duration = Duration::from_secs(14);

/// How long a shell may take to start, and `sudo` to answer.
const START: Duration = Duration::from_secs(30);

/// One login that stands.
#[derive(Debug)]
pub(super) struct Login {
    /// Counts the logins of one host, from 1.
    pub(super) generation: u64,
    pub(super) link: Arc<dyn Link>,
    /// How sessions are started that do our work.
    pub(super) launch: Launch,
    pub(super) pool: Arc<Pool>,
    /// What the first shell said of the machine.
    pub(super) greeting: Answer,
    pub(super) scale: ProcScale,
    /// The far sshd's process that this login hangs on, where it could be found.
    #[cfg_attr(not(test), expect(dead_code, reason = "tests ask"))]
    pub(super) sshd: Option<ProcessIdentity>,
    pub(super) watcher: tokio::sync::Mutex<Option<Arc<Watcher>>>,
    streams_forbidden: AtomicBool,
    /// Whether it was given up.
    over: Arc<AtomicBool>,
}

impl Login {
    /// Starts the first shell and the heart, which beats from then on; of `before`, the processes of
    /// the login that this one follows, those of sshd are ended.
    ///
    /// # Errors
    /// As [`Session::open`]; `Unsupported` naming the tools that the far machine lacks; `ConnectionLost` when it takes
    /// too long.
    pub(super) async fn begin(
        link: Arc<dyn Link>,
        launch: &mut Launch,
        credentials: &CredentialSource,
        (generation, before): (u64, Vec<ProcessIdentity>),
    ) -> Result<(Self, Pulse)> {
        launch.fence = Arc::default();
        let plain = Launch {
            rise: Rise::No,
            ..launch.clone()
        };
        let shell = first_worker(link.as_ref(), launch, credentials);
        let heart = heart(link.as_ref(), &plain, before);
        let ((worker, greeting), (pulse, sshd)) = tokio::try_join!(shell, heart)?;
        if let Some(missing) = greeting.field("missing") {
            let message = format!("lacks tools that a host over SSH needs: {missing}");
            return Err(
                Error::new(ErrorKind::Unsupported, message).with_subject(Subject::Host(launch.host.clone()))
            );
        }
        let number = |name: &str, otherwise| {
            greeting
                .field(name)
                .and_then(|text| text.parse().ok())
                .unwrap_or(otherwise)
        };
        let scale = ProcScale {
            clock_ticks: number("ticks", 100),
            page_size: number("page", 4096),
        };
        link.on_newcomers(Arc::new(launch.clone()));
        let login = Self {
            generation,
            pool: Arc::new(Pool::new(Arc::clone(&link), launch.clone(), worker)),
            launch: launch.clone(),
            link,
            greeting,
            scale,
            sshd,
            watcher: tokio::sync::Mutex::default(),
            streams_forbidden: AtomicBool::new(false),
            over: Arc::default(),
        };
        Ok((login, pulse))
    }

    /// Gives it up: the end of its streams is no end of what they come from.
    pub(super) fn give_up(&self) {
        self.over.store(true, Ordering::Release);
    }

    /// Whether it was given up, for those that outlive it.
    pub(super) fn over(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.over)
    }

    /// Whether sessions run as another user than the one who logged in.
    pub(super) fn is_risen(&self) -> bool {
        !matches!(self.launch.rise, Rise::No)
    }

    /// Whether sshd is known to forbid connections to unix sockets.
    pub(super) fn forbids_streams(&self) -> bool {
        self.streams_forbidden.load(Ordering::Relaxed)
    }

    /// Remembers that sshd forbids connections to unix sockets.
    pub(super) fn note_forbidden_streams(&self) {
        self.streams_forbidden.store(true, Ordering::Relaxed);
    }
}

/// The first shell. Where `sudo` wants a password, it is asked for, and kept in `launch` for those that follow.
async fn first_worker(
    link: &dyn Link,
    launch: &mut Launch,
    credentials: &CredentialSource,
) -> Result<(Worker, Answer)> {
    let mut attempt = 0;
    loop {
        let opened = async {
            try_password(link, launch).await?;
            Worker::open(link, launch).await
        };
        match in_time(&launch.host, opened).await {
            Err(error) if error.kind() == ErrorKind::Denied && attempt < 3 => {
                let mut request = CredentialRequest::new(CredentialKind::Password, launch.host.clone());
                request.user.clone_from(&launch.user);
                request = request.attempt(attempt);
                match credentials.ask(&request).await? {
                    // What was refused just now would be so again, and count as one more attempt.
                    Some(password) if !is_known(&launch.rise, &password) => {
                        launch.rise = Rise::SudoWith(password);
                    }
                    _ => return Err(error),
                }
                attempt += 1;
            }
            opened => return opened,
        }
    }
}

fn is_known(rise: &Rise, password: &Secret) -> bool {
    matches!(rise, Rise::SudoWith(known) if known.expose() == password.expose())
}

/// Has `sudo` say what it thinks of the password, where there is one.
///
/// # Errors
/// `Denied` when it refuses it.
async fn try_password(link: &dyn Link, launch: &Launch) -> Result<()> {
    let Some((line, password)) = launch.rise.trial(&launch.shell) else {
        return Ok(());
    };
    let mut program = link.exec(&line).await?;
    let mut input = password.expose().as_bytes().to_vec();
    input.push(b'\n');
    // A sudo that does not want it may have ended before.
    let sent = program.stdio.write_all(&input).await;
    let ended = program.stdio.shutdown().await;
    tracing::trace!(sent = sent.is_ok(), ended = ended.is_ok(), "a password for sudo");
    let mut said = Vec::new();
    let mut errors = program.stderr.take(4096);
    // How much could be read does not matter: how it ended does.
    drop(errors.read_to_end(&mut said).await);
    match program.end.await {
        Ok(ExitStatus::Code(0)) => Ok(()),
        Ok(status) => Err(sudo_refused(launch, status, &String::from_utf8_lossy(&said))),
        Err(_) => Err(lost(&launch.host, Outcome::NotApplied)),
    }
}

/// Bounds what the start of a login waits for.
async fn in_time<T>(host: &str, starting: impl Future<Output = Result<T>>) -> Result<T> {
    match tokio::time::timeout(START, starting).await {
        Ok(started) => started,
        Err(_) => Err(lost(host, Outcome::NotApplied)),
    }
}

async fn heart(
    link: &dyn Link,
    launch: &Launch,
    before: Vec<ProcessIdentity>,
) -> Result<(Pulse, Option<ProcessIdentity>)> {
    let call = Call::new("heart MARKER").number(SILENCE.as_secs());
    let call = before.iter().fold(call, |call, process| {
        call.number(process.pid.into()).number(process.start_time)
    });
    let opened = async {
        let mut session = Session::open(link, launch, Role::Heart, call).await?;
        let answer = answer::one(&mut session.reader).await?;
        Ok((session, answer))
    };
    let (session, answer) = in_time(&launch.host, opened).await?;
    if let End::Failed(said) = answer.end {
        return Err(Error::new(ErrorKind::Failed, said));
    }
    let sshd = answer.field("sshd").as_deref().and_then(identity);
    Ok((Pulse(tokio::spawn(beat(session))), sshd))
}

/// The beating of a heart. Dropping it ends it.
#[derive(Debug)]
pub(super) struct Pulse(JoinHandle<()>);

impl Pulse {
    /// Waits until the login is dead. Cancel-safe; not to be called again afterwards.
    pub(super) async fn stopped(&mut self) {
        if let Err(error) = (&mut self.0).await {
            tracing::debug!(%error, "a heart stopped beating");
        }
    }
}

impl Drop for Pulse {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Beats until the login is dead: the far side ended, or has not answered for too long.
async fn beat(mut heart: Session) {
    let mut ticks = tokio::time::interval(BEAT);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut answered = tokio::time::Instant::now();
    let mut echo = [0; 16];
    loop {
        tokio::select! {
            _ = ticks.tick() => {
                if answered.elapsed() > SILENCE {
                    return;
                }
                let sent = async {
                    heart.writer.write_all(b".").await?;
                    heart.writer.flush().await
                };
                if !matches!(tokio::time::timeout(BEAT, sent).await, Ok(Ok(())) | Err(_)) {
                    return;
                }
            }
            read = heart.reader.read(&mut echo) => match read {
                Ok(1..) => answered = tokio::time::Instant::now(),
                _ => return,
            },
        }
    }
}
