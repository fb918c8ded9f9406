//! Managers of containers that are killed -9, at any time: the next one takes over.

use std::time::Duration;

use virt_sdk::domain::StateReason;
use virt_sdk::{DomainState, ErrorKind};
use virt_testkit::conformance::{Doing as _, Failure, refused};
use virt_testkit::live::lxc::Init;

use crate::checks::{check, entries, equal};
use crate::containers::{Containers, contained, is, listens, state_of, states};
use crate::lxc_manager::{Mood, NAMES, killed, manager};

contained! { "lxc_kill";
    a_restless_manager_of_containers_is_killed_at_any_time;
    what_a_killed_manager_ran_is_adopted_or_ended;
    a_definition_that_was_cut_off_is_finished_or_absent;
    a_second_manager_of_containers_is_told_who_holds_them;
}

/// How often it is killed: a few times, and many in `cargo xtask soak lxc`.
fn kills() -> u64 {
    let said = std::env::var("VIRT_KILLS").ok();
    said.and_then(|kills| kills.parse().ok()).unwrap_or(8)
}

/// Names and a root file system for what the manager makes.
fn prepare(containers: &Containers) -> Result<[String; 4], Failure> {
    containers.rootfs("manager", Init::Quick)?;
    Ok(NAMES.map(|name| containers.name(name)))
}

async fn a_restless_manager_of_containers_is_killed_at_any_time(
    containers: &Containers,
) -> Result<(), Failure> {
    let [.., passing, restless] = prepare(containers)?;
    let mut moment = 7_u64;
    for round in 0..kills() {
        let child = manager(containers, Mood::Hurry).await?;
        // All over the half a second that one turn of it takes.
        moment = (moment * 389 + round * 53 + 101) % 1_009;
        tokio::time::sleep(Duration::from_millis(moment / 2)).await;
        killed(child).await?;
        let what = format!("after a kill {} ms into its work", moment / 2);
        taken_over(containers, &restless, &passing).await.doing(&what)?;
    }
    Ok(())
}

async fn taken_over(containers: &Containers, restless: &str, passing: &str) -> Result<(), Failure> {
    let conn = containers.open_soon().await?;
    let report = virt_sdk::lxc::extension::recovery_report(&conn).doing("reading the recovery report")?;
    check(
        report.corrupt.is_empty(),
        format!("files are corrupt: {:?}", report.corrupt),
    )?;
    for (name, state) in states(&conn).await? {
        // What was just being started when its manager was killed may come up a little later.
        let seen = containers.native(&name).state()?;
        let agrees = match state {
            // A tool that was killed has not said what it had done.
            DomainState::Running => matches!(seen.as_str(), "RUNNING" | "THAWED" | "FREEZING"),
            DomainState::Paused => matches!(seen.as_str(), "FROZEN" | "FREEZING"),
            _ => true,
        };
        check(
            agrees,
            format!("{name} is {state:?} to us, and {seen} to lxc-info"),
        )?;
    }
    for name in [restless, passing] {
        let Ok(domain) = conn.domain(name).await else {
            continue;
        };
        usable(&domain).await.doing(&format!("using {name}"))?;
    }
    containers.nothing_runs().await?;
    // An empty directory is nobody's, and in nobody's way: others make theirs so, too.
    let mut left = entries(&containers.root());
    left.retain(|name| name != ".virt-sdk" && !entries(&containers.root().join(name)).is_empty());
    let known = states(&conn).await?;
    equal(
        left.len(),
        known.len(),
        &format!("directories of containers ({left:?})"),
    )?;
    for name in entries(&containers.root()) {
        // Fails where something is in it.
        drop(std::fs::remove_dir(containers.root().join(name)));
    }
    containers.remove_all(&conn).await?;
    containers.nothing_is_there().await
}

