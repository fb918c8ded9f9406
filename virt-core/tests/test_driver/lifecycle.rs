//! How domains live, and what their events tell of it.

use virt_core::domain::{
    ConfigScope, LifecycleAction, LifecycleEvent, ShutdownMode, ShutdownOptions, StartOptions, StateReason,
};
use virt_core::event::{
    AgentState, DomainChange, EventFilter, PanicAction, ResumedReason, StartedReason, StoppedReason,
    SuspendedReason,
};
use virt_core::model::ByteSize;
use virt_core::test::{GuestBehaviour, TestControl};
use virt_core::{Domain, DomainState, ErrorKind};

use super::{changes, changes_until, config, open, running};

const BOOTED: DomainChange = DomainChange::Agent(AgentState::Connected);

async fn state(domain: &Domain) -> (DomainState, StateReason) {
    let info = domain.info().await.unwrap();
    (info.state, info.reason)
}

#[tokio::test(start_paused = true)]
async fn a_life_from_definition_to_its_end_is_told_by_its_events() {
    let conn = open().await;
    let mut events = conn.events(EventFilter::all()).await.unwrap();
    let web = conn.define_domain(&config("web")).await.unwrap();
    assert_eq!(state(&web).await, (DomainState::ShutOff, StateReason::Unknown));
    web.start().await.unwrap();
    assert_eq!(state(&web).await, (DomainState::Running, StateReason::Booted));
    web.wait_for_agent().await.unwrap();
    web.suspend().await.unwrap();
    web.suspend().await.unwrap();
    assert_eq!(state(&web).await, (DomainState::Paused, StateReason::User));
    web.resume().await.unwrap();
    web.resume().await.unwrap();
    assert_eq!(state(&web).await, (DomainState::Running, StateReason::Unpaused));
    web.reboot().await.unwrap();
    changes_until(&mut events, |change| *change == DomainChange::Rebooted).await;
    web.reset().await.unwrap();
    web.shutdown().await.unwrap();
    web.wait_for(DomainState::ShutOff).await.unwrap();
    assert_eq!(state(&web).await, (DomainState::ShutOff, StateReason::Shutdown));
    web.undefine().await.unwrap();
    let rest = changes(&mut events);
    let told: Vec<_> = rest
        .iter()
        .filter(|change| !matches!(change, DomainChange::Agent(_)))
        .collect();
    assert_eq!(
        told,
        [
            &DomainChange::Rebooted,
            &DomainChange::ShutdownFinished,
            &DomainChange::Stopped(StoppedReason::Shutdown),
            &DomainChange::Undefined,
        ]
    );
}

#[tokio::test]
async fn a_start_is_started_and_resumed_and_a_paused_one_only_started() {
    let conn = open().await;
    let web = conn.define_domain(&config("web")).await.unwrap();
    let mut events = web.events().await.unwrap();
    web.start_with(&StartOptions::default().paused()).await.unwrap();
    assert_eq!(
        state(&web).await,
        (DomainState::Paused, StateReason::StartedPaused)
    );
    assert_eq!(
        changes(&mut events),
        [DomainChange::Started(StartedReason::Booted)]
    );
    web.resume().await.unwrap();
    assert_eq!(
        changes(&mut events),
        [DomainChange::Resumed(ResumedReason::Unpaused)]
    );
    web.destroy().await.unwrap();
    assert_eq!(
        changes(&mut events),
        [DomainChange::Stopped(StoppedReason::Destroyed)]
    );
    web.start().await.unwrap();
    assert_eq!(
        changes(&mut events),
        [
            DomainChange::Started(StartedReason::Booted),
            DomainChange::Resumed(ResumedReason::Unpaused)
        ]
    );
}

#[tokio::test]
async fn what_a_state_does_not_allow_is_refused_and_changes_nothing() {
    let conn = open().await;
    let web = conn.define_domain(&config("web")).await.unwrap();
    let mut events = web.events().await.unwrap();
    for refused in [
        web.shutdown().await,
        web.reboot().await,
        web.reset().await,
        web.destroy().await,
        web.suspend().await,
        web.resume().await,
        web.core_dump("/nowhere/core", &Default::default())
            .await
            .map(drop),
        web.agent().ping().await,
    ] {
        assert_eq!(refused.unwrap_err().kind(), ErrorKind::InvalidState);
    }
    assert!(changes(&mut events).is_empty());
    web.start().await.unwrap();
    let error = web.start().await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "start: domain \"web\": the domain is running (booted): it runs already"
    );
}

#[tokio::test]
async fn ids_count_up_and_are_never_given_twice() {
    let (_conn, web) = running("web").await;
    assert_eq!(web.id().await.unwrap(), Some(2));
    web.destroy().await.unwrap();
    assert_eq!(web.id().await.unwrap(), None);
    web.start().await.unwrap();
    assert_eq!(web.id().await.unwrap(), Some(3));
}

