//! `cargo xtask soak rpc`: a real libvirtd at its default limits, with 64 callers for ten minutes, 10,000 calls that are
//! given up, 10,000 events, and a daemon that is killed 20 times.
//!
//! `VIRT_SOAK_SECONDS` sets another time for the callers.
#![cfg(feature = "rpc")]
#![allow(clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod kills;

use std::time::Duration;

use tokio::time::{Instant, timeout};
use virt_core::ConnectUri;
use virt_remote::protocol::remote::connect::ConnectGetHostname;
use virt_remote::protocol::remote::domain::{
    DomainGetInfo, DomainGetInfoArgs, DomainLookupByName, DomainLookupByNameArgs,
};
use virt_remote::protocol::remote::domain_event_callback::DomainEventCallbackLifecycle;
use virt_remote::protocol::remote::domain_lifecycle::{
    DomainCreateWithFlags, DomainCreateWithFlagsArgs, DomainDestroy, DomainDestroyArgs,
};
use virt_remote::protocol::remote::event_registration::{
    ConnectDomainEventCallbackRegisterAny, ConnectDomainEventCallbackRegisterAnyArgs,
};
use virt_remote::protocol::remote::object::Domain;
use virt_remote::rpc::{KeepalivePolicy, RpcConnection, RpcEventItem, RpcEvents, RpcOptions, RpcResult};
use virt_remote::session::{Session, SessionOptions};
use virt_remote::transport::unix;
use virt_testkit::live::libvirtd::Libvirtd;

/// Callers at the same time.
const CALLERS: u32 = 64;
/// Calls that are given up.
const CANCELLED: u64 = 10_000;
/// Rounds of starting and ending a domain: two events each.
const ROUNDS: usize = 5_000;
/// What 10,000 calls may leave in memory, in KiB: what an allocator keeps.
const LEFT_BEHIND: u64 = 16 * 1024;

fn soon() -> Instant {
    Instant::now() + Duration::from_secs(30)
}

/// A session on the daemon's test driver, as it is by default.
async fn session(daemon: &Libvirtd, rpc: RpcOptions) -> (Session, RpcEvents) {
    let uri: ConnectUri = "test+unix:///default".parse().expect("a URI");
    let stream = unix::connect(&[daemon.socket()]).await.expect("a socket");
    let policy = KeepalivePolicy::new(Duration::from_secs(1), 3);
    let options = SessionOptions::default()
        .with_keepalive(Some(policy))
        .with_rpc(rpc);
    Session::open_unix(stream, &uri, options, soon())
        .await
        .expect("a session")
}

async fn domain(connection: &RpcConnection) -> Domain {
    let args = DomainLookupByNameArgs { name: "test".into() };
    let found = connection.call::<DomainLookupByName>(&args, soon()).await;
    found.expect("a domain").dom
}

async fn start(connection: &RpcConnection, dom: &Domain) -> RpcResult<()> {
    let args = DomainCreateWithFlagsArgs {
        dom: dom.clone(),
        flags: 0,
    };
    connection.call::<DomainCreateWithFlags>(&args, soon()).await?;
    Ok(())
}

async fn destroy(connection: &RpcConnection, dom: &Domain) -> RpcResult<()> {
    let args = DomainDestroyArgs { dom: dom.clone() };
    connection.call::<DomainDestroy>(&args, soon()).await
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "ten minutes: run by cargo xtask soak rpc"]
async fn sixty_four_callers_lose_neither_a_reply_nor_the_connection() {
    let daemon = Libvirtd::start().await.expect("a private libvirtd");
    let (session, _events) = session(&daemon, RpcOptions::default()).await;
    let dom = domain(session.connection()).await;
    let seconds = std::env::var("VIRT_SOAK_SECONDS")
        .ok()
        .and_then(|seconds| seconds.parse().ok())
        .unwrap_or(600);
    let until = Instant::now() + Duration::from_secs(seconds);
    let callers = (0..CALLERS).map(|_| {
        let (connection, dom) = (session.connection().clone(), dom.clone());
        tokio::spawn(async move {
            let mut calls = 0_u64;
            while Instant::now() < until {
                let args = DomainGetInfoArgs { dom: dom.clone() };
                let info = connection.call::<DomainGetInfo>(&args, soon()).await;
                assert_eq!(info.expect("an answer").state, 1);
                calls += 1;
            }
            calls
        })
    });
    let mut calls = 0;
    for caller in futures::future::join_all(callers).await {
        calls += caller.expect("every answer");
    }
    println!("{calls} calls in {seconds} s");
    assert!(calls > u64::from(CALLERS), "{calls} calls");
    assert!(session.connection().end_reason().is_none());
    session.shutdown(soon()).await.expect("a goodbye");
    daemon.stop().await.expect("an end");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "run by cargo xtask soak rpc"]
