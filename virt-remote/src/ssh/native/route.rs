//! How a connection gets to its machine: by TCP, through other machines, or by a program of the user's.

use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use russh::client;
use russh::{ChannelOpenFailure, SshId};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpStream, lookup_host};
use tokio::time::{Instant, timeout_at};
use virt_core::host::{ByteStream, ChildProcess, Command, Host, LocalHost};
use virt_core::{Error, ErrorKind, Result, Subject, kind_of_io};

use super::algorithms::preferred;
use super::channel::ChannelStream;
use super::connection::{Connection, Destination, OpenFault, Shared, Sharing};
use super::events::Events;
use super::host_key::HostKeyCheck;
use super::login::login;
use super::prompt::PromptStream;
use super::target::Target;
use super::wire::Wire;
use crate::ssh::config::HostConfig;

/// How long connecting and agreeing on keys may take, per machine, where `ConnectTimeout` says nothing.
const CONNECT_LIMIT: Duration = Duration::from_secs(30);
/// How long logging in may take, per machine: what sshd allows by default (`LoginGraceTime`).
const LOGIN_LIMIT: Duration = Duration::from_secs(120);
/// How long silence may last before a sign of life is asked for, where `ServerAliveInterval` says nothing.
const ALIVE_INTERVAL: Duration = Duration::from_secs(15);
/// The window of a channel, in bytes.
const WINDOW: u32 = 16 << 20;
/// The largest packet we take, in bytes: what russh allows.
const MAX_PACKET: u32 = 65_535;

/// Makes a connection to the target, through all machines of its chain.
pub(super) async fn connect(target: &Target, sharing: Sharing) -> Result<Arc<Connection>> {
    let chain = target.chain()?;
    let last = chain.len().saturating_sub(1);
    let mut via: Option<Arc<Connection>> = None;
    for (index, config) in chain.iter().enumerate() {
        let deadline = Instant::now() + config.connect_timeout.unwrap_or(CONNECT_LIMIT);
        let stream = match &via {
            None => first_stream(config, deadline).await?,
            Some(hop) => through(hop, config, deadline).await?,
        };
        let shared = if index == last {
            Shared::new(target.name.clone(), sharing)
        } else {
            // The one channel on it is the next machine's connection, which may wait for its reader.
            Shared::new(config.alias.clone(), Sharing::Exclusive)
        };
        via = Some(
            establish(
                target,
                config,
                stream,
                Attempt {
                    shared,
                    via: via.take(),
                    deadline,
                },
            )
            .await?,
        );
    }
    via.ok_or_else(|| Error::new(ErrorKind::Internal, "a chain of machines without its last"))
}

struct Attempt {
    shared: Arc<Shared>,
    via: Option<Arc<Connection>>,
    deadline: Instant,
}

/// Ends a session that is not handed on.
struct Unfinished(Option<Arc<Shared>>);

impl Drop for Unfinished {
    fn drop(&mut self) {
        if let Some(shared) = self.0.take() {
            shared.sever();
        }
    }
}

/// Agrees on keys, checks the machine's own, and logs in.
async fn establish(
    target: &Target,
    config: &HostConfig,
    stream: Box<dyn ByteStream>,
    attempt: Attempt,
) -> Result<Arc<Connection>> {
    let Attempt {
        shared,
        via,
        deadline,
    } = attempt;
    let name = shared.name().to_owned();
    let mut unfinished = Unfinished(Some(Arc::clone(&shared)));
    let host_key = HostKeyCheck::prepare(config).await?;
    let settings = Arc::new(
        settings(config, &host_key).map_err(|error| error.with_subject(Subject::Host(name.clone())))?,
    );
    let wire = Wire::new(stream, shared.cutter());
    let events = Events::new(Arc::clone(&shared), host_key);
    let connecting = client::connect_stream(settings, wire, events);
    let mut handle = timeout_at(deadline, connecting)
        .await
        .map_err(|_| timed_out("the SSH handshake", config))?
        .map_err(|fault| fault.of_connecting(&name))?;
    tokio::time::timeout(LOGIN_LIMIT, login(&mut handle, &shared, target, config))
        .await
        .map_err(|_| timed_out("the login", config))??;
    tracing::debug!(host = name, user = config.user, "logged in");
    unfinished.0 = None;
    Ok(Connection::new(handle, shared, via))
}

fn settings(config: &HostConfig, host_key: &HostKeyCheck) -> Result<client::Config> {
    // Our own heartbeat, unless the user chose another: a dead connection is noticed within 45 s.
    let interval = config.server_alive_interval.unwrap_or(ALIVE_INTERVAL);
    Ok(client::Config {
        client_id: SshId::Standard(concat!("SSH-2.0-VirtSDK_", env!("CARGO_PKG_VERSION")).into()),
        window_size: WINDOW,
        maximum_packet_size: MAX_PACKET,
        preferred: preferred(&host_key.algorithms(), &config.algorithms)?,
        keepalive_interval: Some(interval),
        // russh gives up one interval after that many were unanswered.
        keepalive_max: usize::try_from(config.server_alive_count_max.saturating_sub(1).max(1)).unwrap_or(2),
        nodelay: true,
        ..client::Config::default()
    })
}

async fn first_stream(config: &HostConfig, deadline: Instant) -> Result<Box<dyn ByteStream>> {
    match &config.proxy_command {
        Some(line) => by_command(line, config).await,
        None => by_tcp(config, deadline).await,
    }
}