#[tokio::test]
async fn what_happens_on_poweroff_reboot_and_crash_is_followed() {
    let (conn, web) = running("web").await;
    let guest = TestControl::of(&conn).unwrap().guest(&web).unwrap();
    let on = async |event, action| {
        web.set_lifecycle_action(event, action, ConfigScope::Live)
            .await
            .unwrap();
    };
    let mut events = web.events().await.unwrap();

    on(LifecycleEvent::Poweroff, LifecycleAction::Restart).await;
    guest.power_off().unwrap();
    assert_eq!(state(&web).await, (DomainState::Running, StateReason::Booted));
    assert_eq!(
        changes(&mut events),
        [DomainChange::ShutdownFinished, DomainChange::Rebooted]
    );

    on(LifecycleEvent::Crash, LifecycleAction::CoredumpRestart).await;
    guest.panic("").unwrap();
    assert_eq!(guest.crash_dumps().unwrap(), 1);
    let action = PanicAction::Pause;
    let info = String::new();
    assert_eq!(
        changes(&mut events),
        [DomainChange::Panicked { action, info }, DomainChange::Rebooted]
    );

    on(LifecycleEvent::Crash, LifecycleAction::Preserve).await;
    guest.panic("{}").unwrap();
    assert_eq!(state(&web).await, (DomainState::Crashed, StateReason::Panicked));
    assert_eq!(web.resume().await.unwrap_err().kind(), ErrorKind::InvalidState);
    web.destroy().await.unwrap();
    web.start().await.unwrap();

    on(LifecycleEvent::Reboot, LifecycleAction::Destroy).await;
    guest.reboot().unwrap();
    assert_eq!(state(&web).await, (DomainState::ShutOff, StateReason::Shutdown));
    web.start().await.unwrap();

    on(LifecycleEvent::Poweroff, LifecycleAction::Preserve).await;
    guest.power_off().unwrap();
    assert_eq!(
        state(&web).await,
        (DomainState::ShuttingDown, StateReason::Shutdown)
    );
    web.destroy().await.unwrap();

    web.start().await.unwrap();
    changes(&mut events);
    guest.panic("").unwrap();
    assert_eq!(state(&web).await, (DomainState::ShutOff, StateReason::Crashed));
    assert_eq!(
        changes(&mut events).last(),
        Some(&DomainChange::Stopped(StoppedReason::Crashed))
    );
}

