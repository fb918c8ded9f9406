//! A session with a daemon: logged in, and opened on one of the daemon's drivers.
//!
//! ```no_run
//! # async fn example() -> virt_core::Result<()> {
//! use std::time::Duration;
//! use tokio::time::Instant;
//! use virt_core::ConnectUri;
//! use virt_core::credentials::CredentialSource;
//! use virt_remote::protocol::remote::connect::ConnectGetHostname;
//! use virt_remote::session::{Session, SessionOptions};
//!
//! let uri: ConnectUri = "qemu:///system".parse()?;
//! let deadline = Instant::now() + Duration::from_secs(30);
//! let options = SessionOptions::default();
//! let nobody = CredentialSource::default();
//! let (session, mut events) = Session::connect(&uri, &nobody, options, deadline).await?;
//! let host = session.connection().call::<ConnectGetHostname>(&(), deadline).await?;
//! println!("{}", host.hostname);
//! session.shutdown(deadline).await?;
//! # Ok(())
//! # }
//! ```

mod features;
mod uri;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::Instant;
use virt_core::connection::AccessMode;
use virt_core::credentials::CredentialSource;
use virt_core::{ConnectUri, Error, ErrorKind, Outcome, Result, Subject};

use crate::auth::{self, Login};
use crate::protocol::remote::connect::{ConnectClose, ConnectOpen, ConnectOpenArgs};
use crate::rpc::{
    Delivery, EndReason, KeepalivePolicy, RpcConnection, RpcError, RpcEvents, RpcOptions, RpcResult,
};
use crate::transport::unix::FdStream;
use crate::transport::{self, DaemonStream, Protection, Reached};

pub use features::{Feature, supports};
pub use uri::uri_for_daemon;

/// `VIR_CONNECT_RO`.
const READ_ONLY: u32 = 1;

/// How a session is opened.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct SessionOptions {
    /// Whether anything may be changed.
    pub access: AccessMode,
    /// How the daemon is asked whether it is there, where it knows how to answer; not at all when `None`.
    pub keepalive: Option<KeepalivePolicy>,
    /// How the connection behaves.
    pub rpc: RpcOptions,
}

impl Default for SessionOptions {
    fn default() -> Self {
        Self {
            access: AccessMode::default(),
            keepalive: Some(KeepalivePolicy::default()),
            rpc: RpcOptions::default(),
        }
    }
}

impl SessionOptions {
    /// Sets whether anything may be changed.
    #[must_use]
    pub fn with_access(mut self, access: AccessMode) -> Self {
        self.access = access;
        self
    }

    /// Sets how the daemon is asked whether it is there.
    #[must_use]
    pub fn with_keepalive(mut self, keepalive: Option<KeepalivePolicy>) -> Self {
        self.keepalive = keepalive;
        self
    }

    /// Sets how the connection behaves.
    #[must_use]
    pub fn with_rpc(mut self, rpc: RpcOptions) -> Self {
        self.rpc = rpc;
        self
    }

    fn rpc_of(&self, uri: &ConnectUri) -> RpcOptions {
        let mut rpc = self.rpc.clone();
        if rpc.label.is_empty() {
            rpc.label = uri.to_string();
        }
        rpc
    }
}

/// A session with a daemon. Cheap to clone; ends when the last clone is dropped.
#[derive(Debug, Clone)]
pub struct Session {
    connection: RpcConnection,
    uri: String,
}

impl Session {
    /// Connects to the daemon that a URI names ([`transport::reach`]), logs in, and opens the URI there. The receiver gets
    /// every event. Secrets that the way or the daemon want are asked of `credentials`.
    ///
    /// # Errors
    /// Those of [`transport::reach`] and of [`open`](Self::open).
    ///
    /// # Cancel safety
    /// Dropping the future ends what was begun.
    pub async fn connect(
        uri: &ConnectUri,
        credentials: &CredentialSource,
        options: SessionOptions,
        deadline: Instant,
    ) -> Result<(Self, RpcEvents)> {
        let reached = Self::reach(uri, credentials, options.access, deadline).await?;
        let login = Login::new(uri, credentials)
            .with_protection(reached.protection)
            .with_layer(reached.layer.as_ref());
        let (connection, events) = match reached.stream {
            DaemonStream::Unix(stream) => RpcConnection::start_unix(stream, options.rpc_of(uri)),
            DaemonStream::Bytes(stream) => RpcConnection::start(stream, options.rpc_of(uri)),
        };
        Ok((
            Self::open_on(connection, &login, options, deadline).await?,
            events,
        ))
    }

    /// The same, for who asks the connection for its events later, if at all.
    pub(crate) async fn connect_unheard(
        uri: &ConnectUri,
        credentials: &CredentialSource,
        options: SessionOptions,
        deadline: Instant,
    ) -> Result<Self> {
        let reached = Self::reach(uri, credentials, options.access, deadline).await?;
        let login = Login::new(uri, credentials)
            .with_protection(reached.protection)
            .with_layer(reached.layer.as_ref());
        let connection = RpcConnection::start_unheard(reached.stream, options.rpc_of(uri));
        Self::open_on(connection, &login, options, deadline).await
    }