async fn by_tcp(config: &HostConfig, deadline: Instant) -> Result<Box<dyn ByteStream>> {
    let address = (config.host_name.as_str(), config.port);
    let found: Vec<SocketAddr> = timeout_at(deadline, lookup_host(address))
        .await
        .map_err(|_| timed_out("looking up its address", config))?
        .map_err(|error| {
            Error::new(
                ErrorKind::ConnectionLost,
                format!("no address for {:?}", config.host_name),
            )
            .with_subject(Subject::Host(config.alias.clone()))
            .with_source(error)
        })?
        .collect();
    let mut failure = None;
    for (tried, address) in found.iter().enumerate() {
        // What time is left is shared by those that are left: one that does not answer leaves some to the next.
        let now = Instant::now();
        let left = u32::try_from(found.len().saturating_sub(tried))
            .unwrap_or(1)
            .max(1);
        let until = now + deadline.saturating_duration_since(now) / left;
        match timeout_at(until, TcpStream::connect(address)).await {
            Ok(Ok(stream)) => {
                stream.set_nodelay(true)?;
                if config.tcp_keep_alive {
                    rustix::net::sockopt::set_socket_keepalive(&stream, true)
                        .map_err(std::io::Error::from)?;
                }
                return Ok(Box::new(PromptStream::new(stream)));
            }
            Ok(Err(error)) => {
                failure = Some(
                    Error::new(unreachable_kind(&error), format!("cannot connect to {address}"))
                        .with_subject(Subject::Host(config.alias.clone()))
                        .with_source(error),
                );
            }
            Err(_) => failure = Some(timed_out(&format!("connecting to {address}"), config)),
        }
    }
    Err(failure.unwrap_or_else(|| timed_out("looking up its address", config)))
}

fn unreachable_kind(error: &std::io::Error) -> ErrorKind {
    match kind_of_io(error) {
        kind @ (ErrorKind::Denied | ErrorKind::ResourceExhausted) => kind,
        _ => ErrorKind::ConnectionLost,
    }
}

fn timed_out(what: &str, config: &HostConfig) -> Error {
    Error::new(
        ErrorKind::ConnectionLost,
        format!("{what} took too long ({}:{})", config.host_name, config.port),
    )
    .with_subject(Subject::Host(config.alias.clone()))
}

/// A channel of the machine before it in the chain.
async fn through(
    hop: &Arc<Connection>,
    config: &HostConfig,
    deadline: Instant,
) -> Result<Box<dyn ByteStream>> {
    let destination = Destination::Tcp(config.host_name.clone(), config.port);
    let place = format!("{}:{}", config.host_name, config.port);
    let hop_name = hop.shared().name();
    match timeout_at(deadline, hop.open(destination, Box::new(Arc::clone(hop)))).await {
        Ok(Ok(channel)) => Ok(Box::new(ChannelStream::of_socket(channel))),
        Ok(Err(OpenFault::Broken(error))) => Err(error),
        Ok(Err(OpenFault::Refused(ChannelOpenFailure::AdministrativelyProhibited))) => Err(Error::new(
            ErrorKind::Denied,
            format!("the jump host {hop_name} does not let us through to {place} (AllowTcpForwarding in its sshd_config, or a restriction of the key)"),
        )
        .with_subject(Subject::Host(config.alias.clone()))),
        Ok(Err(OpenFault::Refused(reason))) => Err(Error::new(
            ErrorKind::ConnectionLost,
            format!("the jump host {hop_name} cannot connect to {place}: {}", words(&reason)),
        )
        .with_subject(Subject::Host(config.alias.clone()))),
        Err(_) => Err(timed_out("connecting through the jump host", config)),
    }
}

/// A refusal in words.
pub(super) fn words(reason: &ChannelOpenFailure) -> String {
    match reason {
        ChannelOpenFailure::AdministrativelyProhibited => "forbidden".to_owned(),
        ChannelOpenFailure::ConnectFailed => "the connection failed".to_owned(),
        ChannelOpenFailure::UnknownChannelType => "the server does not know how".to_owned(),
        ChannelOpenFailure::ResourceShortage => "the server is short of resources".to_owned(),
        ChannelOpenFailure::Other { code, .. } => format!("reason {code}"),
    }
}

/// A program of the user's whose input and output are the connection (`ProxyCommand`).
async fn by_command(line: &str, config: &HostConfig) -> Result<Box<dyn ByteStream>> {
    let shell = std::env::var("SHELL").unwrap_or_else(|_| "/bin/sh".to_owned());
    // The shell makes way for the program, so that ending it ends that.
    let command = Command::new(shell).arg("-c").arg(format!("exec {line}"));
    let mut child = LocalHost::default().processes().spawn(command).await?;
    let stdio = child.take_stdio().ok_or_else(|| {
        Error::new(
            ErrorKind::Internal,
            "a program started without its input and output",
        )
        .with_subject(Subject::Host(config.alias.clone()))
    })?;
    Ok(Box::new(ProxyStream {
        stdio,
        _child: std::sync::Mutex::new(child),
    }))
}

/// The program's input and output; dropping it ends the program.
struct ProxyStream {
    stdio: Box<dyn ByteStream>,
    /// Locked by nobody: a child need not be `Sync`, a stream must be.
    _child: std::sync::Mutex<Box<dyn ChildProcess>>,
}

impl AsyncRead for ProxyStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.stdio).poll_read(cx, buf)
    }
}

impl AsyncWrite for ProxyStream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<std::io::Result<usize>> {
        Pin::new(&mut self.stdio).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.stdio).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.stdio).poll_shutdown(cx)
    }
}
