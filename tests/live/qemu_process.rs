//! QEMU is killed, stopped, deaf, or talks to somebody else.

use std::time::Duration;

use tokio::io::AsyncReadExt as _;
use tokio::net::UnixStream;
use tokio::time::Instant;
use virt_sdk::domain::{DestroyOptions, StartOptions, StateReason};
use virt_sdk::event::{DomainChange, Event, EventStream, StoppedReason};
use virt_sdk::stats::StatsGroups;
use virt_sdk::{Connection, Domain, DomainState, ErrorKind, Outcome};
use virt_testkit::conformance::{Doing as _, Failure, refused};

use crate::fixture::{Fixture, check, entries, equal, infos, live, signal, soon};

live! { "qemu_process";
    a_killed_qemu_is_a_crash;
    a_qemu_that_ends_while_nobody_manages_it_is_found_ended;
    a_stopped_qemu_delays_nobody_else;
    a_stopped_qemu_is_destroyed;
    a_stopped_qemu_is_never_killed_by_a_graceful_destroy;
    a_root_with_a_stopped_qemu_opens;
    a_monitor_that_somebody_holds_is_no_obstacle;
    a_qemu_that_refuses_its_arguments_leaves_nothing;
    a_qemu_killed_during_its_start_leaves_nothing;
}

async fn stopped(events: &mut EventStream) -> Result<StoppedReason, Failure> {
    let waiting = async {
        while let Some(event) = events.next().await {
            if let Event::Domain(event) = event
                && let DomainChange::Stopped(reason) = event.change
            {
                return Ok(reason);
            }
        }
        Err(Failure::new("the events ended"))
    };
    soon("the event of an end", waiting).await?
}

async fn a_killed_qemu_is_a_crash(fixture: &Fixture) -> Result<(), Failure> {
    let conn = fixture.open().await.doing("opening the root")?;
    let domain = fixture.paused(&conn, "victim").await?;
    let neighbour = fixture.paused(&conn, "neighbour").await?;
    let mut events = domain.events().await.doing("subscribing")?;
    for _ in 0..3 {
        signal(fixture.pid_of("victim")?, "KILL")?;
        equal(
            stopped(&mut events).await?,
            StoppedReason::Crashed,
            "why it stopped",
        )?;
        let info = domain.info().await.doing("asking for it")?;
        equal(info.state, DomainState::ShutOff, "its state")?;
        equal(info.reason, StateReason::Crashed, "why it does not run")?;
        fixture.is_consistent(&conn).await?;
        let paused = StartOptions::default().paused();
        domain.start_with(&paused).await.doing("starting it again")?;
    }
    let info = neighbour.info().await.doing("asking for its neighbour")?;
    equal(info.state, DomainState::Paused, "the state of its neighbour")?;
    fixture.remove_all(&conn).await
}

