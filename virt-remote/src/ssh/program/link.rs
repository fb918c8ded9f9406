//! A login of the system's `ssh`.

use std::fmt;
use std::io;
use std::os::fd::AsFd;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;
use tokio::net::unix::pipe;
use tokio::sync::{Notify, oneshot};
use virt_core::host::{ByteStream, ExitStatus, StreamUse};
use virt_core::{Error, ErrorKind, Result, Subject};

use super::dialer::ProgramTarget;
use super::forward::Forward;
use super::forwarded::Forwarded;
use super::master::Master;
use super::message::{Reply, Request};
use super::mux::{Mux, unexpected};
use super::pulse::{Ending, Pulse};
use super::stdio::{Errors, Held, Stdio};
use super::tasks::Tasks;
use crate::ssh::link::{FarProgram, Link};
use crate::ssh::socket_probe::{PROBE, SocketState};

/// How many masters programs are spread over when sshd allows no more on one (`MaxSessions`, 10 by default).
const MAX_MASTERS: usize = 8;
/// How long a program may go on when nobody holds its streams any more.
const FAREWELL: Duration = Duration::from_secs(2);

/// A login of the system's `ssh`: one master, and more where sshd allows no more programs on one.
pub(super) struct ProgramLink {
    name: String,
    target: Arc<ProgramTarget>,
    first: Arc<Master>,
    more: tokio::sync::Mutex<Vec<Arc<Master>>>,
    /// Those of `more`, for closing without waiting.
    all: Mutex<Vec<Arc<Master>>>,
    /// Tells that there is one more.
    added: Notify,
    tasks: Tasks,
    forwards: AtomicU64,
}

impl ProgramLink {
    /// Logs in.
    pub(super) async fn open(name: String, target: Arc<ProgramTarget>) -> Result<Self> {
        let first = Arc::new(Master::start(&target).await?);
        Ok(Self {
            name,
            target,
            all: Mutex::new(vec![Arc::clone(&first)]),
            first,
            more: tokio::sync::Mutex::default(),
            added: Notify::new(),
            tasks: Tasks::new(),
            forwards: AtomicU64::new(0),
        })
    }

    fn subject(&self) -> Subject {
        Subject::Host(self.name.clone())
    }

    fn gone(&self) -> Error {
        let message = format!("the SSH connection is gone: {}", self.first.last_words());
        Error::new(ErrorKind::ConnectionLost, message).with_subject(self.subject())
    }

    /// What a failure of the control socket means.
    async fn control_fault(&self, master: &Master, error: io::Error) -> Error {
        // A master that ends closes its socket a moment before its end is seen.
        let _ = tokio::time::timeout(Duration::from_millis(500), master.until_lost()).await;
        if master.is_lost() {
            return self.gone();
        }
        Error::new(ErrorKind::ConnectionLost, "ssh's control socket failed")
            .with_subject(self.subject())
            .with_source(error)
    }

    async fn run(&self, line: &str) -> Result<FarProgram> {
        if self.first.is_lost() {
            return Err(self.gone());
        }
        if let Some(program) = self.run_on(&self.first, line).await? {
            return Ok(program);
        }
        let mut more = self.more.lock().await;
        for master in more.iter() {
            if let Some(program) = self.run_on(master, line).await? {
                return Ok(program);
            }
        }
        if more.len() + 1 < MAX_MASTERS {
            let master = Arc::new(Master::start(&self.target).await?);
            lock(&self.all).push(Arc::clone(&master));
            self.added.notify_waiters();
            more.push(Arc::clone(&master));
            drop(more);
            if let Some(program) = self.run_on(&master, line).await? {
                return Ok(program);
            }
        }
        Err(Error::new(
            ErrorKind::ResourceExhausted,
            "sshd runs no more programs for us (MaxSessions in its sshd_config)",
        )
        .with_subject(self.subject()))
    }

    /// Runs a program on this master; `None` where sshd allows no more on it.
    async fn run_on(&self, master: &Master, line: &str) -> Result<Option<FarProgram>> {
        match self.session(master, line).await {
            Ok(program) => Ok(program),
            Err(error) => Err(self.control_fault(master, error).await),
        }
    }

    async fn session(&self, master: &Master, line: &str) -> io::Result<Option<FarProgram>> {
        let mut mux = Mux::connect(&master.socket()).await?;
        let (input, its_input) = pipe::pipe()?;
        let (its_output, output) = pipe::pipe()?;
        let (its_errors, errors) = pipe::pipe()?;
        mux.send(Request::Session { line }).await?;
        mux.send_descriptor(its_input.into_blocking_fd()?.as_fd()).await?;
        mux.send_descriptor(its_output.into_blocking_fd()?.as_fd())
            .await?;
        mux.send_descriptor(its_errors.into_blocking_fd()?.as_fd())
            .await?;
        let session = match mux.receive().await? {
            Reply::Opened { session } => session,
            Reply::Refused(why) => {
                tracing::debug!(host = self.name, why, "no session");
                return Ok(None);
            }
            other => return Err(unexpected(&other)),
        };
        let (end_sender, end) = oneshot::channel();
        let released = Arc::new(Notify::new());
        let held = Held::new(Arc::clone(&released));
        self.tasks
            .spawn(until_exit(mux, session, end_sender, released, master.pulse()));
        Ok(Some(FarProgram {
            stdio: Box::new(Stdio::new(
                (output, self.ending(master)),
                input,
                Arc::clone(&held),
            )),
            stderr: Box::new(Errors::new((errors, self.ending(master)), held)),
            end,
        }))
    }

