//! A manager in a process of its own is killed -9, at any time: the next one takes over.

use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};
use virt_sdk::{DomainState, ErrorKind};
use virt_testkit::conformance::{Doing as _, Failure, refused};

use crate::fixture::{Fixture, check, equal, infos, live, soon};
use crate::manager::{MOOD_VARIABLE, ROOT_VARIABLE};

live! { "qemu_kill";
    a_restless_manager_is_killed_at_any_time;
    a_second_manager_is_told_who_holds_the_root;
    a_killed_manager_holds_its_root_no_longer;
}

/// Starts a manager of the fixture's root in a process of its own, and waits until it has opened the root.
async fn manager(fixture: &Fixture, mood: &str) -> Result<Child, Failure> {
    let program = std::env::current_exe().doing("finding this program")?;
    let mut child = Command::new(program)
        .env(ROOT_VARIABLE, fixture.root())
        .env(MOOD_VARIABLE, mood)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .doing("starting a manager")?;
    let stdout = child
        .stdout
        .take()
        .ok_or_else(|| Failure::new("it has no output"))?;
    let mut lines = BufReader::new(stdout).lines();
    let said = soon("opening a root in another process", lines.next_line()).await?;
    if said.doing("reading what it says")?.as_deref() == Some("open") {
        return Ok(child);
    }
    let output = child.wait_with_output().await.doing("waiting for its end")?;
    let why = String::from_utf8_lossy(&output.stderr).into_owned();
    Err(Failure::new(format!("a manager could not open the root: {why}")))
}

async fn killed(mut child: Child) -> Result<(), Failure> {
    // Its end is the proof that it had not stopped by itself, with an error.
    if let Some(ended) = child.try_wait().doing("looking at a manager")? {
        let output = child.wait_with_output().await.doing("reading its last words")?;
        let why = String::from_utf8_lossy(&output.stderr).into_owned();
        return Err(Failure::new(format!(
            "a manager ended by itself ({ended}): {why}"
        )));
    }
    child.kill().await.doing("killing a manager")
}

/// How often it is killed: a few times, and many in `cargo xtask soak qemu`.
fn kills() -> u64 {
    let said = std::env::var("VIRT_KILLS").ok();
    said.and_then(|kills| kills.parse().ok()).unwrap_or(5)
}

async fn a_restless_manager_is_killed_at_any_time(fixture: &Fixture) -> Result<(), Failure> {
    let conn = fixture.open().await.doing("opening the root")?;
    fixture.paused(&conn, "steady").await?;
    let pid = fixture.pid_of("steady")?;
    conn.shutdown().await.doing("shutting down")?;
    let mut moment = 7_u64;
    for round in 0..kills() {
        let child = manager(fixture, "restless").await?;
        // All over the 1 to 2 s that one turn of it takes.
        moment = (moment * 389 + round * 53 + 101) % 1_009;
        tokio::time::sleep(Duration::from_millis(moment * 2)).await;
        killed(child).await?;
        let what = format!("after a kill {} ms into its work", moment * 2);
        taken_over(fixture, pid).await.doing(&what)?;
    }
    let conn = fixture.open_soon().await?;
    fixture.remove_all(&conn).await
}

async fn taken_over(fixture: &Fixture, steady: u32) -> Result<(), Failure> {
    let conn = fixture.open_soon().await?;
    equal(
        fixture.pid_of("steady")?,
        steady,
        "the QEMU of a guest that nobody touched",
    )?;
    fixture.is_consistent(&conn).await?;
    let report = virt_sdk::qemu::recovery_report(&conn).doing("reading the recovery report")?;
    check(
        report.corrupt.is_empty(),
        format!("files are corrupt: {:?}", report.corrupt),
    )?;
    let all = infos(&conn).await?;
    let steady = all.iter().find(|info| info.domain.name == "steady");
    let state = steady.map(|info| info.state);
    equal(
        state,
        Some(DomainState::Paused),
        "the state of a guest that nobody touched",
    )?;
    for name in ["restless", "brief"] {
        if let Ok(domain) = conn.domain(name).await {
            fixture.is_usable(&domain).await.doing(&format!("using {name}"))?;
        }
    }
    fixture.is_consistent(&conn).await?;
    conn.shutdown().await.doing("shutting down")
}

async fn a_second_manager_is_told_who_holds_the_root(fixture: &Fixture) -> Result<(), Failure> {
    let child = manager(fixture, "rest").await?;
    let pid = child
        .id()
        .ok_or_else(|| Failure::new("the manager has no number"))?;
    let error = refused(
        fixture.open().await,
        ErrorKind::Busy,
        "opening a root that is held",
    )?;
    let said = error.to_string();
    check(
        said.contains(&pid.to_string()),
        format!("the holder's number {pid} is not named: {said}"),
    )?;
    check(
        said.contains("live"),
        format!("the holder's program is not named: {said}"),
    )?;
    equal(error.retry(), virt_sdk::Retry::Later, "what the error advises")?;
    killed(child).await?;
    // In this process it is no different.
    let conn = fixture.open_soon().await?;
    let error = refused(
        fixture.open().await,
        ErrorKind::Busy,
        "opening it twice in one process",
    )?;
    let said = error.to_string();
    let own = std::process::id().to_string();
    check(
        said.contains(&own),
        format!("the holder's number {own} is not named: {said}"),
    )?;
    conn.domains()
        .await
        .doing("using the first after the second was refused")?;
    conn.shutdown().await.doing("shutting down")
}

async fn a_killed_manager_holds_its_root_no_longer(fixture: &Fixture) -> Result<(), Failure> {
    for _ in 0..3 {
        let child = manager(fixture, "rest").await?;
        killed(child).await?;
        let conn = fixture.open_soon().await?;
        conn.shutdown().await.doing("shutting down")?;
    }
    Ok(())
}
