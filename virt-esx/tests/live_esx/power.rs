//! The life of machines, and what is told of it.

use virt_core::domain::{DestroyOptions, DomainState, StartOptions, StateReason};
use virt_core::event::{DomainChange, ResumedReason, StartedReason, StoppedReason, SuspendedReason};
use virt_core::{Connection, Domain, ErrorKind};
use virt_testkit::live::vsphere::{Simulator, SimulatorOptions};

use crate::fixture::{connected, first, open, until};

/// A simulator with a connection to it, and one of its machines.
async fn opened() -> Option<(Simulator, Connection, Domain)> {
    let (simulator, conn) = connected(SimulatorOptions::esx()).await?;
    let domain = first(&conn).await;
    Some((simulator, conn, domain))
}

#[tokio::test]
async fn a_machine_is_ended_and_started_and_what_is_told_is_in_order() {
    let Some((_simulator, conn, domain)) = opened().await else {
        return;
    };
    let mut events = domain.events().await.expect("its events");
    domain.destroy().await.expect("it ends");
    let info = domain.info().await.expect("what it is");
    assert_eq!(
        (info.state, info.reason, info.id),
        (DomainState::ShutOff, StateReason::Destroyed, None)
    );
    let stopped = DomainChange::Stopped(StoppedReason::Destroyed);
    let told = until(&mut events, &domain, &stopped).await;
    assert!(!told.contains(&DomainChange::ShutdownFinished), "{told:?}");
    let error = domain.destroy().await.expect_err("it has ended");
    assert_eq!(error.kind(), ErrorKind::InvalidState);
    domain.start().await.expect("it starts");
    let info = domain.info().await.expect("what it is");
    assert_eq!(info.state, DomainState::Running);
    assert!(info.id.is_some());
    let told = until(
        &mut events,
        &domain,
        &DomainChange::Resumed(ResumedReason::Unpaused),
    )
    .await;
    assert!(
        told.contains(&DomainChange::Started(StartedReason::Booted)),
        "{told:?}"
    );
    let error = domain.start().await.expect_err("it runs");
    assert_eq!(error.kind(), ErrorKind::InvalidState);
    conn.shutdown().await.expect("it ends");
}

#[tokio::test]
async fn a_machine_that_is_suspended_to_disk_is_paused_and_goes_on() {
    let Some((_simulator, conn, domain)) = opened().await else {
        return;
    };
    let mut events = domain.events().await.expect("its events");
    domain.suspend().await.expect("it is suspended");
    domain.suspend().await.expect("it is already");
    let info = domain.info().await.expect("what it is");
    assert_eq!(
        (info.state, info.reason),
        (DomainState::Paused, StateReason::User)
    );
    until(
        &mut events,
        &domain,
        &DomainChange::Suspended(SuspendedReason::Paused),
    )
    .await;
    let error = domain.start().await.expect_err("it is paused");
    assert_eq!(error.kind(), ErrorKind::InvalidState, "{error}");
    domain.resume().await.expect("it goes on");
    until(
        &mut events,
        &domain,
        &DomainChange::Resumed(ResumedReason::Unpaused),
    )
    .await;
    domain.suspend().await.expect("it is suspended");
    let boot = StartOptions::default().force_boot();
    domain.start_with(&boot).await.expect("it boots anew");
    assert_eq!(
        domain.info().await.expect("what it is").state,
        DomainState::Running
    );
    conn.shutdown().await.expect("it ends");
}

#[tokio::test]
async fn a_guest_is_asked_through_its_tools_where_they_run() {
    let Some((simulator, conn, domain)) = opened().await else {
        return;
    };
    let mut events = domain.events().await.expect("its events");
    domain.reboot().await.expect("it is asked");
    until(&mut events, &domain, &DomainChange::Rebooted).await;
    domain.reset().await.expect("it is reset");
    until(&mut events, &domain, &DomainChange::Rebooted).await;
    domain.shutdown().await.expect("it is asked");
    let told = until(
        &mut events,
        &domain,
        &DomainChange::Stopped(StoppedReason::Shutdown),
    )
    .await;
    assert!(told.contains(&DomainChange::ShutdownFinished), "{told:?}");
    domain.start().await.expect("it starts");
    domain.wait_for(DomainState::Running).await.expect("it runs");
    let graceful = DestroyOptions::default().graceful();
    domain.destroy_with(&graceful).await.expect("it ends by itself");
    assert_eq!(
        domain.info().await.expect("what it is").reason,
        StateReason::Destroyed
    );
    simulator
        .control()
        .remove_tools(domain.name())
        .await
        .expect("its tools are gone");
    domain.start().await.expect("it starts");
    let error = domain.shutdown().await.expect_err("nobody hears");
    assert_eq!(error.kind(), ErrorKind::AgentUnavailable, "{error}");
    conn.shutdown().await.expect("it ends");
}

#[tokio::test]
async fn what_others_do_is_told_within_a_second() {
    let Some((simulator, conn, domain)) = opened().await else {
        return;
    };
    let other = open(&simulator, &simulator.esx_uri(), "")
        .await
        .expect("it opens");
    let theirs = other.domain(domain.name()).await.expect("it is there");
    let mut events = domain.events().await.expect("its events");
    theirs.destroy().await.expect("it ends");
    let began = std::time::Instant::now();
    until(
        &mut events,
        &domain,
        &DomainChange::Stopped(StoppedReason::Shutdown),
    )
    .await;
    assert!(began.elapsed().as_secs() < 1, "{:?}", began.elapsed());
    other.shutdown().await.expect("it ends");
    conn.shutdown().await.expect("it ends");
}
