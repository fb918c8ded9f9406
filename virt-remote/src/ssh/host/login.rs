//! One login: its far shells, and the heart that frees what it held once it is dead.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use virt_core::credentials::{CredentialKind, CredentialRequest, CredentialSource};
use virt_core::host::{ProcScale, ProcessIdentity};
use virt_core::{Error, ErrorKind, Result, Subject};

use super::answer::{self, Answer, End, identity};
use super::far::{Rise, Role};
use super::pool::Pool;
use super::quote::Call;
use super::session::{Launch, Session};
use super::watcher::Watcher;
use super::worker::Worker;
use crate::ssh::link::Link;

/// How often a beat is sent.
pub(super) const BEAT: Duration = Duration::from_secs(4);

/// Without a beat for so long, the far side gives up what it holds for us; without an answer to one for so long, so do
/// we.
pub(super) const SILENCE: Duration = Duration::from_secs(14);

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
    pub(super) sshd: Option<ProcessIdentity>,
    pub(super) watcher: tokio::sync::Mutex<Option<Arc<Watcher>>>,
    streams_forbidden: AtomicBool,
    /// Whether it was given up.
    over: Arc<AtomicBool>,
}

impl Login {
    /// Starts the first shell and the heart; `before` is the sshd of the login that this one follows, and is ended.
    ///
    /// # Errors
    /// As [`Session::open`]; `Unsupported` naming the tools that the far machine lacks.
    pub(super) async fn begin(
        link: Arc<dyn Link>,
        launch: &mut Launch,
        credentials: &CredentialSource,
        (generation, before): (u64, Option<ProcessIdentity>),
    ) -> Result<(Self, Session)> {
        let plain = Launch {
            rise: Rise::No,
            ..launch.clone()
        };
        let shell = first_worker(link.as_ref(), launch, credentials);
        let heart = heart(link.as_ref(), &plain, before);
        let ((worker, greeting), (heart, sshd)) = tokio::try_join!(shell, heart)?;
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
        Ok((login, heart))
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
        match Worker::open(link, launch).await {
            Err(error) if error.kind() == ErrorKind::Denied && attempt < 3 => {
                let mut request = CredentialRequest::new(CredentialKind::Password, launch.host.clone());
                request = request.attempt(attempt);
                let Some(password) = credentials.ask(&request).await? else {
                    return Err(error);
                };
                launch.rise = Rise::SudoWith(password);
                attempt += 1;
            }
            opened => return opened,
        }
    }
}

async fn heart(
    link: &dyn Link,
    launch: &Launch,
    before: Option<ProcessIdentity>,
) -> Result<(Session, Option<ProcessIdentity>)> {
    let call = Call::new("heart MARKER").number(SILENCE.as_secs());
    let call = match before {
        Some(sshd) => call.number(sshd.pid.into()).number(sshd.start_time),
        None => call,
    };
    let mut session = Session::open(link, launch, Role::Heart, call).await?;
    let answer = answer::one(&mut session.reader).await?;
    if let End::Failed(said) = answer.end {
        return Err(Error::new(ErrorKind::Failed, said));
    }
    let sshd = answer.field("sshd").as_deref().and_then(identity);
    Ok((session, sshd))
}

/// Beats until the login is dead: the far side ended, or has not answered for too long.
pub(super) async fn beat(mut heart: Session) {
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
