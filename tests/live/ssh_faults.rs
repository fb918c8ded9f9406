//! QEMU on a far machine whose line is cut, stalls and is slow, and whose sshd dies.
//!
//! The far machine is this one behind an sshd and a line of the test's own, so that what is left on it can be looked at.

use std::path::Path;
use std::time::Duration;

use tokio::time::Instant;
use virt_sdk::domain::StartOptions;
use virt_sdk::event::{Event, EventFilter, EventStream};
use virt_sdk::model::domain::devices::Rng;
use virt_sdk::stats::StatsGroups;
use virt_sdk::{Connection, DomainState, ErrorKind};
use virt_testkit::conformance::{Doing as _, Failure, refused};
use virt_testkit::live::far::FarMachine;
use virt_testkit::live::sshd;

use crate::fixture::{Fixture, PATIENCE, builder, check, equal, live, soon};
use crate::full::Mounted;

live! { "ssh_faults", needs sshd::missing;
    a_line_cut_for_a_second_costs_no_guest_anything;
    calls_during_an_outage_answer_in_time;
    operations_cut_at_any_moment_are_done_or_not_done;
    an_sshd_that_is_killed_and_comes_back_is_gone_on_with;
    an_sshd_that_comes_back_with_another_key_is_refused;
    a_holder_that_is_not_heard_of_loses_the_root_within_15_seconds;
    a_far_and_a_near_manager_keep_each_other_out;
    a_slow_line_is_slow_and_nothing_else;
    a_full_disk_there_is_told_and_changes_nothing;
}

/// What a call may take beyond its deadline.
pub(crate) const SLACK: Duration = Duration::from_secs(3);

pub(crate) async fn far_machine() -> Result<FarMachine, Failure> {
    FarMachine::start(|sshd| sshd).await.doing("starting an sshd")
}

pub(crate) async fn open(far: &FarMachine, root: &Path) -> virt_sdk::Result<Connection> {
    builder().open(&far.uri(root)).await
}

pub(crate) async fn resync(events: &mut EventStream) -> Result<(), Failure> {
    let waiting = async {
        while let Some(event) = events.next().await {
            if matches!(event, Event::Resync) {
                return Ok(());
            }
        }
        Err(Failure::new("the events ended"))
    };
    soon("the word to look again", waiting).await?
}

async fn a_line_cut_for_a_second_costs_no_guest_anything(fixture: &Fixture) -> Result<(), Failure> {
    let far = far_machine().await?;
    let conn = open(&far, &fixture.root()).await.doing("opening a far root")?;
    let domain = fixture.paused(&conn, "steady").await?;
    let pid = fixture.pid_of("steady")?;
    let mut events = conn.events(EventFilter::all()).await.doing("subscribing")?;
    for _ in 0..3 {
        far.cut_for(Duration::from_secs(1)).await;
        resync(&mut events).await?;
        let patient = domain.with_deadline(Duration::from_secs(30));
        let info = patient.info().await.doing("asking for it")?;
        equal(info.state, DomainState::Paused, "the state")?;
        equal(fixture.pid_of("steady")?, pid, "the process of the guest")?;
        patient.resume().await.doing("resuming it")?;
        patient.suspend().await.doing("suspending it")?;
        fixture.is_consistent(&conn).await?;
    }
    fixture.remove_all(&conn).await
}

async fn calls_during_an_outage_answer_in_time(fixture: &Fixture) -> Result<(), Failure> {
    let far = far_machine().await?;
    let conn = open(&far, &fixture.root()).await.doing("opening a far root")?;
    let domain = fixture.paused(&conn, "steady").await?;
    far.line.cut_and_refuse();
    let short = domain.with_deadline(Duration::from_secs(2));
    let began = Instant::now();
    let error = short
        .resume()
        .await
        .err()
        .ok_or_else(|| Failure::new("it resumed without a line"))?;
    check(
        matches!(error.kind(), ErrorKind::ConnectionLost | ErrorKind::Timeout),
        format!("a call without a line answers {error}"),
    )?;
    check(
        began.elapsed() < Duration::from_secs(2) + SLACK,
        format!("it took {:?}", began.elapsed()),
    )?;
    // What is known without asking is answered all the same.
    equal(
        conn.domains().await.doing("listing")?.len(),
        1,
        "domains that are listed",
    )?;
    let began = Instant::now();
    let rows = conn.domain_stats(StatsGroups::all()).await;
    check(
        began.elapsed() < Duration::from_secs(5) + SLACK,
        format!("statistics took {:?}", began.elapsed()),
    )?;
    if let Ok(rows) = rows {
        check(
            rows.iter().all(|row| row.error.is_some()),
            "statistics came without a line",
        )?;
    }
    far.line.resume();
    let patient = domain.with_deadline(Duration::from_secs(30));
    patient
        .wait_for(DomainState::Paused)
        .await
        .doing("waiting for the line")?;
    fixture.remove_all(&conn).await
}