    async fn reach(
        uri: &ConnectUri,
        credentials: &CredentialSource,
        access: AccessMode,
        deadline: Instant,
    ) -> Result<Reached> {
        let named = |error: Error| error.with_operation("open");
        let reaching = transport::reach(uri, access, credentials);
        match tokio::time::timeout_at(deadline, reaching).await {
            Ok(reached) => reached.map_err(named),
            Err(_elapsed) => {
                let message = "no daemon was reached in time";
                let error = Error::new(ErrorKind::Timeout, message).with_outcome(Outcome::NotApplied);
                Err(named(error.with_subject(Subject::Connection(uri.to_string()))))
            }
        }
    }

    /// Logs in over a stream that leads to a daemon, and opens the URI there. The receiver gets every event. Nobody is
    /// asked for secrets, and none is sent that others could read.
    ///
    /// # Errors
    /// `AuthenticationFailed` and `Denied` where the daemon does not let us in; `Unsupported` where it has no such driver;
    /// `Timeout` at the deadline; `ConnectionLost` where what answers is no daemon.
    ///
    /// # Cancel safety
    /// Dropping the future closes the stream.
    pub async fn open<S>(
        stream: S,
        uri: &ConnectUri,
        options: SessionOptions,
        deadline: Instant,
    ) -> Result<(Self, RpcEvents)>
    where
        S: AsyncRead + AsyncWrite + Send + 'static,
    {
        let (connection, events) = RpcConnection::start(stream, options.rpc_of(uri));
        let nobody = CredentialSource::default();
        let session = Self::open_on(connection, &Login::new(uri, &nobody), options, deadline).await?;
        Ok((session, events))
    }

    /// The same over a unix socket, on which file descriptors travel along.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    ///
    /// # Cancel safety
    /// Dropping the future closes the stream.
    pub async fn open_unix(
        stream: FdStream,
        uri: &ConnectUri,
        options: SessionOptions,
        deadline: Instant,
    ) -> Result<(Self, RpcEvents)> {
        let (connection, events) = RpcConnection::start_unix(stream, options.rpc_of(uri));
        let nobody = CredentialSource::default();
        let login = Login::new(uri, &nobody).with_protection(Protection::Local);
        Ok((
            Self::open_on(connection, &login, options, deadline).await?,
            events,
        ))
    }

    async fn open_on(
        connection: RpcConnection,
        login: &Login<'_>,
        options: SessionOptions,
        deadline: Instant,
    ) -> Result<Self> {
        let named = |error: Error| error.with_operation("open");
        auth::log_in(&connection, login, deadline).await.map_err(named)?;
        let session = Self::begin(
            connection,
            login.uri,
            (options.access, options.keepalive),
            deadline,
        )
        .await;
        session.map_err(Error::from).map_err(named)
    }

    async fn begin(
        connection: RpcConnection,
        uri: &ConnectUri,
        (access, keepalive): (AccessMode, Option<KeepalivePolicy>),
        deadline: Instant,
    ) -> RpcResult<Self> {
        let name = uri_for_daemon(uri);
        let args = ConnectOpenArgs {
            name: Some(name.as_str().into()),
            flags: match access {
                AccessMode::ReadWrite => 0,
                _ => READ_ONLY,
            },
        };
        // Asked together: a daemon answers the question before anything is open.
        let asked = async {
            match keepalive {
                Some(_) => supports(&connection, Feature::ProgramKeepalive, deadline).await,
                None => Ok(false),
            }
        };
        let (knows_keepalive, opened) = tokio::join!(asked, connection.call::<ConnectOpen>(&args, deadline));
        opened?;
        if let Some(policy) = keepalive
            && knows_keepalive?
        {
            connection.start_keepalive(policy);
        }
        Ok(Self {
            connection,
            uri: name,
        })
    }

    /// The connection, for every call there is.
    #[must_use]
    pub fn connection(&self) -> &RpcConnection {
        &self.connection
    }

    /// What is open, by the URI that the daemon was given: without the way to it.
    #[must_use]
    pub fn uri(&self) -> &str {
        &self.uri
    }

    /// Closes the session in good order: waits for what is in flight, says goodbye, and ends the connection.
    ///
    /// # Errors
    /// Those of saying goodbye; the connection ends all the same.
    ///
    /// # Cancel safety
    /// Dropping the future leaves the session open.
    pub async fn shutdown(&self, deadline: Instant) -> Result<()> {
        let said = match self.connection.call::<ConnectClose>(&(), deadline).await {
            // A daemon closes the connection after its answer, and what is between it and us (virt-ssh-helper) may end
            // before it has handed that on.
            Err(RpcError::Disconnected {
                delivery: Delivery::Sent,
                reason: EndReason::Eof,
                ..
            }) => Ok(()),
            closed => closed,
        };
        if tokio::time::timeout_at(deadline, self.connection.shutdown())
            .await
            .is_err()
        {
            self.connection.close();
        }
        said.map_err(|error| Error::from(error).with_operation("shutdown"))
    }

    /// Ends the session now: calls in flight fail.
    pub fn close(&self) {
        self.connection.close();
    }
}
