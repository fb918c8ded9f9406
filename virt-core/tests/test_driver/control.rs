//! What a test can make go wrong.

use std::time::Duration;

use virt_core::agent::{ExecRequest, FrozenFilesystems};
use virt_core::domain::{DestroyOptions, StateReason};
use virt_core::event::{DomainChange, Event, EventFilter, IoErrorAction, WatchdogAction};
use virt_core::host::ExitStatus;
use virt_core::model::DomainConfig;
use virt_core::stats::StatsGroups;
use virt_core::test::{Activity, AgentBehaviour, Fault, TestControl};
use virt_core::{DomainState, ErrorKind, Outcome};

use super::{config, open, running};

#[tokio::test]
async fn a_fault_strikes_the_call_it_is_for_and_says_its_outcome() {
    let (conn, web) = running("web").await;
    let control = TestControl::of(&conn).unwrap();
    control
        .inject(Fault::on("suspend").of(&web).nth(2).failing(ErrorKind::Failed))
        .unwrap();
    let test = conn.domain("test").await.unwrap();
    web.suspend().await.unwrap();
    test.suspend().await.unwrap();
    web.resume().await.unwrap();
    let error = web.suspend().await.unwrap_err();
    assert_eq!(
        (error.kind(), error.outcome()),
        (ErrorKind::Failed, Outcome::NotApplied)
    );
    assert_eq!(web.info().await.unwrap().state, DomainState::Running);
    control
        .inject(Fault::on("suspend").failing_afterwards(ErrorKind::ConnectionLost, Outcome::Unknown))
        .unwrap();
    assert_eq!(web.suspend().await.unwrap_err().outcome(), Outcome::Unknown);
    assert_eq!(web.info().await.unwrap().state, DomainState::Paused);
    assert_eq!(control.calls("suspend"), 4);
}