    fn ending(&self, master: &Master) -> Ending {
        Ending::new(master.pulse(), self.tasks.clone())
    }

    /// Connects by way of a socket of our own that the master forwards.
    async fn socket(&self, path: &str) -> Result<Box<dyn ByteStream>> {
        let number = self.forwards.fetch_add(1, Ordering::Relaxed);
        let near = self.first.directory().join(format!("s{number}"));
        let near = near.display().to_string();
        let opened = Forward::open(self.first.socket(), near, path, self.tasks.clone()).await;
        let forward = match opened {
            Ok(Ok(forward)) => forward,
            Ok(Err(why)) => {
                return Err(Error::new(
                    ErrorKind::Denied,
                    format!("ssh does not forward to this socket: {why}"),
                )
                .with_subject(Subject::Path(path.to_owned())));
            }
            Err(error) => return Err(self.control_fault(&self.first, error).await),
        };
        let stream = match forward.connect().await {
            Ok(stream) => stream,
            Err(error) => return Err(self.control_fault(&self.first, error).await),
        };
        // Only then is it certain that the master has taken the connection.
        self.settled(stream, path).await
    }

    /// Waits until it is known whether the far side is connected. ssh does not tell: it hangs up when it is not. What is
    /// asked for after the channel is answered after it.
    async fn settled(&self, stream: UnixStream, path: &str) -> Result<Box<dyn ByteStream>> {
        let state = self.probe(path).await?;
        let mut first = vec![0; 4096];
        let count = match stream.try_read(&mut first) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => 0,
            Ok(0) | Err(_) => {
                return Err(state
                    .error(path, "the connection failed")
                    .with_subject(Subject::Path(path.to_owned())));
            }
            Ok(count) => count,
        };
        first.truncate(count);
        Ok(Box::new(Forwarded::new(first, stream, self.ending(&self.first))))
    }

    async fn probe(&self, path: &str) -> Result<SocketState> {
        let mut program = self.run(PROBE).await?;
        let mut answer = Vec::new();
        program.stdio.write_all(format!("{path}\n").as_bytes()).await?;
        program.stdio.shutdown().await?;
        (&mut program.stdio).take(64).read_to_end(&mut answer).await?;
        Ok(SocketState::parse(&answer))
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Waits for a program's end, or until nobody holds its streams and it had time to end by itself. The end of the
/// conversation is that of the session. With the connection lost the sender is dropped without a word.
async fn until_exit(
    mut mux: Mux,
    session: u32,
    end: oneshot::Sender<ExitStatus>,
    released: Arc<Notify>,
    pulse: Pulse,
) {
    let exit = async {
        loop {
            match mux.receive().await {
                Ok(Reply::Exit { session: its, code }) if its == session => {
                    return Some(i32::try_from(code).map_or(ExitStatus::Unknown, ExitStatus::Code));
                }
                Ok(_) => {}
                // Closed without a word: a signal ended it, or the connection is gone.
                Err(_) => return pulse.beats().await.then_some(ExitStatus::Unknown),
            }
        }
    };
    tokio::pin!(exit);
    let status = tokio::select! {
        status = &mut exit => status,
        () = released.notified() => tokio::time::timeout(FAREWELL, exit).await.ok().flatten(),
    };
    if let Some(status) = status {
        // A receiver that is gone wanted no answer.
        let _ = end.send(status);
    }
}

#[async_trait]
impl Link for ProgramLink {
    async fn exec(&self, line: &str) -> Result<FarProgram> {
        self.run(line).await
    }

    async fn connect_unix(&self, path: &str, _stream_use: StreamUse) -> Result<Box<dyn ByteStream>> {
        if self.first.is_lost() {
            return Err(self.gone());
        }
        if path.is_empty() || path.chars().any(char::is_control) {
            return Err(Error::new(ErrorKind::InvalidArgument, "no path of a socket")
                .with_subject(Subject::Path(path.to_owned())));
        }
        self.socket(path).await
    }

    async fn lost(&self) {
        loop {
            let added = self.added.notified();
            tokio::pin!(added);
            added.as_mut().enable();
            let masters = lock(&self.all).clone();
            let one_is =
                futures::future::select_all(masters.iter().map(|master| Box::pin(master.until_lost())));
            tokio::select! {
                _ = one_is => return,
                () = added => {}
            }
        }
    }

    async fn close(&self) {
        let masters = lock(&self.all).clone();
        futures::future::join_all(masters.iter().map(|master| master.close())).await;
        self.tasks.end();
    }
}

#[cfg(test)]
impl ProgramLink {
    /// How many sockets of ours lead to far ones.
    pub(super) fn forwards_left(&self) -> usize {
        let entries = std::fs::read_dir(self.first.directory()).unwrap();
        entries
            .filter(|entry| entry.as_ref().unwrap().file_name() != "control")
            .count()
    }
}

impl Drop for ProgramLink {
    fn drop(&mut self) {
        self.tasks.end();
    }
}

impl fmt::Debug for ProgramLink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProgramLink")
            .field("host", &self.name)
            .field("first", &self.first)
            .finish_non_exhaustive()
    }
}