async fn a_qemu_that_ends_while_nobody_manages_it_is_found_ended(fixture: &Fixture) -> Result<(), Failure> {
    let conn = fixture.open().await.doing("opening the root")?;
    fixture.paused(&conn, "victim").await?;
    let config = fixture.machine("transient")?;
    let paused = StartOptions::default().paused();
    conn.create_domain_with(&config, &paused)
        .await
        .doing("creating a transient one")?;
    conn.shutdown().await.doing("shutting down")?;
    for name in ["victim", "transient"] {
        signal(fixture.pid_of(name)?, "KILL")?;
    }
    let gone = async {
        while fixture.processes().is_ok_and(|pids| !pids.is_empty()) {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    soon("the end of killed QEMUs", gone).await?;
    let conn = fixture.open().await.doing("opening the root again")?;
    let all = infos(&conn).await?;
    equal(all.len(), 1, "how many domains there are")?;
    for info in all {
        equal(info.state, DomainState::ShutOff, "its state")?;
        equal(info.reason, StateReason::Unattended, "why it does not run")?;
    }
    let report = virt_sdk::qemu::recovery_report(&conn).doing("reading the recovery report")?;
    check(
        report.ended.iter().any(|name| name == "victim"),
        format!("the report is {report:?}"),
    )?;
    fixture.is_consistent(&conn).await?;
    fixture.remove_all(&conn).await
}

/// A domain whose QEMU is stopped, and a neighbour.
async fn hung(fixture: &Fixture, conn: &Connection) -> Result<(Domain, Domain, u32), Failure> {
    let domain = fixture.paused(conn, "hung").await?;
    let neighbour = fixture.paused(conn, "neighbour").await?;
    let pid = fixture.pid_of("hung")?;
    signal(pid, "STOP")?;
    Ok((domain, neighbour, pid))
}

async fn within<T>(what: &str, limit: Duration, work: impl Future<Output = T>) -> Result<T, Failure> {
    let began = Instant::now();
    let done = work.await;
    let took = began.elapsed();
    check(took <= limit, format!("{what} took {took:?}"))?;
    Ok(done)
}

async fn a_stopped_qemu_delays_nobody_else(fixture: &Fixture) -> Result<(), Failure> {
    let conn = fixture.open().await.doing("opening the root")?;
    let (domain, neighbour, pid) = hung(fixture, &conn).await?;
    let second = Duration::from_secs(1);
    let hasty = domain.with_deadline(second);
    let error = refused(
        hasty.resume().await,
        ErrorKind::Timeout,
        "resuming a QEMU that does not answer",
    )?;
    equal(
        error.outcome(),
        Outcome::Unknown,
        "the outcome of what a stopped QEMU was told",
    )?;
    within("listing beside a stopped QEMU", second, conn.domains())
        .await?
        .doing("listing")?;
    within("asking for a stopped QEMU", second, domain.info())
        .await?
        .doing("asking for it")?;
    within("reading its configuration", second, domain.xml())
        .await?
        .doing("reading it")?;
    within("resuming its neighbour", second * 3, neighbour.resume())
        .await?
        .doing("resuming its neighbour")?;
    let limited = conn.with_deadline(second * 2);
    let rows = within(
        "statistics beside a stopped QEMU",
        second * 4,
        limited.domain_stats(StatsGroups::all()),
    )
    .await?;
    let rows = rows.doing("reading statistics")?;
    equal(rows.len(), 2, "how many rows there are")?;
    for row in rows {
        let is_hung = row.domain.name == "hung";
        equal(
            row.error.is_some(),
            is_hung,
            &format!("whether the row of {} has an error", row.domain.name),
        )?;
        check(
            row.stats.state.is_some(),
            format!("the row of {} has no state", row.domain.name),
        )?;
    }
    signal(pid, "CONT")?;
    let goes_on = async {
        loop {
            match domain.with_deadline(second).suspend().await {
                Err(error) if error.kind() == ErrorKind::Timeout => {}
                other => return other,
            }
        }
    };
    soon("a QEMU that goes on", goes_on)
        .await?
        .doing("suspending it once it goes on")?;
    let info = domain.info().await.doing("asking for it")?;
    equal(info.state, DomainState::Paused, "its state once it goes on")?;
    fixture.remove_all(&conn).await
}

async fn a_stopped_qemu_is_destroyed(fixture: &Fixture) -> Result<(), Failure> {
    let conn = fixture.open().await.doing("opening the root")?;
    let (domain, _, _) = hung(fixture, &conn).await?;
    // Something else is waiting for the QEMU: a destroy does not wait behind it.
    let waiting = domain.with_deadline(Duration::from_secs(60));
    let (resumed, destroyed) = tokio::join!(waiting.resume(), async {
        tokio::time::sleep(Duration::from_millis(200)).await;
        within(
            "destroying a stopped QEMU",
            Duration::from_secs(20),
            domain.destroy(),
        )
        .await
    });
    destroyed?.doing("destroying it")?;
    check(
        resumed.is_err(),
        "resuming a QEMU that was stopped and destroyed went well",
    )?;
    let info = domain.info().await.doing("asking for it")?;
    equal(info.state, DomainState::ShutOff, "its state")?;
    fixture.is_consistent(&conn).await?;
    fixture.remove_all(&conn).await
}

async fn a_stopped_qemu_is_never_killed_by_a_graceful_destroy(fixture: &Fixture) -> Result<(), Failure> {
    let conn = fixture.open().await.doing("opening the root")?;
    let (domain, _, pid) = hung(fixture, &conn).await?;
    let graceful = DestroyOptions::default().graceful();
    let hasty = domain.with_deadline(Duration::from_secs(2));
    let destroyed = hasty.destroy_with(&graceful).await;
    refused(
        destroyed,
        ErrorKind::Timeout,
        "gracefully destroying a QEMU that does not answer",
    )?;
    equal(fixture.pid_of("hung")?, pid, "its QEMU after a graceful destroy")?;
    signal(pid, "CONT")?;
    // It was asked to end, and does when it can; or it is asked once more.
    match domain.destroy_with(&graceful).await {
        Err(error) if error.kind() == ErrorKind::InvalidState => {}
        other => other.doing("gracefully destroying it once it goes on")?,
    }
    let info = domain.info().await.doing("asking for it")?;
    equal(info.state, DomainState::ShutOff, "its state")?;
    fixture.remove_all(&conn).await
}

async fn a_root_with_a_stopped_qemu_opens(fixture: &Fixture) -> Result<(), Failure> {
    let conn = fixture.open().await.doing("opening the root")?;
    let (_, _, pid) = hung(fixture, &conn).await?;
    conn.close();
    drop(conn);
    let conn = fixture.open_soon().await?;
    let report = virt_sdk::qemu::recovery_report(&conn).doing("reading the recovery report")?;
    check(
        report.unreachable.iter().any(|name| name == "hung"),
        format!("the report is {report:?}"),
    )?;
    check(
        report.adopted.iter().any(|name| name == "neighbour"),
        format!("the report is {report:?}"),
    )?;
    let domain = conn.domain("hung").await.doing("looking it up")?;
    let info = domain.info().await.doing("asking for it")?;
    check(
        info.state.is_active(),
        format!("a QEMU that is there is {}", info.state),
    )?;
    let hasty = domain.with_deadline(Duration::from_secs(1));
    match hasty.resume().await {
        Ok(()) => return Err(Failure::new("a stopped QEMU was resumed")),
        Err(error) => check(
            matches!(error.kind(), ErrorKind::Timeout | ErrorKind::Busy),
            format!("resuming it is {:?}: {error}", error.kind()),
        )?,
    }
    signal(pid, "CONT")?;
    let goes_on = async {
        loop {
            match domain.with_deadline(Duration::from_secs(1)).resume().await {
                Err(error) if matches!(error.kind(), ErrorKind::Timeout | ErrorKind::Busy) => {
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
                other => return other,
            }
        }
    };
    soon("the adoption of a QEMU that goes on", goes_on)
        .await?
        .doing("resuming it once it goes on")?;
    let info = domain.info().await.doing("asking for it")?;
    equal(info.state, DomainState::Running, "its state once it goes on")?;
    equal(fixture.pid_of("hung")?, pid, "its QEMU")?;
    fixture.remove_all(&conn).await
}

/// The monitors of the only run there is.
fn monitors(fixture: &Fixture) -> Result<Vec<std::path::PathBuf>, Failure> {
    let runs = fixture.root().join("run");
    let run = entries(&runs)
        .into_iter()
        .next()
        .ok_or_else(|| Failure::new("there is no run"))?;
    let run = runs.join(run);
    let sockets = vec![run.join("monitor.sock"), run.join("rescue.sock")];
    for socket in &sockets {
        check(socket.exists(), format!("{} is not there", socket.display()))?;
    }
    Ok(sockets)
}

async fn held(path: &std::path::Path) -> Result<UnixStream, Failure> {
    let mut stream = UnixStream::connect(path).await.doing("connecting to a monitor")?;
    let mut greeting = [0_u8; 8];
    let read = soon("the greeting of a monitor", stream.read_exact(&mut greeting)).await?;
    read.doing("reading a monitor's greeting")?;
    Ok(stream)
}

async fn a_monitor_that_somebody_holds_is_no_obstacle(fixture: &Fixture) -> Result<(), Failure> {
    let conn = fixture.open().await.doing("opening the root")?;
    let domain = fixture.paused(&conn, "wanted").await?;
    let uuid = domain.uuid();
    let monitors = monitors(fixture)?;
    conn.shutdown().await.doing("shutting down")?;
    drop((domain, conn));
    for monitor in &monitors {
        let holder = held(monitor).await?;
        let conn = fixture
            .open()
            .await
            .doing("opening the root while somebody holds a monitor")?;
        let domain = conn.domain(uuid).await.doing("looking it up")?;
        domain.resume().await.doing("resuming it by the other monitor")?;
        domain
            .suspend()
            .await
            .doing("suspending it by the other monitor")?;
        conn.shutdown().await.doing("shutting down")?;
        drop(holder);
    }
    let mut holders = Vec::new();
    for monitor in &monitors {
        holders.push(held(monitor).await?);
    }
    let conn = fixture
        .open()
        .await
        .doing("opening the root while somebody holds both monitors")?;
    let domain = conn.domain(uuid).await.doing("looking it up")?;
    let error = refused(
        domain.with_deadline(Duration::from_secs(5)).resume().await,
        ErrorKind::Busy,
        "resuming a QEMU whose monitors somebody holds",
    )?;
    check(
        error.to_string().contains("monitor"),
        format!("the monitor is not named: {error}"),
    )?;
    drop(holders);
    let adopted = async {
        loop {
            match domain.resume().await {
                Err(error) if error.kind() == ErrorKind::Busy => {
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
                other => return other,
            }
        }
    };
    soon("the adoption once nobody holds them", adopted)
        .await?
        .doing("resuming it")?;
    fixture.remove_all(&conn).await
}

async fn a_qemu_that_refuses_its_arguments_leaves_nothing(fixture: &Fixture) -> Result<(), Failure> {
    let conn = fixture.open().await.doing("opening the root")?;
    let mut config = fixture.machine("refused")?;
    let kernel = fixture.place().join("no-such-kernel");
    let mut os = config.os.take().unwrap_or_default();
    os.kernel = Some(kernel.to_string_lossy().into_owned());
    config.os = Some(os);
    let domain = conn.define_domain(&config).await.doing("defining it")?;
    for _ in 0..3 {
        let error = match domain.start().await {
            Ok(()) => return Err(Failure::new("a machine without its kernel was started")),
            Err(error) => error,
        };
        check(
            matches!(error.kind(), ErrorKind::Failed | ErrorKind::NotFound),
            format!("the start is {:?}: {error}", error.kind()),
        )?;
        equal(error.outcome(), Outcome::NotApplied, "the outcome of the start")?;
        let whole = Failure::from(error).to_string();
        check(
            whole.contains("no-such-kernel"),
            format!("the kernel is not named: {whole}"),
        )?;
        fixture.is_consistent(&conn).await?;
    }
    fixture.remove_all(&conn).await
}

async fn a_qemu_killed_during_its_start_leaves_nothing(fixture: &Fixture) -> Result<(), Failure> {
    let conn = fixture.open().await.doing("opening the root")?;
    let config = fixture.machine("hunted")?;
    let domain = conn.define_domain(&config).await.doing("defining it")?;
    let paused = StartOptions::default().paused();
    for pause in [0, 5, 20, 50, 100, 150] {
        let hunting = async {
            loop {
                if let Some(pid) = fixture.processes().unwrap_or_default().into_iter().next() {
                    tokio::time::sleep(Duration::from_millis(pause)).await;
                    // It may have daemonised: whatever has its place now is meant too.
                    for pid in fixture.processes().unwrap_or_default().into_iter().chain([pid]) {
                        drop(signal(pid, "KILL"));
                    }
                    return;
                }
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        };
        let (started, ()) = tokio::join!(domain.start_with(&paused), hunting);
        let over = async {
            while !fixture.processes().unwrap_or_default().is_empty() {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        soon("the end of a killed QEMU", over).await?;
        if let Err(error) = started {
            check(
                matches!(error.kind(), ErrorKind::Failed | ErrorKind::ConnectionLost),
                format!("a start whose QEMU was killed is {:?}: {error}", error.kind()),
            )?;
        }
        let off = domain
            .with_deadline(Duration::from_secs(20))
            .wait_for(DomainState::ShutOff)
            .await;
        off.doing("waiting until it is known to have ended")?;
        fixture.is_consistent(&conn).await?;
    }
    domain
        .start_with(&paused)
        .await
        .doing("starting it when nobody kills it")?;
    fixture.remove_all(&conn).await
}