#[tokio::test(start_paused = true)]
async fn work_whose_caller_went_away_is_done_all_the_same() {
    let conn = open().await;
    let web = conn.define_domain(&config("web")).await.unwrap();
    let control = TestControl::of(&conn).unwrap();
    control
        .inject(Fault::on("start").delayed(Duration::from_secs(2)))
        .unwrap();
    let given_up = tokio::time::timeout(Duration::from_secs(1), web.start()).await;
    assert!(given_up.is_err());
    assert_eq!(web.info().await.unwrap().state, DomainState::ShutOff);
    web.wait_for(DomainState::Running).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_call_that_hangs_ends_at_its_deadline_and_what_stands_behind_it_was_not_begun() {
    let (conn, web) = running("web").await;
    let control = TestControl::of(&conn).unwrap();
    control.inject(Fault::on("suspend").hanging()).unwrap();
    let short = web.with_deadline(Duration::from_secs(3));
    let (hung, behind) = tokio::join!(short.suspend(), short.set_autostart(true));
    let hung = hung.unwrap_err();
    assert_eq!(
        (hung.kind(), hung.outcome()),
        (ErrorKind::Timeout, Outcome::Unknown)
    );
    let behind = behind.unwrap_err();
    assert_eq!(
        (behind.kind(), behind.outcome()),
        (ErrorKind::Timeout, Outcome::NotApplied)
    );
    control.release();
    web.set_autostart(false).await.unwrap();
    let info = web.info().await.unwrap();
    assert_eq!((info.state, info.autostart), (DomainState::Paused, false));
}

#[tokio::test(start_paused = true)]
async fn a_hung_guest_delays_nobody_and_can_be_destroyed() {
    let (conn, web) = running("web").await;
    let guest = TestControl::of(&conn).unwrap().guest(&web).unwrap();
    guest.hang(true).unwrap();
    let stuck = tokio::spawn({
        let web = web.clone();
        async move { web.suspend().await }
    });
    tokio::task::yield_now().await;
    assert_eq!(web.info().await.unwrap().state, DomainState::Running);
    conn.domain("test").await.unwrap().suspend().await.unwrap();
    let rows = conn.domain_stats(StatsGroups::all()).await.unwrap();
    let missing: Vec<_> = rows
        .iter()
        .map(|row| (row.domain.name.as_str(), row.error.is_some()))
        .collect();
    assert_eq!(missing, [("test", false), ("web", true)]);
    let hasty = web.with_deadline(Duration::from_secs(2));
    let graceful = DestroyOptions::default().graceful();
    assert_eq!(
        hasty.destroy_with(&graceful).await.unwrap_err().kind(),
        ErrorKind::Timeout
    );
    web.destroy().await.unwrap();
    assert_eq!(stuck.await.unwrap().unwrap_err().kind(), ErrorKind::Cancelled);
    web.start().await.unwrap();
    web.suspend().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_lost_connection_says_so_everywhere_and_tells_to_look_again_when_it_is_back() {
    let (conn, web) = running("web").await;
    let control = TestControl::of(&conn).unwrap();
    let mut events = conn.events(EventFilter::all()).await.unwrap();
    control.inject(Fault::on("destroy").hanging()).unwrap();
    let under_way = tokio::spawn({
        let web = web.clone();
        async move { web.destroy().await }
    });
    tokio::task::yield_now().await;
    control.lose_connection();
    let error = under_way.await.unwrap().unwrap_err();
    assert_eq!(
        (error.kind(), error.outcome()),
        (ErrorKind::ConnectionLost, Outcome::Unknown)
    );
    assert!(!conn.is_alive());
    for error in [
        web.info().await.map(drop),
        web.agent().ping().await,
        conn.domains().await.map(drop),
    ] {
        assert_eq!(error.unwrap_err().kind(), ErrorKind::ConnectionLost);
    }
    control.guest(&web).unwrap().reboot().unwrap();
    control.restore_connection();
    assert!(conn.is_alive());
    assert_eq!(events.next().await, Some(Event::Resync));
    assert_eq!(web.info().await.unwrap().state, DomainState::Running);
}

#[tokio::test]
async fn a_storm_of_events_that_nobody_reads_is_counted() {
    let (conn, web) = running("web").await;
    let control = TestControl::of(&conn).unwrap();
    let mut events = conn.events(EventFilter::all().with_capacity(10)).await.unwrap();
    control.guest(&web).unwrap().event_storm(1000).unwrap();
    assert_eq!(events.next().await, Some(Event::Lagged(990)));
    let Some(Event::Domain(event)) = events.next().await else {
        panic!()
    };
    assert!(matches!(event.change, DomainChange::Native { data, .. } if data.contains("990")));
}

#[tokio::test]
async fn io_errors_and_watchdogs_stop_the_guest_when_they_are_to() {
    let (conn, web) = running("web").await;
    let guest = TestControl::of(&conn).unwrap().guest(&web).unwrap();
    guest
        .io_error("virtio-disk0", IoErrorAction::Report, "broken")
        .unwrap();
    assert_eq!(web.info().await.unwrap().state, DomainState::Running);
    guest
        .io_error("virtio-disk0", IoErrorAction::Pause, "no space left")
        .unwrap();
    assert_eq!(web.info().await.unwrap().reason, StateReason::IoError);
    web.resume().await.unwrap();
    guest.watchdog(WatchdogAction::Pause).unwrap();
    assert_eq!(web.info().await.unwrap().reason, StateReason::Watchdog);
    guest.die().unwrap();
    assert_eq!(web.info().await.unwrap().reason, StateReason::Crashed);
    assert_eq!(guest.reboot().unwrap_err().kind(), ErrorKind::InvalidState);
}

#[tokio::test(start_paused = true)]
async fn a_guest_may_ignore_what_it_is_asked() {
    let (conn, web) = running("web").await;
    TestControl::of(&conn)
        .unwrap()
        .guest(&web)
        .unwrap()
        .ignore_shutdown(true)
        .unwrap();
    web.shutdown().await.unwrap();
    let waited = web
        .with_deadline(Duration::from_secs(60))
        .wait_for(DomainState::ShutOff)
        .await;
    assert_eq!(waited.unwrap_err().kind(), ErrorKind::Timeout);
}

#[tokio::test(start_paused = true)]
async fn the_agent_runs_programs_and_keeps_files() {
    let (_conn, web) = running("web").await;
    let agent = web.agent();
    assert_eq!(
        agent.ping().await.unwrap_err().kind(),
        ErrorKind::AgentUnavailable
    );
    web.wait_for_agent().await.unwrap();
    agent.write_file("/tmp/note", b"kept").await.unwrap();
    let output = agent
        .exec(&ExecRequest::new("cat").arg("/tmp/note"))
        .await
        .unwrap();
    assert_eq!(
        (output.status, output.stdout),
        (ExitStatus::Code(0), b"kept".to_vec())
    );
    let output = agent
        .exec(&ExecRequest::new("/bin/sh").args(["-c", "exit 3"]))
        .await
        .unwrap();
    assert_eq!(output.status, ExitStatus::Code(3));
    web.reset().await.unwrap();
    web.wait_for_agent().await.unwrap();
    assert_eq!(agent.read_file("/tmp/note").await.unwrap(), b"kept");
    assert_eq!(
        agent.read_file("/none").await.unwrap_err().kind(),
        ErrorKind::Failed
    );
    let impatient = ExecRequest::new("sleep")
        .arg("60")
        .time_limit(Duration::from_secs(1));
    assert_eq!(
        agent.exec(&impatient).await.unwrap_err().kind(),
        ErrorKind::Timeout
    );
    assert_eq!(agent.host_name().await.unwrap(), "test-guest");
    assert_eq!(web.wait_for_address().await.unwrap().ip.to_string(), "192.0.2.15");
    agent.set_time(Some(1_000_000_000)).await.unwrap();
    assert!(agent.time().await.unwrap() < 600_000_000_000);
    assert!(!agent.info().await.unwrap().commands.is_empty() && !agent.users().await.unwrap().is_empty());
    assert_eq!(agent.os().await.unwrap().id.as_deref(), Some("testos"));
    assert_eq!(agent.fs_trim(0).await.unwrap().filesystems.len(), 2);
}

#[tokio::test(start_paused = true)]
async fn frozen_file_systems_stay_so_until_they_are_thawed() {
    let (_conn, web) = running("web").await;
    web.wait_for_agent().await.unwrap();
    let agent = web.agent();
    let guard = agent.fs_freeze().await.unwrap();
    assert_eq!(guard.filesystems(), 2);
    assert_eq!(agent.fs_freeze_status().await.unwrap(), FrozenFilesystems::Frozen);
    let refused = agent.write_file("/tmp/x", b"").await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::InvalidState);
    assert_eq!(
        agent.fs_freeze().await.unwrap_err().kind(),
        ErrorKind::InvalidState
    );
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(agent.fs_freeze_status().await.unwrap(), FrozenFilesystems::Frozen);
    assert_eq!(guard.thaw().await.unwrap(), 2);
    drop(agent.fs_freeze().await.unwrap());
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(agent.fs_freeze_status().await.unwrap(), FrozenFilesystems::Thawed);
}

#[tokio::test(start_paused = true)]
async fn nobody_waits_for_an_agent_that_cannot_come() {
    let conn = open().await;
    let xml = "<domain type='test'><name>bare</name><memory unit='MiB'>64</memory></domain>";
    let bare = conn
        .create_domain(&DomainConfig::from_xml(xml).unwrap())
        .await
        .unwrap();
    let begun = tokio::time::Instant::now();
    assert_eq!(
        bare.wait_for_agent().await.unwrap_err().kind(),
        ErrorKind::AgentUnavailable
    );
    assert_eq!(begun.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn an_agent_may_be_absent_or_hung() {
    let (conn, web) = running("web").await;
    let guest = TestControl::of(&conn).unwrap().guest(&web).unwrap();
    web.wait_for_agent().await.unwrap();
    guest.set_agent(AgentBehaviour::Hung).unwrap();
    assert_eq!(web.info().await.unwrap().agent_connected, Some(true));
    let begun = tokio::time::Instant::now();
    assert_eq!(
        web.agent().ping().await.unwrap_err().kind(),
        ErrorKind::AgentUnavailable
    );
    assert_eq!(begun.elapsed(), Duration::from_secs(10));
    guest.set_agent(AgentBehaviour::Absent).unwrap();
    assert_eq!(web.info().await.unwrap().agent_connected, Some(false));
    assert_eq!(
        web.agent().ping().await.unwrap_err().kind(),
        ErrorKind::AgentUnavailable
    );
    guest.set_agent(AgentBehaviour::Answers).unwrap();
    web.agent().ping().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn statistics_grow_with_time_and_work_and_stand_still_with_the_guest() {
    let (conn, web) = running("web").await;
    let guest = TestControl::of(&conn).unwrap().guest(&web).unwrap();
    let cpu = async || {
        web.stats(StatsGroups::all())
            .await
            .unwrap()
            .stats
            .cpu
            .unwrap()
            .time
    };
    let before = cpu().await;
    tokio::time::sleep(Duration::from_secs(60)).await;
    let after = cpu().await;
    assert!(after > before);
    guest
        .work(&Activity::default().cpu(Duration::from_secs(9)).network(100, 200))
        .unwrap();
    assert!(cpu().await >= after + Duration::from_secs(9));
    web.suspend().await.unwrap();
    let still = cpu().await;
    tokio::time::sleep(Duration::from_secs(60)).await;
    assert_eq!(cpu().await, still);
    let stats = web.stats(StatsGroups::all()).await.unwrap().stats;
    assert_eq!(stats.vcpus.len(), 2);
    assert!(stats.interfaces[0].traffic.unwrap().tx_bytes >= 200);
    assert_eq!(stats.balloon.unwrap().maximum, 1 << 30);
}