/// Whatever became of it, it can be ended, started, and ended.
async fn usable(domain: &virt_sdk::Domain) -> Result<(), Failure> {
    let info = domain.info().await.doing("asking for it")?;
    if info.state.is_active() {
        domain.destroy().await.doing("destroying it")?;
    }
    if info.persistent {
        match domain.start().await {
            Ok(()) => {}
            // It was on its way up, and now is there.
            Err(error) if error.kind() == ErrorKind::InvalidState => {}
            Err(error) => return Err(error).doing("starting it"),
        }
        domain.destroy().await.doing("destroying what was started")?;
    }
    Ok(())
}

async fn what_a_killed_manager_ran_is_adopted_or_ended(containers: &Containers) -> Result<(), Failure> {
    let [steady, tied, passing, _] = prepare(containers)?;
    let child = manager(containers, Mood::Settle).await?;
    let pid = containers.native(&steady).pid()?;
    killed(child).await?;
    let conn = containers.open_soon().await?;
    let seen = states(&conn).await?;
    equal(
        seen.get(&steady),
        Some(&DomainState::Running),
        "the state of one that ran",
    )?;
    equal(
        seen.get(&tied),
        Some(&DomainState::ShutOff),
        "the state of one tied to its manager",
    )?;
    equal(
        seen.get(&passing),
        Some(&DomainState::Running),
        "the state of a transient one",
    )?;
    let report = virt_sdk::lxc::extension::recovery_report(&conn).doing("reading the recovery report")?;
    equal(
        report.destroyed.clone(),
        vec![tied.clone()],
        "what the opening has destroyed",
    )?;
    check(
        report.adopted.contains(&steady) && report.adopted.contains(&passing),
        format!("it has adopted {:?}", report.adopted),
    )?;
    let domain = conn.domain(steady.as_str()).await.doing("looking it up")?;
    equal(domain.id().await.doing("asking for its number")?, pid, "its init")?;
    let info = domain.info().await.doing("asking for it")?;
    check(info.persistent && !info.auto_destroy, format!("it is {info:?}"))?;
    let brief = conn
        .domain(passing.as_str())
        .await
        .doing("looking the transient one up")?;
    let info = brief.info().await.doing("asking for it")?;
    check(!info.persistent, "a transient one has become persistent")?;
    let gone = conn
        .domain(tied.as_str())
        .await
        .doing("looking the tied one up")?;
    equal(
        gone.info().await.doing("asking for it")?.reason,
        StateReason::Destroyed,
        "why the tied one does not run",
    )?;
    // Killed again, with all of it running; what ends meanwhile is found ended, and a transient one gone.
    conn.shutdown().await.doing("shutting down")?;
    let child = manager(containers, Mood::Rest).await?;
    killed(child).await?;
    containers.native(&steady).kill()?;
    containers.native(&passing).kill()?;
    let conn = containers.open_soon().await?;
    let seen = states(&conn).await?;
    equal(
        seen.get(&steady),
        Some(&DomainState::ShutOff),
        "the state of one that has ended",
    )?;
    equal(
        seen.get(&passing),
        None,
        "the state of a transient one that has ended",
    )?;
    check(
        !containers.root().join(&passing).exists(),
        "the directory of a transient one that has ended is there",
    )?;
    containers.remove_all(&conn).await
}

