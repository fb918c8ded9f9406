//! Ways to a libvirt daemon: real ones of the tests' own, and fakes for what a real one won't do.
#![cfg(all(feature = "rpc", feature = "ssh"))]
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod daemon;
mod pki;
mod polkit;
mod sasl;
mod sasl_fakes;
mod session;
mod ssh;
mod stalls;
mod tls;
mod tls_fakes;

use std::time::Duration;

use tokio::time::Instant;
use virt_core::credentials::{CredentialKind, CredentialRequest, CredentialSource, Secret};
use virt_core::{ConnectUri, Result};
use virt_remote::protocol::remote::connect::{ConnectGetCapabilities, ConnectGetType};
use virt_remote::session::{Session, SessionOptions};

/// A real daemon on a busy machine takes its time.
fn soon() -> Instant {
    Instant::now() + Duration::from_secs(60)
}

fn nobody() -> CredentialSource {
    CredentialSource::default()
}

/// Somebody who has this password, and says who he is where the URI does not.
fn somebody(user: &'static str, password: &'static str) -> CredentialSource {
    CredentialSource::new(move |request: CredentialRequest| async move {
        match request.kind {
            CredentialKind::UserName => Some(Secret::new(user)),
            CredentialKind::Password => {
                assert!(request.user.is_some(), "{request:?}");
                Some(Secret::new(password))
            }
            _ => None,
        }
    })
}

/// There are no pings: they would wake a daemon that has overlooked something, and nobody would see it.
async fn connect(uri: &str, credentials: &CredentialSource) -> Result<Session> {
    let uri: ConnectUri = uri.parse().expect("a URI");
    let options = SessionOptions::default().with_keepalive(None);
    let connected = Session::connect(&uri, credentials, options, soon()).await;
    connected.map(|(session, _events)| session)
}

/// Opens libvirt's test driver there, sees that calls large and small are answered, and closes the session.
async fn use_test_driver(uri: &str, credentials: &CredentialSource) {
    let session = match connect(uri, credentials).await {
        Ok(session) => session,
        Err(error) => panic!("{uri}: {}", chain(&error)),
    };
    let connection = session.connection();
    let driver = connection.call::<ConnectGetType>(&(), soon()).await;
    assert_eq!(driver.expect("a type").type_, "TEST");
    // A few at a time, which are sent together and have nothing come after them; and many.
    for _ in 0..10 {
        let calls = (0..3).map(|_| connection.call::<ConnectGetType>(&(), soon()));
        for answer in futures::future::join_all(calls).await {
            assert_eq!(answer.expect("a type").type_, "TEST");
        }
    }
    let calls = (0..20).map(|_| connection.call::<ConnectGetCapabilities>(&(), soon()));
    for answer in futures::future::join_all(calls).await {
        assert!(
            answer
                .expect("capabilities")
                .capabilities
                .text()
                .contains("<capabilities>")
        );
    }
    session.shutdown(soon()).await.expect("a goodbye");
}

/// An error with all that it has below it.
fn chain(error: &virt_core::Error) -> String {
    let mut text = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(inner) = source {
        text.push_str(&format!(": {inner}"));
        source = inner.source();
    }
    text
}

/// A port that nobody listens on.
fn free_port() -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.local_addr().expect("an address").port()
}