/// One change after the other, so that each is cut at some time.
async fn restless(fixture: &Fixture, conn: &Connection, round: u32) -> Result<(), Failure> {
    let config = fixture.machine("restless")?;
    let paused = StartOptions::default().paused();
    for _ in 0..2 {
        // Each may fail; what matters is what is there afterwards.
        if let Ok(domain) = conn.define_domain(&config).await {
            let domain = domain.with_deadline(Duration::from_secs(10));
            drop(domain.start_with(&paused).await);
            drop(domain.resume().await);
            drop(domain.set_autostart(round.is_multiple_of(2)).await);
            drop(domain.destroy().await);
            drop(domain.undefine().await);
        } else if let Ok(domain) = conn.domain("restless").await {
            drop(domain.destroy().await);
            drop(domain.undefine().await);
        }
    }
    Ok(())
}

async fn operations_cut_at_any_moment_are_done_or_not_done(fixture: &Fixture) -> Result<(), Failure> {
    let far = far_machine().await?;
    let conn = open(&far, &fixture.root()).await.doing("opening a far root")?;
    fixture.paused(&conn, "steady").await?;
    let pid = fixture.pid_of("steady")?;
    let mut moment = 11_u64;
    // A few moments; `soak ssh` has sixty.
    for round in 0..4_u32 {
        moment = (moment * 389 + 101) % 1_009;
        let cutting = async {
            tokio::time::sleep(Duration::from_millis(moment)).await;
            far.cut_for(Duration::from_millis(300)).await;
        };
        let (worked, ()) = tokio::join!(restless(fixture, &conn, round), cutting);
        worked?;
        let what = format!("after a cut {moment} ms into the work");
        settled(fixture, &conn, pid).await.doing(&what)?;
    }
    fixture.remove_all(&conn).await
}

/// The line is back: everything fits together, and can be used.
pub(crate) async fn settled(fixture: &Fixture, conn: &Connection, steady: u32) -> Result<(), Failure> {
    equal(
        fixture.pid_of("steady")?,
        steady,
        "the process of a guest that nobody touched",
    )?;
    let known = conn.domain("steady").await.doing("looking the steady one up")?;
    let patient = known.with_deadline(Duration::from_secs(60));
    let unanswered = async {
        // Until its monitor is back, a change is refused.
        while patient.resume().await.is_err() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        patient.suspend().await
    };
    soon("the line", unanswered)
        .await?
        .doing("suspending the steady one")?;
    let until = Instant::now() + PATIENCE;
    while let Ok(domain) = conn.domain("restless").await {
        match fixture.is_usable(&domain).await {
            // What was under way when the line broke comes to its end by itself.
            Err(_) if Instant::now() < until => tokio::time::sleep(Duration::from_millis(100)).await,
            usable => {
                usable.doing("using the restless one")?;
                break;
            }
        }
    }
    // What a cut left half done is finished or taken back as soon as the line is there.
    loop {
        match fixture.is_consistent(conn).await {
            Err(_) if Instant::now() < until => tokio::time::sleep(Duration::from_millis(100)).await,
            consistent => return consistent,
        }
    }
}

async fn an_sshd_that_is_killed_and_comes_back_is_gone_on_with(fixture: &Fixture) -> Result<(), Failure> {
    let mut far = far_machine().await?;
    let conn = open(&far, &fixture.root()).await.doing("opening a far root")?;
    fixture.paused(&conn, "steady").await?;
    let pid = fixture.pid_of("steady")?;
    let mut events = conn.events(EventFilter::all()).await.doing("subscribing")?;
    far.sshd.kill_listener().await.doing("killing the sshd")?;
    far.sshd.kill_sessions();
    tokio::time::sleep(Duration::from_millis(500)).await;
    far.sshd.restart().await.doing("starting the sshd again")?;
    resync(&mut events).await?;
    settled(fixture, &conn, pid).await?;
    fixture.remove_all(&conn).await
}

async fn an_sshd_that_comes_back_with_another_key_is_refused(fixture: &Fixture) -> Result<(), Failure> {
    let mut far = far_machine().await?;
    let conn = open(&far, &fixture.root()).await.doing("opening a far root")?;
    let domain = fixture.paused(&conn, "steady").await?;
    far.sshd
        .restart_with_new_keys()
        .await
        .doing("starting the sshd with another key")?;
    far.sshd.kill_sessions();
    let waiting = async {
        loop {
            match domain.resume().await {
                // The lease can't be kept alive by somebody who is not let in.
                Err(error) if error.to_string().contains("lease") => return Ok(error),
                Err(_) => tokio::time::sleep(Duration::from_millis(100)).await,
                Ok(()) => return Err(Failure::new("a machine with another key was trusted")),
            }
        }
    };
    let error = soon("the refusal of the other key", waiting).await??;
    let text = chain(&error);
    check(
        text.contains("SHA256:"),
        format!("no fingerprint is named: {text}"),
    )?;
    check(
        text.contains(&far.known_hosts().display().to_string()),
        format!("the file is not named: {text}"),
    )?;
    drop(conn);
    // With the new key known, the guest is found as it was.
    far.trust_host_keys().doing("writing the new key down")?;
    let conn = soon("opening again", reopened(&far, fixture)).await?;
    equal(
        conn.domain("steady").await?.info().await?.state,
        DomainState::Paused,
        "the state",
    )?;
    fixture.remove_all(&conn).await
}

