//! One session of the far machine: a shell that runs a script of ours.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt, BufReader, ReadHalf, WriteHalf};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use virt_core::host::{ByteStream, ExitStatus, ProcessIdentity};
use virt_core::{Error, ErrorKind, Outcome, Result, Subject};

use super::answer;
use super::error::lost;
use super::far::{Rise, Role, fresh_word};
use super::fence::Fence;
use super::quote::Call;
use super::unfinished::Unfinished;
use crate::ssh::link::{FarProgram, Link, Newcomers};

/// How much of the end of standard error is kept.
const STDERR_LIMIT: usize = 64 * 1024;

/// How sessions of one machine are started.
#[derive(Debug, Clone)]
pub(super) struct Launch {
    /// The machine, as users know it.
    pub(super) host: String,
    /// Who logs in, where that is known.
    pub(super) user: Option<String>,
    /// The shell that runs our scripts.
    pub(super) shell: String,
    /// Who they become.
    pub(super) rise: Rise,
    /// What the far side ends before it lets go of a lease.
    pub(super) fence: Arc<Fence>,
    /// What writes may leave that are cut.
    pub(super) unfinished: Arc<Unfinished>,
    /// What is found in the command lines of the login's shells.
    pub(super) tag: String,
}

impl Launch {
    /// Starts a shell that reads its script from its input.
    async fn start(&self, link: &dyn Link, role: Role) -> Result<FarProgram> {
        // A shell that holds a lease is not to be found by it: it ends by itself, and not before it may.
        let tag = if role == Role::Lease { "lease" } else { &self.tag };
        let line = self.rise.line(&self.shell, tag);
        if role.is_bulk() {
            match link.exec_bulk(&line).await {
                Ok(program) => return Ok(program),
                // It may be the login of its own that is refused: then it shares this one.
                Err(error) => tracing::debug!(host = self.host, %error, "no connection for a stream alone"),
            }
        }
        link.exec(&line).await
    }
}

/// A session whose script has begun.
pub(super) struct Session {
    pub(super) reader: BufReader<ReadHalf<Box<dyn ByteStream>>>,
    pub(super) writer: WriteHalf<Box<dyn ByteStream>>,
    pub(super) stderr: Stderr,
    pub(super) end: oneshot::Receiver<ExitStatus>,
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Session")
    }
}

impl Session {
    /// Starts one; `call` is given a word that the script says first. `stderr` takes what comes on standard error.
    ///
    /// # Errors
    /// `ConnectionLost` and `ResourceExhausted` as [`Link::exec`]; `Denied` when `sudo` refuses; `Unsupported` when
    /// the far machine's shell does not do what every shell does.
    pub(super) async fn open(link: &dyn Link, launch: &Launch, role: Role, call: Call) -> Result<Self> {
        let stderr = Stderr::default();
        Self::open_with(link, launch, role, (call, stderr)).await
    }

    /// As [`Session::open`], for a call whose first argument is added here and whose errors go to `said.1`.
    pub(super) async fn open_with(
        link: &dyn Link,
        launch: &Launch,
        role: Role,
        said: (Call, Stderr),
    ) -> Result<Self> {
        let (call, stderr) = said;
        let marker = fresh_word();
        let call = call.as_str().replacen("MARKER", &marker, 1);
        let script = role.script(&format!("enter {marker}\n{call}"));
        let program = tokio::select! {
            program = launch.start(link, role) => program?,
            () = link.lost() => return Err(lost(&launch.host, Outcome::NotApplied)),
        };
        Self::begin(program, launch, (role, &marker, &script), stderr).await
    }

    /// Has a shell that was started run a script, which says a word first.
    async fn begin(
        program: FarProgram,
        launch: &Launch,
        (role, marker, script): (Role, &str, &str),
        mut stderr: Stderr,
    ) -> Result<Self> {
        let FarProgram {
            stdio,
            stderr: errors,
            end,
        } = program;
        stderr.follow(errors);
        let (reader, mut writer) = tokio::io::split(stdio);
        let sent = writer.write_all(&launch.rise.opening(script)).await;
        let mut session = Self {
            reader: BufReader::with_capacity(64 * 1024, reader),
            writer,
            stderr,
            end,
        };
        if sent.is_err() || session.writer.flush().await.is_err() {
            return Err(session.refused(launch).await);
        }
        let Some(place) = session.skip_to(marker).await else {
            return Err(session.refused(launch).await);
        };
        launch.fence.admit(&launch.host, &place.to_be_ended(role)).await?;
        Ok(session)
    }

    /// Skips what the login shell's own files print. Says what the session is on the far side.
    async fn skip_to(&mut self, marker: &str) -> Option<Place> {
        let mut place = Place::default();
        let mut line = Vec::new();
        while let Ok(Some(())) = answer::line(&mut self.reader, &mut line).await {
            match line.strip_prefix(marker.as_bytes()) {
                Some(b"") => return Some(place),
                Some(rest) => place = Place::parse(&String::from_utf8_lossy(rest)),
                None => {}
            }
        }
        None
    }

    /// Why a session ended before it began.
    async fn refused(mut self, launch: &Launch) -> Error {
        let status = (&mut self.end).await.ok();
        self.stderr.finish().await;
        let said = self.stderr.text();
        let said = said.trim();
        let Some(status) = status else {
            return lost(&launch.host, Outcome::NotApplied);
        };
        match &launch.rise {
            Rise::No => {
                let message = format!("{} could not be started ({status}): {said}", launch.shell);
                Error::new(ErrorKind::Unsupported, message).with_subject(Subject::Host(launch.host.clone()))
            }
            Rise::Sudo | Rise::SudoWith(_) => sudo_refused(launch, status, said),
        }
    }
}