async fn ten_thousand_calls_that_are_given_up_leave_nothing_behind() {
    let daemon = Libvirtd::start().await.expect("a private libvirtd");
    let (session, _events) = session(&daemon, RpcOptions::default()).await;
    let connection = session.connection();
    let give_up = async |number: u64| {
        let patience = Duration::from_micros(number % 400);
        // Some are answered, some not sent, and most given up in between.
        let _given_up = timeout(patience, connection.call::<ConnectGetHostname>(&(), soon())).await;
    };
    for number in 0..CANCELLED / 10 {
        give_up(number).await;
    }
    let before = Held::now();
    for number in 0..CANCELLED {
        give_up(number).await;
    }
    // Where one place is all there is, a single call that was never done with keeps the next one out.
    connection.set_calls_in_flight(1);
    connection
        .call::<ConnectGetHostname>(&(), soon())
        .await
        .expect("an answer");
    let after = Held::now();
    println!("{CANCELLED} calls given up: {before:?}, then {after:?}");
    let grown = after.kib.saturating_sub(before.kib);
    assert!(grown < LEFT_BEHIND, "{grown} KiB are left behind");
    assert_eq!(
        (before.files, before.tasks),
        (after.files, after.tasks),
        "files and tasks"
    );
    session.shutdown(soon()).await.expect("a goodbye");
    daemon.stop().await.expect("an end");
}

/// What this process holds.
#[derive(Debug)]
struct Held {
    kib: u64,
    files: usize,
    tasks: usize,
}

impl Held {
    fn now() -> Self {
        Self {
            kib: resident(),
            files: std::fs::read_dir("/proc/self/fd").expect("/proc").count(),
            tasks: tokio::runtime::Handle::current().metrics().num_alive_tasks(),
        }
    }
}

/// Memory of this process, in KiB.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("a status");
    let line = status.lines().find(|line| line.starts_with("VmRSS:"));
    let number = line.and_then(|line| line.split_whitespace().nth(1));
    number.and_then(|number| number.parse().ok()).expect("a number")
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "run by cargo xtask soak rpc"]
async fn of_ten_thousand_events_none_is_missing() {
    let daemon = Libvirtd::start().await.expect("a private libvirtd");
    let options = RpcOptions::default().with_event_capacity(4 * ROUNDS);
    let (session, mut events) = session(&daemon, options).await;
    let connection = session.connection();
    let args = ConnectDomainEventCallbackRegisterAnyArgs {
        event_id: 0,
        dom: None,
    };
    connection
        .call::<ConnectDomainEventCallbackRegisterAny>(&args, soon())
        .await
        .expect("a registration");
    let dom = domain(connection).await;
    destroy(connection, &dom).await.expect("an end");
    let working = async {
        for _ in 0..ROUNDS {
            start(connection, &dom).await.expect("a start");
            destroy(connection, &dom).await.expect("an end");
        }
    };
    let reading = async {
        let mut told = Vec::new();
        while told.len() < 2 * ROUNDS + 1 {
            match timeout(Duration::from_secs(60), events.next())
                .await
                .expect("in time")
            {
                Some(RpcEventItem::Event(event)) => {
                    let message = event.decode::<DomainEventCallbackLifecycle>();
                    told.extend(message.map(|message| message.expect("a message").msg.event));
                }
                other => panic!("no event: {other:?}"),
            }
        }
        told
    };
    let ((), told) = tokio::join!(working, reading);
    // Stopped, and then started and stopped by turns.
    let expected: Vec<i32> = (0..=2 * ROUNDS)
        .map(|at| if at % 2 == 0 { 5 } else { 2 })
        .collect();
    assert_eq!(told, expected);
    session.shutdown(soon()).await.expect("a goodbye");
    daemon.stop().await.expect("an end");
}
