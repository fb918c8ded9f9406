//! The client of libvirt's protocol against a daemon that misbehaves on request.
#![cfg(feature = "rpc")]
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod calls;
mod events;
mod exits;
mod faults;
mod fds;
mod keepalive;
mod session;
mod streams;
mod trace;

use std::time::Duration;

use tokio::time::Instant;
use virt_remote::protocol::remote::connect::{ConnectGetHostname, ConnectGetHostnameRet};
use virt_remote::protocol::remote::domain::{DomainLookupByName, DomainLookupByNameArgs};
use virt_remote::protocol::xdr::{self, Xdr};
use virt_remote::protocol::{ProcedureInfo, remote};
use virt_remote::rpc::{RpcConnection, RpcEvents, RpcOptions, RpcResult};
use virt_testkit::fake_daemon::{FakeDaemon, FakeReply, REMOTE};

/// A daemon whose host is called `host`, and a connection to it.
fn connected(options: RpcOptions) -> (FakeDaemon, RpcConnection, RpcEvents) {
    let daemon = FakeDaemon::new();
    daemon.on(REMOTE, hostname().number, |_| FakeReply::Return(named("host")));
    let (connection, events) = RpcConnection::start(daemon.connect(), options);
    (daemon, connection, events)
}

fn hostname() -> &'static ProcedureInfo {
    ConnectGetHostname::INFO
}

/// The encoded result of asking for the host's name.
fn named(name: &str) -> Vec<u8> {
    encoded(&ConnectGetHostnameRet {
        hostname: name.into(),
    })
}

fn encoded<T: Xdr>(value: &T) -> Vec<u8> {
    xdr::to_bytes(value).expect("bytes")
}

fn soon() -> Instant {
    Instant::now() + Duration::from_secs(5)
}

async fn ask(connection: &RpcConnection) -> RpcResult<String> {
    ask_until(connection, soon()).await
}

async fn ask_until(connection: &RpcConnection, deadline: Instant) -> RpcResult<String> {
    let returned = connection.call::<ConnectGetHostname>(&(), deadline).await?;
    Ok(returned.hostname.into_text())
}

/// A call that changes nothing in the fake and has arguments.
async fn look_up(
    connection: &RpcConnection,
    name: &str,
    deadline: Instant,
) -> RpcResult<remote::object::Domain> {
    let args = DomainLookupByNameArgs { name: name.into() };
    let found = connection.call::<DomainLookupByName>(&args, deadline).await?;
    Ok(found.dom)
}

/// Waits until something is so; it takes a moment as it happens in another task.
async fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let waiting = async {
        while !holds() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), waiting)
        .await
        .unwrap_or_else(|_| panic!("it never came to be that {what}"));
}
