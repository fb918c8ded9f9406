//! A login that stands, made of one connection and of more where that is needed.

use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::watch;
use tracing::Instrument as _;
use virt_core::host::{ByteStream, StreamUse};
use virt_core::{Error, ErrorKind, Result, Subject};

use super::channel::{Channel, ChannelStream, ErrorStream};
use super::connection::{Connection, Destination, LinkLost, OpenFault, Sharing};
use super::lock;
use super::pool::Pool;
use super::route::{self, words};
use super::target::Target;
use crate::ssh::link::{FarProgram, Link, Newcomers};
use crate::ssh::socket_probe::{PROBE, SocketState};

/// How many connections programs are spread over when sshd allows no more on one (`MaxSessions`, 10 by default).
const MAX_SHARED: usize = 8;
/// How long sshd may take to say whether it runs a program.
const REPLY_LIMIT: Duration = Duration::from_secs(15);

/// A login over russh.
///
/// * The first connection carries control streams and programs.
/// * Where sshd allows no more programs on it (`MaxSessions`), further ones are made, [`MAX_SHARED`] in all; then
///   `exec` fails with `ResourceExhausted`.
/// * A bulk stream has a connection of its own, and up to
///   [`MAX_EXCLUSIVE`](super::pool::MAX_EXCLUSIVE) of them do. Those that come after share the first connection; what
///   they leave unread is bounded there.
pub(super) struct NativeLink {
    target: Arc<Target>,
    first: Arc<Connection>,
    more: tokio::sync::Mutex<Vec<Arc<Connection>>>,
    /// Those of `more`, for closing without waiting.
    all: Mutex<Vec<Arc<Connection>>>,
    pool: Arc<Pool>,
    lost: LinkLost,
}

impl NativeLink {
    /// Logs in.
    pub(super) async fn open(target: Arc<Target>) -> Result<Self> {
        let lost: LinkLost = Arc::new(watch::Sender::new(false));
        let first = route::connect(&target, target.sharing).await?;
        first.shared().report_to(Arc::clone(&lost));
        Ok(Self {
            pool: Pool::new(Arc::clone(&target)),
            all: Mutex::new(vec![Arc::clone(&first)]),
            more: tokio::sync::Mutex::default(),
            target,
            first,
            lost,
        })
    }

    fn span(&self, operation: &'static str) -> tracing::Span {
        tracing::debug_span!("ssh.link", host = self.target.name, operation)
    }

    fn check(&self) -> Result<()> {
        if *self.lost.borrow() {
            return Err(self.first.shared().gone_error());
        }
        Ok(())
    }

    /// A session on the first connection that has room for one.
    async fn shared_session(&self) -> Result<Arc<Channel>> {
        if let Some(channel) = session_on(&self.first).await? {
            return Ok(channel);
        }
        // One makes a connection, the others that came with it find it made.
        let mut more = self.more.lock().await;
        for connection in more.iter() {
            if let Some(channel) = session_on(connection).await? {
                return Ok(channel);
            }
        }
        self.check()?;
        if more.len() + 1 >= MAX_SHARED {
            return Err(self.no_sessions("on any of as many connections as there may be"));
        }
        let connection = route::connect(&self.target, Sharing::Shared).await?;
        connection.shared().report_to(Arc::clone(&self.lost));
        lock(&self.all).push(Arc::clone(&connection));
        if *self.lost.borrow() {
            // It was lost or closed meanwhile; who did so may not have seen this one.
            connection.shared().sever();
            return Err(self.first.shared().gone_error());
        }
        more.push(Arc::clone(&connection));
        tracing::debug!(
            host = self.target.name,
            connections = more.len() + 1,
            "one more connection for programs"
        );
        drop(more);
        match session_on(&connection).await? {
            Some(channel) => Ok(channel),
            None => Err(self.no_sessions("on a new connection either")),
        }
    }

    fn no_sessions(&self, place: &str) -> Error {
        Error::new(
            ErrorKind::ResourceExhausted,
            format!("sshd runs no more programs for us, {place} (MaxSessions in its sshd_config)"),
        )
        .with_subject(Subject::Host(self.target.name.clone()))
    }

    async fn session(&self, stream_use: StreamUse) -> Result<Arc<Channel>> {
        if stream_use == StreamUse::Bulk
            && let Some(lease) = self.pool.take().await?
            && let Some(connection) = lease.connection().map(Arc::clone)
        {
            return match connection.open_session(Box::new(lease)).await {
                Ok(channel) => Ok(channel),
                Err(OpenFault::Broken(error)) => Err(error),
                Err(OpenFault::Refused(_)) => Err(self.no_sessions("on a connection of its own")),
            };
        }
        self.shared_session().await
    }

    async fn run(&self, line: &str, stream_use: StreamUse) -> Result<FarProgram> {
        self.check()?;
        let channel = self.session(stream_use).await?;
        let gone = || self.first.shared().gone_error();
        start(channel, line, &self.target.name, gone).await
    }

    async fn socket(&self, path: &str, stream_use: StreamUse) -> Result<Arc<Channel>, OpenFault> {
        let destination = Destination::Unix(path.to_owned());
        if stream_use == StreamUse::Bulk {
            let lease = self.pool.take().await.map_err(OpenFault::Broken)?;
            if let Some(lease) = lease
                && let Some(connection) = lease.connection().map(Arc::clone)
            {
                return connection.open(destination, Box::new(lease)).await;
            }
        }
        self.first.open(destination, Box::new(())).await
    }

