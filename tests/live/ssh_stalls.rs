//! QEMU on a far machine whose line stalls in the midst of logging in again: nothing is cut, and nothing comes.

use std::future::Future;
use std::time::Duration;

use virt_sdk::event::EventFilter;
use virt_sdk::stats::StatsGroups;
use virt_sdk::{Connection, Domain, ErrorKind};
use virt_testkit::conformance::{Doing as _, Failure};
use virt_testkit::live::far::FarMachine;
use virt_testkit::live::sshd;

use crate::fixture::{Fixture, check, live, soon};
use crate::ssh_faults::{SLACK, far_machine, open, resync, settled};

live! { "ssh_stalls", needs sshd::missing;
    a_login_that_stalls_at_any_step_goes_on_when_the_line_does;
    a_login_that_stalls_for_long_is_given_up_and_made_anew;
}

/// How long each call may take while nothing comes.
const SHORT: Duration = Duration::from_secs(2);

/// At how many moments of a login the line stalls: from agreeing on keys to the monitors.
const STEPS: u64 = 8;

/// Calls while nothing comes: each has answered by its deadline.
async fn calls_answer(conn: &Connection, domain: &Domain, step: u64) -> Result<(), Failure> {
    let (conn, domain) = (conn.with_deadline(SHORT), domain.with_deadline(SHORT));
    let (info, listed, rows, resumed, marked) = tokio::join!(
        in_time(domain.info()),
        in_time(conn.domains()),
        in_time(conn.domain_stats(StatsGroups::all())),
        in_time(domain.resume()),
        in_time(domain.set_autostart(step.is_multiple_of(2))),
    );
    for (call, answered) in [
        ("asking for it", info),
        ("listing", listed),
        ("statistics", rows),
        ("resuming it", resumed),
        ("setting its autostart", marked),
    ] {
        answered.doing(&format!("{call} after {step} round trips of a login"))?;
    }
    Ok(())
}

/// A call answers by its deadline: with success, or an error that says why not.
async fn in_time<T>(call: impl Future<Output = virt_sdk::Result<T>>) -> Result<(), Failure> {
    match tokio::time::timeout(SHORT + SLACK, call).await {
        Err(_) => Err(Failure::new(format!("no answer within {:?}", SHORT + SLACK))),
        Ok(Ok(_)) => Ok(()),
        Ok(Err(error)) => check(
            matches!(error.kind(), ErrorKind::ConnectionLost | ErrorKind::Timeout),
            format!("{:?} was answered: {error}", error.kind()),
        ),
    }
}

async fn a_login_that_stalls_at_any_step_goes_on_when_the_line_does(
    fixture: &Fixture,
) -> Result<(), Failure> {
    let far = far_machine().await?;
    let conn = open(&far, &fixture.root()).await.doing("opening a far root")?;
    let domain = fixture.paused(&conn, "steady").await?;
    let pid = fixture.pid_of("steady")?;
    let whole = round_trips_of_a_login(&far, &conn).await?;
    for step in (0..STEPS).map(|step| 1 + whole * step / STEPS) {
        far.line.stall_after(step);
        far.line.cut();
        soon("the login's step", far.line.stalled()).await?;
        calls_answer(&conn, &domain, step).await?;
        far.line.resume();
        let what = format!("after a stall behind {step} round trips");
        settled(fixture, &conn, pid).await.doing(&what)?;
    }
    fixture.remove_all(&conn).await
}

/// How many round trips it takes from a cut until everything is as it was.
async fn round_trips_of_a_login(far: &FarMachine, conn: &Connection) -> Result<u64, Failure> {
    let mut events = conn.events(EventFilter::all()).await.doing("subscribing")?;
    far.line.reset_counters();
    far.line.cut();
    resync(&mut events).await?;
    let counted = far.line.counters().round_trips;
    check(
        counted >= STEPS,
        format!("a login of {counted} round trips has too few steps"),
    )?;
    Ok(counted)
}

async fn a_login_that_stalls_for_long_is_given_up_and_made_anew(fixture: &Fixture) -> Result<(), Failure> {
    let far = far_machine().await?;
    let conn = open(&far, &fixture.root()).await.doing("opening a far root")?;
    let domain = fixture.paused(&conn, "steady").await?;
    let pid = fixture.pid_of("steady")?;
    far.line.reset_counters();
    // Behind the versions, in front of the keys; a later step may be one of logging in, which sshd gives two minutes.
    far.line.stall_after(1);
    far.line.cut();
    soon("the login", far.line.stalled()).await?;
    calls_answer(&conn, &domain, 1).await?;
    let given_up = async {
        while far.line.counters().connections < 2 {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    // Half a minute is what agreeing on keys may take.
    tokio::time::timeout(Duration::from_secs(45), given_up)
        .await
        .map_err(|_| Failure::new("the login that stalls is waited for without end"))?;
    calls_answer(&conn, &domain, 1).await?;
    far.line.resume();
    settled(fixture, &conn, pid).await?;
    fixture.remove_all(&conn).await
}
