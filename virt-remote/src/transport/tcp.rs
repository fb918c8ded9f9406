//! TCP without encryption: for daemons that have it switched on, on networks that can be trusted.

use tokio::net::TcpStream;
use virt_core::{ConnectUri, Error, ErrorKind, Result, Subject, kind_of_io};

/// Where a daemon listens (`tcp_port` in libvirtd.conf).
pub const PORT: u16 = 16509;

/// Connects to the host of a URI, at its port or 16509.
///
/// # Errors
/// `InvalidArgument` where the URI has no host; `ConnectionLost` where nobody listens there; `NotFound` where the name of
/// the host is not known.
///
/// # Cancel safety
/// Safe.
pub async fn connect(uri: &ConnectUri) -> Result<TcpStream> {
    connect_at(uri, PORT).await
}

/// The same, at the URI's port or this one.
pub(super) async fn connect_at(uri: &ConnectUri, port: u16) -> Result<TcpStream> {
    let host = uri.host().ok_or_else(|| {
        Error::new(ErrorKind::InvalidArgument, "the URI has no host to connect to")
            .with_subject(Subject::Connection(uri.to_string()))
    })?;
    let address = (host, uri.port().unwrap_or(port));
    let about_host = |message: &'static str, kind, error: std::io::Error| {
        Error::new(kind, message)
            .with_subject(Subject::Host(host.to_owned()))
            .with_source(error)
    };
    let found = tokio::net::lookup_host(address).await;
    let addresses: Vec<_> = found
        .map_err(|error| about_host("the host's name is not known", ErrorKind::NotFound, error))?
        .collect();
    let connected = TcpStream::connect(addresses.as_slice()).await;
    let stream = connected.map_err(|error| {
        let kind = kind_of_io(&error);
        about_host("no libvirt daemon answers on its port", kind, error)
    })?;
    // A call is one small message, and its caller waits for the answer.
    stream.set_nodelay(true)?;
    Ok(stream)
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::net::TcpListener;

    fn uri(text: &str) -> ConnectUri {
        text.parse().expect("a URI")
    }

    #[tokio::test]
    async fn a_port_with_and_without_a_listener_and_no_host_are_told_apart() {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a listener");
        let port = listener.local_addr().expect("an address").port();
        let uri = uri(&format!("test+tcp://127.0.0.1:{port}/default"));
        assert!(
            connect(&uri)
                .await
                .expect("a connection")
                .nodelay()
                .expect("an option")
        );
        drop(listener);
        let error = connect(&uri).await.expect_err("an error");
        assert_eq!(error.kind(), ErrorKind::ConnectionLost);
    }

    #[tokio::test]
    async fn a_uri_without_a_host_is_refused() {
        let error = connect(&uri("test+tcp:///default")).await.expect_err("an error");
        assert_eq!(error.kind(), ErrorKind::InvalidArgument);
    }
}