async fn reopened(far: &FarMachine, fixture: &Fixture) -> Connection {
    loop {
        match open(far, &fixture.root()).await {
            Ok(conn) => return conn,
            Err(_) => tokio::time::sleep(Duration::from_millis(200)).await,
        }
    }
}

/// An error with its causes.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(next) = cause {
        text.push_str(": ");
        text.push_str(&next.to_string());
        cause = next.source();
    }
    text
}

async fn a_holder_that_is_not_heard_of_loses_the_root_within_15_seconds(
    fixture: &Fixture,
) -> Result<(), Failure> {
    let far = far_machine().await?;
    let lost = open(&far, &fixture.root()).await.doing("opening a far root")?;
    fixture.paused(&lost, "steady").await?;
    let pid = fixture.pid_of("steady")?;
    far.line.stall();
    let began = Instant::now();
    // On the far machine itself, past the line.
    let conn = fixture.open_soon().await?;
    check(
        began.elapsed() < Duration::from_secs(15) + SLACK,
        format!("the root was held for {:?}", began.elapsed()),
    )?;
    // The dead connection's hold on the monitor is gone as well.
    let domain = conn.domain("steady").await?;
    domain.resume().await.doing("resuming it from here")?;
    equal(fixture.pid_of("steady")?, pid, "the process of the guest")?;
    // Back on the line, the one that lost the root touches nothing any more.
    far.line.resume();
    let theirs = lost.domain("steady").await.doing("looking it up")?;
    let refusal = async {
        loop {
            // To its own knowledge the guest is paused: only this asks QEMU for something.
            match theirs.resume().await {
                Err(error) if error.kind() == ErrorKind::ConnectionLost => return Ok(()),
                Err(_) => tokio::time::sleep(Duration::from_millis(100)).await,
                Ok(()) => return Err(Failure::new("who lost the root resumed a guest")),
            }
        }
    };
    soon("the refusal", refusal).await??;
    equal(domain.info().await?.state, DomainState::Running, "the state")?;
    drop(lost);
    fixture.remove_all(&conn).await
}

async fn a_far_and_a_near_manager_keep_each_other_out(fixture: &Fixture) -> Result<(), Failure> {
    let far = far_machine().await?;
    let conn = open(&far, &fixture.root()).await.doing("opening a far root")?;
    let error = refused(
        fixture.open().await,
        ErrorKind::Busy,
        "opening a root that is held from afar",
    )?;
    check(
        error.to_string().contains("held by"),
        format!("no holder is named: {error}"),
    )?;
    conn.shutdown().await.doing("shutting down")?;
    let near = fixture.open_soon().await?;
    let far_error = open(&far, &fixture.root()).await;
    refused(
        far_error,
        ErrorKind::Busy,
        "opening a root from afar that is held",
    )?;
    near.shutdown().await.doing("shutting down")
}

async fn a_slow_line_is_slow_and_nothing_else(fixture: &Fixture) -> Result<(), Failure> {
    let far = far_machine().await?;
    far.line.set_delay(Duration::from_millis(50));
    let conn = open(&far, &fixture.root()).await.doing("opening a far root")?;
    let domain = fixture.paused(&conn, "steady").await?;
    domain.resume().await.doing("resuming it")?;
    let rows = conn
        .domain_stats(StatsGroups::all())
        .await
        .doing("asking for statistics")?;
    check(
        rows.iter().all(|row| row.error.is_none()),
        "a row of the statistics failed",
    )?;
    domain.suspend().await.doing("suspending it")?;
    fixture.remove_all(&conn).await
}

async fn a_full_disk_there_is_told_and_changes_nothing(fixture: &Fixture) -> Result<(), Failure> {
    let far = far_machine().await?;
    let mounted = Mounted::new(&fixture.place().join("m"), "size=1m,mode=0700")?;
    let root = mounted.path().join("root");
    let conn = open(&far, &root).await.doing("opening a far root")?;
    conn.define_domain(&fixture.machine("first")?)
        .await
        .doing("defining a machine")?;
    mounted.fill();
    let mut second = fixture.machine("second")?;
    second.devices_mut().rngs.push(Rng::urandom());
    let error = refused(
        conn.define_domain(&second).await,
        ErrorKind::ResourceExhausted,
        "defining a machine on a full disk",
    )?;
    check(!chain(&error).is_empty(), "the error says nothing")?;
    equal(
        conn.domains().await.doing("listing")?.len(),
        1,
        "domains that are listed",
    )?;
    mounted.make_room()?;
    conn.define_domain(&second).await.doing("defining it with room")?;
    conn.shutdown().await.doing("shutting down")
}
