//! Sessions that end on the server, and servers that do not answer as they should.

use std::time::Duration;

use virt_core::domain::{DomainFilter, DomainState};
use virt_core::event::{DomainChange, EventFilter, StoppedReason};
use virt_core::{ErrorKind, Outcome};
use virt_testkit::live::vsphere::SimulatorOptions;

use crate::fixture::{SOON, connected, first, open, simulator, until, until_resync};

#[tokio::test]
async fn a_session_that_ends_while_32_calls_are_under_way_is_opened_again() {
    let Some((simulator, conn)) = connected(SimulatorOptions::esx()).await else {
        return;
    };
    let conn = conn.with_deadline(Duration::from_secs(20));
    let mut all = conn.events(EventFilter::all()).await.expect("its events");
    let domain = first(&conn).await;
    let mut calls = tokio::task::JoinSet::new();
    for _ in 0..32 {
        let conn = conn.clone();
        calls.spawn(async move { conn.node_info().await.map(drop) });
    }
    simulator.control().end_sessions().await.expect("they end");
    while let Some(ended) = calls.join_next().await {
        ended.expect("no panic").expect("what only reads is asked again");
    }
    until_resync(&mut all).await;
    // Events go on, in the new session.
    let mut events = domain.events().await.expect("its events");
    let mut ended = domain.destroy().await;
    if let Err(error) = &ended
        && error.kind() == ErrorKind::Busy
    {
        assert_eq!(error.outcome(), Outcome::NotApplied);
        ended = domain.destroy().await;
    }
    ended.expect("it ends");
    until(
        &mut events,
        &domain,
        &DomainChange::Stopped(StoppedReason::Destroyed),
    )
    .await;
    conn.shutdown().await.expect("it ends");
}

#[tokio::test]
async fn what_would_change_something_is_not_done_twice() {
    let Some((simulator, conn)) = connected(SimulatorOptions::esx()).await else {
        return;
    };
    let domain = first(&conn).await;
    let control = simulator.control();
    control.reset_calls().await.expect("counts");
    control.end_sessions().await.expect("they end");
    // Whoever listens for events may have opened the session again before.
    if let Err(error) = domain.suspend().await {
        assert_eq!(
            (error.kind(), error.outcome()),
            (ErrorKind::Busy, Outcome::NotApplied),
            "{error}"
        );
        domain.suspend().await.expect("the session is open again");
    }
    assert_eq!(
        domain.info().await.expect("what it is").state,
        DomainState::Paused
    );
    let calls = simulator.calls().await.expect("counts");
    assert!(
        calls.of("SuspendVM_Task") <= 2,
        "{:?}",
        calls.iter().collect::<Vec<_>>()
    );
    conn.shutdown().await.expect("it ends");
}

#[tokio::test]
async fn a_server_that_is_away_for_a_moment_is_told_and_comes_back() {
    let Some((simulator, conn)) = connected(SimulatorOptions::esx()).await else {
        return;
    };
    let control = simulator.control();
    // Whoever listens for events may meet one of them.
    control.be_unavailable(3).await.expect("it is away");
    let error = conn.node_info().await.map(drop).expect_err("it does not answer");
    assert_eq!(error.kind(), ErrorKind::Busy, "{error}");
    let again = async { while conn.node_info().await.is_err() {} };
    tokio::time::timeout(SOON, again).await.expect("it comes back");
    conn.node_info().await.expect("it answers again");
    control.reset_connections(1).await.expect("one is cut");
    conn.node_info().await.expect("what only reads is asked again");
    conn.shutdown().await.expect("it ends");
}

#[tokio::test]
async fn a_call_that_takes_too_long_ends_at_its_deadline() {
    let Some((simulator, conn)) = connected(SimulatorOptions::esx()).await else {
        return;
    };
    let control = simulator.control();
    control
        .delay("CreateContainerView", Duration::from_secs(5))
        .await
        .expect("it is slow");
    let began = std::time::Instant::now();
    let hurried = conn.with_deadline(Duration::from_secs(1));
    let error = hurried.node_info().await.map(drop).expect_err("it is too slow");
    assert_eq!(error.kind(), ErrorKind::Timeout, "{error}");
    assert!(began.elapsed() < Duration::from_secs(3), "{:?}", began.elapsed());
    conn.shutdown().await.expect("it ends");
}

#[tokio::test]
async fn an_inventory_that_comes_in_parts_is_whole_when_the_connection_is_open() {
    let options = SimulatorOptions::esx().with_machines(50).with_page(7);
    let Some(simulator) = simulator(options).await else {
        return;
    };
    simulator
        .control()
        .truncate_next_update()
        .await
        .expect("the next one is cut");
    let conn = open(&simulator, &simulator.esx_uri(), "")
        .await
        .expect("it opens");
    let infos = conn
        .domain_infos(&DomainFilter::all())
        .await
        .expect("the machines");
    assert_eq!(infos.len(), 50);
    conn.shutdown().await.expect("it ends");
}