#[tokio::test(start_paused = true)]
async fn a_guest_that_stands_still_shuts_down_when_it_goes_on() {
    let (_conn, web) = running("web").await;
    web.suspend().await.unwrap();
    web.shutdown_with(&ShutdownOptions::default().mode(ShutdownMode::Acpi))
        .await
        .unwrap();
    tokio::time::sleep(std::time::Duration::from_secs(5)).await;
    assert_eq!(state(&web).await.0, DomainState::Paused);
    web.resume().await.unwrap();
    web.wait_for(DomainState::ShutOff).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_shutdown_through_an_agent_that_is_not_there_says_so() {
    let (_conn, web) = running("web").await;
    let by_agent = ShutdownOptions::default().mode(ShutdownMode::Agent);
    assert_eq!(
        web.shutdown_with(&by_agent).await.unwrap_err().kind(),
        ErrorKind::AgentUnavailable
    );
    web.wait_for_agent().await.unwrap();
    web.shutdown_with(&by_agent).await.unwrap();
    web.wait_for(DomainState::ShutOff).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_reset_forgets_what_the_guest_was_asked_before() {
    let (conn, web) = running("web").await;
    let guest = TestControl::of(&conn).unwrap().guest(&web).unwrap();
    let mut slow = GuestBehaviour::default();
    slow.shutdown_time = Some(std::time::Duration::from_secs(30));
    guest.set_behaviour(slow).unwrap();
    web.shutdown().await.unwrap();
    web.reset().await.unwrap();
    tokio::time::sleep(std::time::Duration::from_secs(60)).await;
    assert_eq!(state(&web).await.0, DomainState::Running);
}

#[tokio::test(start_paused = true)]
async fn the_agent_comes_with_the_boot_and_goes_with_a_reboot() {
    let (conn, web) = running("web").await;
    let guest = TestControl::of(&conn).unwrap().guest(&web).unwrap();
    let mut events = web.events().await.unwrap();
    assert_eq!(web.info().await.unwrap().agent_connected, Some(false));
    changes_until(&mut events, |change| *change == BOOTED).await;
    guest.reboot().unwrap();
    let gone = DomainChange::Agent(AgentState::Disconnected);
    let told = changes_until(&mut events, |change| *change == BOOTED).await;
    assert_eq!(told, [DomainChange::Rebooted, gone, BOOTED]);
}

#[tokio::test]
async fn sleep_and_waking_are_told() {
    let (conn, web) = running("web").await;
    let guest = TestControl::of(&conn).unwrap().guest(&web).unwrap();
    guest.sleep().unwrap();
    assert_eq!(state(&web).await.0, DomainState::PmSuspended);
    assert_eq!(web.suspend().await.unwrap_err().kind(), ErrorKind::InvalidState);
    guest.wake().unwrap();
    assert_eq!(state(&web).await, (DomainState::Running, StateReason::WokenUp));
}

#[tokio::test(start_paused = true)]
async fn the_balloon_moves_afterwards_and_tells() {
    let (_conn, web) = running("web").await;
    let mut events = web.events().await.unwrap();
    web.set_memory(ByteSize::mib(512), ConfigScope::Live)
        .await
        .unwrap();
    assert_eq!(web.info().await.unwrap().memory, ByteSize::gib(1));
    let moved = |change: &DomainChange| matches!(change, DomainChange::BalloonChanged { .. });
    let told = changes_until(&mut events, moved).await;
    assert_eq!(
        told.last(),
        Some(&DomainChange::BalloonChanged {
            actual_bytes: 512 << 20
        })
    );
    assert_eq!(web.info().await.unwrap().memory, ByteSize::mib(512));
    let too_much = web
        .set_memory(ByteSize::gib(2), ConfigScope::Both)
        .await
        .unwrap_err();
    assert_eq!(too_much.kind(), ErrorKind::InvalidArgument);
    assert!(too_much.to_string().contains("1 GiB"), "{too_much}");
    web.set_memory(ByteSize::mib(256), ConfigScope::Config)
        .await
        .unwrap();
    web.destroy().await.unwrap();
    assert_eq!(web.info().await.unwrap().memory, ByteSize::mib(256));
}

#[tokio::test]
async fn guests_that_go_with_the_connection_go_when_it_is_closed() {
    let conn = open().await;
    let mut events = conn.events(EventFilter::all()).await.unwrap();
    let bound = StartOptions::default().auto_destroy();
    let bound = conn.create_domain_with(&config("bound"), &bound).await.unwrap();
    assert!(bound.info().await.unwrap().auto_destroy);
    changes(&mut events);
    conn.shutdown().await.unwrap();
    assert_eq!(
        changes(&mut events),
        [DomainChange::Stopped(StoppedReason::Destroyed)]
    );
    assert_eq!(events.next().await, None);
    assert_eq!(
        conn.domains().await.unwrap_err().kind(),
        ErrorKind::ConnectionLost
    );
    assert!(!conn.is_alive());
    conn.close();
    conn.shutdown().await.unwrap();
}

#[tokio::test]
async fn a_dump_stops_the_guest_reports_progress_and_leaves_a_core_file() {
    let (_conn, web) = running("web").await;
    let mut events = web.events().await.unwrap();
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("core").display().to_string();
    let job = web.core_dump(&path, &Default::default()).await.unwrap();
    assert_eq!(state(&web).await, (DomainState::Paused, StateReason::Dumping));
    assert_eq!(web.job().await.unwrap().unwrap().kind(), job.kind());
    assert_eq!(web.suspend().await.unwrap_err().kind(), ErrorKind::Busy);
    let second = web
        .core_dump(&format!("{path}2"), &Default::default())
        .await
        .unwrap_err();
    assert_eq!(second.kind(), ErrorKind::Busy);
    job.wait().await.unwrap();
    assert_eq!(job.progress().total_bytes, Some(1 << 30));
    assert_eq!(state(&web).await, (DomainState::Running, StateReason::Unpaused));
    assert!(std::fs::read(&path).unwrap().starts_with(b"\x7fELF"));
    assert!(web.job().await.unwrap().is_none());
    let told: Vec<_> = changes(&mut events)
        .into_iter()
        .filter(|change| !matches!(change, DomainChange::Agent(_)))
        .collect();
    assert_eq!(
        told,
        [
            DomainChange::Suspended(SuspendedReason::Job),
            DomainChange::Resumed(ResumedReason::JobOver)
        ]
    );
    let again = web.core_dump(&path, &Default::default()).await.unwrap_err();
    assert_eq!(again.kind(), ErrorKind::AlreadyExists);
}

#[tokio::test]
async fn a_dump_that_is_cancelled_leaves_nothing_and_one_of_a_destroyed_domain_ends() {
    let (conn, web) = running("web").await;
    let guest = TestControl::of(&conn).unwrap().guest(&web).unwrap();
    let mut slow = GuestBehaviour::default();
    slow.dump_rate = 1 << 20;
    guest.set_behaviour(slow).unwrap();
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("core").display().to_string();
    let job = web.core_dump(&path, &Default::default()).await.unwrap();
    job.cancel().unwrap();
    assert_eq!(job.wait().await.unwrap_err().kind(), ErrorKind::Cancelled);
    assert_eq!(state(&web).await.0, DomainState::Running);
    let job = web.core_dump(&path, &Default::default()).await.unwrap();
    web.destroy().await.unwrap();
    assert_eq!(job.wait().await.unwrap_err().kind(), ErrorKind::Cancelled);
    assert!(!std::path::Path::new(&path).exists());
    web.start().await.unwrap();
}
