//! A connection: TCP, through a proxy where one is named, with TLS.

use std::io;
use std::sync::Arc;

use bytes::Bytes;
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt as _, Full};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use virt_core::host::ByteStream;
use virt_core::{Error, ErrorKind, Result, Subject, kind_of_io};

use super::endpoint::Endpoint;
use super::proxy;
use super::tls::Tls;

/// What is sent: a whole message, or a file as it is read.
pub(super) type Body = BoxBody<Bytes, io::Error>;

/// A whole message.
pub(super) fn whole(content: Bytes) -> Body {
    Full::new(content).map_err(|never| match never {}).boxed()
}

/// Connects to one server.
#[derive(Clone)]
pub(super) struct Connector {
    endpoint: Arc<Endpoint>,
    tls: Option<Tls>,
}

impl Connector {
    pub(super) fn to(endpoint: Arc<Endpoint>) -> Result<Self> {
        let tls = endpoint.tls.then(|| Tls::to(&endpoint)).transpose()?;
        Ok(Self { endpoint, tls })
    }

    /// A connection over which requests go, one at a time. It lives until this is dropped.
    pub(super) async fn connect(&self) -> Result<SendRequest<Body>> {
        let stream = self.stream().await?;
        let (sender, connection) = handshake(TokioIo::new(stream)).await.map_err(|error| {
            self.about(ErrorKind::ConnectionLost, "HTTP did not come about".to_owned())
                .with_source(error)
        })?;
        drop(tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%error, "a connection to a server has ended");
            }
        }));
        Ok(sender)
    }

    async fn stream(&self) -> Result<Box<dyn ByteStream>> {
        let endpoint = &self.endpoint;
        let (host, port, what) = match &endpoint.proxy {
            Some(proxy) => (proxy.host.as_str(), proxy.port, "the proxy"),
            None => (endpoint.host.as_str(), endpoint.port, "the server"),
        };
        let mut stream = TcpStream::connect((host, port)).await.map_err(|error| {
            let message = format!("{what} at {host}:{port} cannot be reached");
            self.about(kind_of_connect(&error), message).with_source(error)
        })?;
        stream.set_nodelay(true).map_err(|error| {
            self.about(
                ErrorKind::ConnectionLost,
                "the connection was lost at once".to_owned(),
            )
            .with_source(error)
        })?;
        if let Some(through) = &endpoint.proxy {
            let passed = proxy::pass(&mut stream, through, &endpoint.host, endpoint.port).await;
            passed.map_err(|error| {
                let message = format!("the proxy {host}:{port} does not connect to {endpoint}");
                self.about(ErrorKind::ConnectionLost, message).with_source(error)
            })?;
        }
        let Some(tls) = &self.tls else {
            return Ok(Box::new(stream));
        };
        match tls.shake_hands(Box::new(stream)).await {
            Ok(stream) => Ok(Box::new(stream)),
            Err(error) => {
                let (kind, message) = tls.explain(&error);
                Err(self.about(kind, message).with_source(error))
            }
        }
    }

    fn about(&self, kind: ErrorKind, message: String) -> Error {
        Error::new(kind, message).with_subject(Subject::Host(self.endpoint.host.clone()))
    }
}

fn kind_of_connect(error: &io::Error) -> ErrorKind {
    match kind_of_io(error) {
        // A machine or a service that is not there is no object of the inventory.
        ErrorKind::NotFound | ErrorKind::Failed => ErrorKind::ConnectionLost,
        kind => kind,
    }
}