/// `sudo` did not let us in.
pub(super) fn sudo_refused(launch: &Launch, status: ExitStatus, said: &str) -> Error {
    let message = format!(
        "sudo refused ({status}): {}; allow this user to run {} by sudo without a password (NOPASSWD in sudoers), or \
         give credentials that answer for its password",
        said.trim(),
        launch.shell
    );
    Error::new(ErrorKind::Denied, message).with_subject(Subject::Host(launch.host.clone()))
}

#[async_trait]
impl Newcomers for Launch {
    fn line(&self) -> String {
        self.rise.line(&self.shell, &self.tag)
    }

    async fn admit(&self, program: FarProgram) -> Result<()> {
        let marker = fresh_word();
        let script = Role::Newcomer.script(&format!("enter {marker}\necho {marker}"));
        let said = (Role::Newcomer, marker.as_str(), script.as_str());
        Session::begin(program, self, said, Stderr::default())
            .await
            .map(drop)
    }
}

/// What a session is on the far side.
#[derive(Debug, Default)]
struct Place {
    shell: Option<ProcessIdentity>,
    /// The process of sshd that it hangs on, where that could be found.
    sshd: Option<ProcessIdentity>,
}

impl Place {
    fn parse(said: &str) -> Self {
        let Some((shell, sshd)) = said.strip_prefix(" at ").and_then(|said| {
            let (pid, rest) = said.split_once(' ')?;
            let (start, sshd) = rest.split_once(' ')?;
            Some((format!("{pid} {start}"), sshd))
        }) else {
            return Self::default();
        };
        Self {
            shell: answer::identity(&shell),
            sshd: answer::identity(sshd),
        }
    }

    /// What has to be gone before another manager may do anything: the process of sshd, which passes on what may be on
    /// its way; and a shell that carries out requests, since it ends what it has begun. Where no sshd is found, each
    /// shell that passes anything on stands for it. Programs are left as they are: what they do is their own.
    fn to_be_ended(&self, role: Role) -> Vec<ProcessIdentity> {
        let shell = match role {
            Role::Worker => self.shell,
            Role::Terminal | Role::Socket if self.sshd.is_none() => self.shell,
            _ => None,
        };
        self.sshd.into_iter().chain(shell).collect()
    }
}

/// What comes on a session's standard error: read all the time, and the end of it kept.
#[derive(Debug)]
pub(super) struct Stderr {
    kept: Arc<Mutex<VecDeque<u8>>>,
    limit: usize,
    keeps_beginning: bool,
    told: Arc<tokio::sync::Notify>,
    task: Option<JoinHandle<()>>,
}

impl Default for Stderr {
    fn default() -> Self {
        Self {
            kept: Arc::default(),
            limit: STDERR_LIMIT,
            keeps_beginning: false,
            told: Arc::default(),
            task: None,
        }
    }
}

impl Stderr {
    fn follow(&mut self, mut errors: Box<dyn AsyncRead + Send + Sync + Unpin>) {
        let (kept, told) = (Arc::clone(&self.kept), Arc::clone(&self.told));
        let (limit, keeps_beginning) = (self.limit, self.keeps_beginning);
        self.task = Some(tokio::spawn(async move {
            let mut chunk = vec![0; 8 * 1024];
            while let Ok(read @ 1..) = errors.read(&mut chunk).await {
                let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
                if keeps_beginning {
                    let room = limit.saturating_sub(kept.len());
                    kept.extend(chunk.iter().take(read.min(room)));
                } else {
                    kept.extend(chunk.iter().take(read));
                    let surplus = kept.len().saturating_sub(limit);
                    kept.drain(..surplus);
                }
                drop(kept);
                told.notify_waiters();
            }
            told.notify_waiters();
        }));
    }

    /// One that keeps the beginning, up to a limit, instead of the end.
    pub(super) fn limited(limit: usize) -> Self {
        let mut stderr = Self::default();
        stderr.limit = limit;
        stderr.keeps_beginning = true;
        stderr
    }

    /// All that came before a word of ours; what is held open by others is not waited for long.
    pub(super) async fn until(&mut self, word: &[u8]) -> Vec<u8> {
        let deadline = tokio::time::Instant::now() + std::time::Duration::from_secs(2);
        loop {
            let told = Arc::clone(&self.told);
            let told = told.notified();
            let mut bytes = self.bytes();
            if let Some(at) = super::program::find(&bytes, word) {
                bytes.truncate(at);
                return bytes;
            }
            let over = self.task.as_ref().is_none_or(JoinHandle::is_finished) || bytes.len() >= self.limit;
            if over || tokio::time::timeout_at(deadline, told).await.is_err() {
                return bytes;
            }
        }
    }

    /// Waits a moment for the rest of it: others may hold it open.
    pub(super) async fn finish(&mut self) {
        if let Some(task) = &mut self.task {
            let limit = std::time::Duration::from_millis(200);
            // Out of time, or over: either way what came is kept.
            let _ = tokio::time::timeout(limit, task).await;
        }
    }

    /// What was kept.
    pub(super) fn bytes(&self) -> Vec<u8> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.iter().copied().collect()
    }

    pub(super) fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes()).into_owned()
    }
}

impl Drop for Stderr {
    fn drop(&mut self) {
        if let Some(task) = &self.task {
            task.abort();
        }
    }
}