    async fn open_unix(&self, path: &str, stream_use: StreamUse) -> Result<Box<dyn ByteStream>> {
        self.check()?;
        if path.is_empty() || path.chars().any(char::is_control) {
            return Err(Error::new(ErrorKind::InvalidArgument, "no path of a socket")
                .with_subject(Subject::Path(path.to_owned())));
        }
        match self.socket(path, stream_use).await {
            Ok(channel) => Ok(Box::new(ChannelStream::of_socket(channel))),
            Err(OpenFault::Refused(reason)) => Err(self.why_not(path, &reason).await),
            Err(OpenFault::Broken(error)) => Err(error),
        }
    }

    /// Finds out why a socket was not opened: sshd gives one answer for all that can be wrong.
    async fn why_not(&self, path: &str, reason: &russh::ChannelOpenFailure) -> Error {
        let state = match self.probe(path).await {
            Ok(state) => state,
            Err(error) => {
                tracing::debug!(host = self.target.name, path, %error, "cannot look at the socket");
                SocketState::Unknown
            }
        };
        state
            .error(path, &words(reason))
            .with_subject(Subject::Path(path.to_owned()))
    }

    async fn probe(&self, path: &str) -> Result<SocketState> {
        let mut program = self.run(PROBE, StreamUse::Control).await?;
        let mut answer = Vec::new();
        program.stdio.write_all(format!("{path}\n").as_bytes()).await?;
        program.stdio.shutdown().await?;
        (&mut program.stdio).take(64).read_to_end(&mut answer).await?;
        Ok(SocketState::parse(&answer))
    }

    fn sever(&self) {
        self.pool.close();
        self.lost.send_replace(true);
        for connection in lock(&self.all).iter() {
            connection.shared().sever();
        }
    }
}

#[cfg(test)]
impl NativeLink {
    /// How many channels of shared connections are open.
    pub(super) fn open_channels(&self) -> usize {
        lock(&self.all)
            .iter()
            .map(|connection| connection.shared().channels())
            .sum()
    }
}

/// Runs a command line in a session.
pub(super) async fn start(
    channel: Arc<Channel>,
    line: &str,
    name: &str,
    gone: impl Fn() -> Error,
) -> Result<FarProgram> {
    let (Some(inbox), Some(writer), Some(shared)) = (channel.inbox(), channel.writer(), channel.shared())
    else {
        return Err(gone());
    };
    let end = inbox.expect_end();
    let reply = inbox.expect_reply();
    let asking = async {
        writer.exec(true, line.as_bytes()).await.ok()?;
        reply.await.ok()
    };
    let refused = match tokio::time::timeout(REPLY_LIMIT, asking).await {
        Ok(Some(true)) => None,
        Ok(Some(false)) => Some((
            ErrorKind::Denied,
            "sshd refused to run a program (a restriction of the key, or no login shell)",
        )),
        _ if shared.is_gone() => return Err(shared.gone_error()),
        Ok(None) => Some((
            ErrorKind::ConnectionLost,
            "sshd closed the session before the program ran",
        )),
        // The channel is dropped, and so closed.
        Err(_) => Some((
            ErrorKind::ConnectionLost,
            "sshd did not say in time whether it runs the program",
        )),
    };
    if let Some((kind, message)) = refused {
        return Err(Error::new(kind, message).with_subject(Subject::Host(name.to_owned())));
    }
    Ok(FarProgram {
        stdio: Box::new(ChannelStream::new(Arc::clone(&channel))),
        stderr: Box::new(ErrorStream::new(channel)),
        end,
    })
}

/// A session of this connection; `None` where sshd allows no more of them.
async fn session_on(connection: &Arc<Connection>) -> Result<Option<Arc<Channel>>> {
    if !connection.has_room_for_session() {
        return Ok(None);
    }
    match connection.open_session(Box::new(())).await {
        Ok(channel) => Ok(Some(channel)),
        Err(OpenFault::Refused(reason)) => {
            tracing::debug!(
                host = connection.shared().name(),
                reason = words(&reason),
                "no more sessions"
            );
            Ok(None)
        }
        Err(OpenFault::Broken(error)) => Err(error),
    }
}

#[async_trait]
impl Link for NativeLink {
    async fn exec(&self, line: &str) -> Result<FarProgram> {
        self.run(line, StreamUse::Control)
            .instrument(self.span("exec"))
            .await
    }

    async fn exec_bulk(&self, line: &str) -> Result<FarProgram> {
        self.run(line, StreamUse::Bulk)
            .instrument(self.span("exec_bulk"))
            .await
    }

    fn on_newcomers(&self, newcomers: Arc<dyn Newcomers>) {
        self.pool.on_newcomers(newcomers);
    }

    async fn connect_unix(&self, path: &str, stream_use: StreamUse) -> Result<Box<dyn ByteStream>> {
        self.open_unix(path, stream_use)
            .instrument(self.span("connect_unix"))
            .await
    }

    async fn lost(&self) {
        // It fails when the sender is gone, which is ours.
        let _ = self.lost.subscribe().wait_for(|lost| *lost).await;
    }

    async fn close(&self) {
        self.pool.close();
        self.first.close().await;
        self.sever();
    }
}

impl Drop for NativeLink {
    fn drop(&mut self) {
        self.sever();
    }
}

impl fmt::Debug for NativeLink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NativeLink")
            .field("host", &self.target.name)
            .field("lost", &*self.lost.borrow())
            .finish_non_exhaustive()
    }
}