async fn a_definition_that_was_cut_off_is_finished_or_absent(containers: &Containers) -> Result<(), Failure> {
    let conn = containers.open_soon().await?;
    let config = containers.document("cut", Init::Quick, "")?;
    let name = config.name.clone();
    conn.define_domain(&config).await.doing("defining it")?;
    let before = std::fs::read_to_string(containers.native(&name).config()).doing("reading it")?;
    let mut changed = config.clone();
    changed.title = Some("changed".to_owned());
    let memory = virt_sdk::model::ByteSize::bytes(32 << 20);
    changed.memory.get_or_insert_default().size = memory;
    changed.current_memory = None;
    conn.define_domain(&changed).await.doing("changing it")?;
    conn.shutdown().await.doing("shutting down")?;
    // The record is there, with what was before, and the configuration is still that: the change is finished.
    std::fs::write(containers.native(&name).config(), &before).doing("cutting a change off")?;
    let path = containers.root().join(&name).join("virt-sdk.json");
    let text = std::fs::read_to_string(&path).doing("reading the record")?;
    let mut record: serde_json::Value =
        serde_json::from_str(&text).map_err(|error| Failure::new(error.to_string()))?;
    let fields = record
        .as_object_mut()
        .ok_or_else(|| Failure::new("the record is no object"))?;
    fields.insert("previous".to_owned(), before.clone().into());
    std::fs::write(&path, record.to_string()).doing("writing the record")?;
    // A directory in which only a file was begun is no container; one of which only the record is there is one.
    let (empty, recorded) = (containers.name("empty"), containers.name("recorded"));
    for name in [&empty, &recorded] {
        std::fs::create_dir(containers.root().join(name)).doing("making a directory")?;
    }
    std::fs::write(containers.root().join(&empty).join(".tmp-1-config"), "half").doing("half a file")?;
    let text = std::fs::read_to_string(&path).doing("reading the record")?;
    let uuid = config.uuid.unwrap_or_default().to_string();
    let other = uuid::Uuid::new_v4().to_string();
    let text = text.replace(&uuid, &other).replace(&name, &recorded);
    std::fs::write(containers.root().join(&recorded).join("virt-sdk.json"), text).doing("writing one")?;
    let conn = containers.open_soon().await?;
    let domain = conn.domain(name.as_str()).await.doing("looking it up")?;
    let found = domain.config().await.doing("reading its document")?;
    equal(
        found.title.as_deref(),
        Some("changed"),
        "the title of a change that was cut off",
    )?;
    let now = std::fs::read_to_string(containers.native(&name).config()).doing("reading it")?;
    check(
        now != before,
        "the configuration of a change that was cut off is the one before",
    )?;
    let finished = conn
        .domain(recorded.as_str())
        .await
        .doing("looking the recorded one up")?;
    for domain in [&domain, &finished] {
        domain.start().await.doing("starting it")?;
        listens(domain).await?;
        is(domain, DomainState::Running, "of one that was finished").await?;
    }
    refused(
        conn.domain(empty.as_str()).await,
        ErrorKind::NotFound,
        "looking up what was never defined",
    )?;
    let again = containers.document("empty", Init::Quick, "")?;
    let again = conn
        .define_domain(&again)
        .await
        .doing("defining what was cut off")?;
    again.start().await.doing("starting it")?;
    equal(state_of(&again).await?, DomainState::Running, "its state")?;
    for domain in [domain, finished, again] {
        domain.destroy().await.doing("destroying one")?;
        domain.undefine().await.doing("undefining one")?;
    }
    conn.shutdown().await.doing("shutting down")
}

async fn a_second_manager_of_containers_is_told_who_holds_them(
    containers: &Containers,
) -> Result<(), Failure> {
    prepare(containers)?;
    let child = manager(containers, Mood::Rest).await?;
    let pid = child
        .id()
        .ok_or_else(|| Failure::new("the manager has no number"))?;
    let error = refused(containers.open().await, ErrorKind::Busy, "opening what is held")?;
    let said = error.to_string();
    check(
        said.contains(&pid.to_string()) && said.contains("live"),
        format!("the holder {pid} is not named: {said}"),
    )?;
    equal(error.retry(), virt_sdk::Retry::Later, "what the error advises")?;
    killed(child).await?;
    let conn = containers.open_soon().await?;
    let error = refused(
        containers.open().await,
        ErrorKind::Busy,
        "opening it twice in one process",
    )?;
    check(
        error.to_string().contains(&std::process::id().to_string()),
        format!("the holder is not named: {error}"),
    )?;
    conn.shutdown().await.doing("shutting down")
}
