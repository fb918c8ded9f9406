//! Other tools at the same containers: what they start, freeze, stop, make, change and remove while we are open.

use std::time::Duration;

use virt_sdk::domain::{ConfigScope, DefineOptions, MetadataItem, StateReason, XmlOptions};
use virt_sdk::event::{
    DefinedReason, DomainChange, Event, EventFilter, ResumedReason, StartedReason, SuspendedReason,
};
use virt_sdk::{DomainState, ErrorKind};
use virt_testkit::conformance::{Doing as _, Failure, refused};
use virt_testkit::live::leftovers;
use virt_testkit::live::lxc::{Init, Native};

use crate::checks::{check, equal, signal, soon};
use crate::containers::{Containers, builder, contained, is, listens, rest, state_of, states, until};

contained! { "lxc_others";
    what_others_do_to_a_container_is_seen;
    how_a_run_of_others_ended_is_not_told_by_the_log_of_ours;
    a_container_that_others_make_is_there_and_its_name_is_taken;
    a_container_that_others_remove_is_gone;
    what_others_write_into_a_configuration_counts_and_ours_is_kept;
    an_lxc_monitor_that_is_killed_is_started_again;
    what_a_killed_lxc_freeze_leaves_behind_hides_no_run;
    who_only_reads_sees_all_and_changes_nothing;
    who_starts_by_itself_is_known_to_both;
    a_container_that_others_have_started_is_ended_by_us;
    a_destroy_wins_over_who_freezes_at_the_same_time;
}

/// Runs one of liblxc's tools, which has to succeed.
fn tool(native: &Native, program: &str, arguments: &[&str]) -> Result<(), Failure> {
    let output = native.tool(program).args(arguments).output().doing(program)?;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    check(output.status.success(), format!("{program} failed: {said}"))
}

async fn what_others_do_to_a_container_is_seen(containers: &Containers) -> Result<(), Failure> {
    let conn = containers.open_soon().await?;
    let domain = containers.defined(&conn, "shared", Init::Quick).await?;
    let native = containers.native(domain.name());
    let mut events = domain.events().await.doing("listening")?;
    for _ in 0..2 {
        native.start()?;
        let booted = DomainChange::Started(StartedReason::Booted);
        until(&mut events, domain.name(), &booted).await?;
        is(&domain, DomainState::Running, "after lxc-start").await?;
        equal(
            domain.id().await.doing("asking for its number")?,
            native.pid()?,
            "the number of its init",
        )?;
        tool(&native, "lxc-freeze", &[])?;
        let paused = DomainChange::Suspended(SuspendedReason::Paused);
        until(&mut events, domain.name(), &paused).await?;
        is(&domain, DomainState::Paused, "after lxc-freeze").await?;
        tool(&native, "lxc-unfreeze", &[])?;
        let resumed = DomainChange::Resumed(ResumedReason::Unpaused);
        until(&mut events, domain.name(), &resumed).await?;
        is(&domain, DomainState::Running, "after lxc-unfreeze").await?;
        native.kill()?;
        let ended = wait_stopped(&mut events, domain.name()).await?;
        check(
            ended.iter().filter(|change| is_stopped(change)).count() == 1,
            format!("one end was told as {ended:?}"),
        )?;
        is(&domain, DomainState::ShutOff, "after lxc-stop -k").await?;
    }
    equal(
        rest(&mut events, domain.name()).await,
        Vec::new(),
        "events after that",
    )?;
    // Lies of lxc-freeze about one that does not run are not believed.
    drop(native.tool("lxc-freeze").output());
    equal(
        rest(&mut events, domain.name()).await,
        Vec::new(),
        "events of a lie",
    )?;
    is(
        &domain,
        DomainState::ShutOff,
        "after lxc-freeze of one that does not run",
    )
    .await?;
    containers.remove_all(&conn).await
}

async fn how_a_run_of_others_ended_is_not_told_by_the_log_of_ours(
    containers: &Containers,
) -> Result<(), Failure> {
    let conn = containers.open_soon().await?;
    let domain = containers.defined(&conn, "logged", Init::Quick).await?;
    let mut events = domain.events().await.doing("listening")?;
    domain.start().await.doing("starting it")?;
    listens(&domain).await?;
    domain.shutdown().await.doing("shutting it down")?;
    wait_stopped(&mut events, domain.name()).await?;
    let reason = async |when: &str| Ok::<_, Failure>(domain.info().await.doing(when)?.reason);
    equal(
        reason("after our run").await?,
        StateReason::Shutdown,
        "why our run ended",
    )?;
    let native = containers.native(domain.name());
    native.start()?;
    until(
        &mut events,
        domain.name(),
        &DomainChange::Started(StartedReason::Booted),
    )
    .await?;
    native.kill()?;
    wait_stopped(&mut events, domain.name()).await?;
    equal(
        reason("after the run of others").await?,
        StateReason::Unknown,
        "why the run of others ended",
    )?;
    containers.remove_all(&conn).await
}

fn is_stopped(change: &DomainChange) -> bool {
    matches!(change, DomainChange::Stopped(_))
}

async fn wait_stopped(
    events: &mut virt_sdk::event::EventStream,
    name: &str,
) -> Result<Vec<DomainChange>, Failure> {
    let mut seen = Vec::new();
    let waiting = async {
        while let Some(event) = events.next().await {
            if let Event::Domain(event) = event
                && event.domain.name == name
            {
                seen.push(event.change);
                if seen.last().is_some_and(is_stopped) {
                    return;
                }
            }
        }
    };
    let came = tokio::time::timeout(Duration::from_secs(10), waiting).await;
    check(
        came.is_ok(),
        format!("{name} was to stop, and there came: {seen:?}"),
    )?;
    Ok(seen)
}

async fn a_container_that_others_make_is_there_and_its_name_is_taken(
    containers: &Containers,
) -> Result<(), Failure> {
    let conn = containers.open_soon().await?;
    let mut events = conn.events(EventFilter::all()).await.doing("listening")?;
    let (first, second) = (containers.name("theirs"), containers.name("later"));
    let rootfs = containers.rootfs("theirs", Init::Quick)?;
    let network = "lxc.net.0.type = empty";
    Native::define(&containers.root(), &first, &rootfs, network)?;
    // One whose directory is there a good while before its configuration, as lxc-create makes them.
    std::fs::create_dir(containers.root().join(&second)).doing("making a directory")?;
    until(&mut events, &first, &DomainChange::Defined(DefinedReason::Added)).await?;
    let theirs = conn.domain(first.as_str()).await.doing("looking it up")?;
    is(&theirs, DomainState::ShutOff, "of one that others have made").await?;
    let taken = containers.document_of(&first, rootfs.path(), "")?;
    let defined = conn.define_domain(&taken).await;
    let error = refused(defined, ErrorKind::AlreadyExists, "defining another of its name")?;
    check(
        error.to_string().contains(&first),
        format!("the name is not named: {error}"),
    )?;
    let created = conn.create_domain(&taken).await;
    refused(created, ErrorKind::AlreadyExists, "creating another of its name")?;
    Native::define(&containers.root(), &second, &rootfs, network)?;
    let later = conn
        .domain(second.as_str())
        .await
        .doing("looking the later one up")?;
    later.start().await.doing("starting the later one")?;
    theirs.start().await.doing("starting the first")?;
    equal(
        containers.native(&first).state()?.as_str(),
        "RUNNING",
        "its state to lxc-info",
    )?;
    // At once, before anybody could have told us: whoever finds the name taken on disk says so, too.
    let third = containers.name("third");
    Native::define(&containers.root(), &third, &rootfs, network)?;
    let mut taken = containers.document_of(&third, rootfs.path(), "")?;
    taken.title = Some("ours".to_owned());
    let options = DefineOptions::default();
    let defined = conn.define_domain_with(&taken, &options).await;
    refused(
        defined,
        ErrorKind::AlreadyExists,
        "defining one whose name has just been taken",
    )?;
    let text = std::fs::read_to_string(containers.native(&third).config()).doing("reading it")?;
    check(
        text.contains(network),
        format!("their configuration was written over: {text}"),
    )?;
    let created = conn.create_domain(&taken).await;
    refused(
        created,
        ErrorKind::AlreadyExists,
        "creating one whose name has just been taken",
    )?;
    containers.remove_all(&conn).await
}

async fn a_container_that_others_remove_is_gone(containers: &Containers) -> Result<(), Failure> {
    let conn = containers.open_soon().await?;
    let domain = containers.defined(&conn, "doomed", Init::Quick).await?;
    let mut events = domain.events().await.doing("listening")?;
    // As lxc-destroy does, but for the root file system, which is not its own.
    let directory = containers.root().join(domain.name());
    std::fs::remove_dir_all(&directory).doing("removing it")?;
    until(&mut events, domain.name(), &DomainChange::Undefined).await?;
    refused(
        domain.info().await,
        ErrorKind::NotFound,
        "asking for one that others have removed",
    )?;
    equal(states(&conn).await?.len(), 0, "how many there are")?;
    // The name can be had again.
    let rootfs = containers.place().join("doomed.root");
    let config = containers.document_of(domain.name(), &rootfs, "")?;
    let again = conn.define_domain(&config).await.doing("defining it again")?;
    again.start().await.doing("starting it")?;
    containers.remove_all(&conn).await
}

async fn what_others_write_into_a_configuration_counts_and_ours_is_kept(
    containers: &Containers,
) -> Result<(), Failure> {
    let conn = containers.open_soon().await?;
    let domain = containers.defined(&conn, "edited", Init::Quick).await?;
    let metadata = MetadataItem::Element {
        uri: "http://example.org/ours".to_owned(),
        prefix: "our".to_owned(),
        xml: Some("<our:mark xmlns:our='http://example.org/ours'>7</our:mark>".to_owned()),
    };
    domain
        .set_metadata(&metadata, ConfigScope::Config)
        .await
        .doing("setting metadata")?;
    let title = MetadataItem::Title(Some("ours".to_owned()));
    domain
        .set_metadata(&title, ConfigScope::Config)
        .await
        .doing("setting a title")?;
    let uuid = domain.uuid();
    let path = containers.native(domain.name()).config();
    let text = std::fs::read_to_string(&path).doing("reading its configuration")?;
    let theirs =
        "# theirs\nlxc.environment = THEIRS=1\nlxc.mount.entry = tmpfs srv tmpfs rw,size=1m,create=dir 0 0\n";
    std::fs::write(&path, format!("{text}{theirs}")).doing("writing into it")?;
    domain.start().await.doing("starting it")?;
    listens(&domain).await?;
    let config = domain.config().await.doing("asking for its document")?;
    let xml = config.to_xml();
    check(
        xml.contains("srv"),
        format!("their mount is not in the document: {xml}"),
    )?;
    check(
        xml.contains("mark") && config.title.as_deref() == Some("ours"),
        format!("what is ours was lost: {xml}"),
    )?;
    equal(domain.uuid(), uuid, "its uuid")?;
    let seen = crate::containers::run_in(&domain, "grep -c ' /srv ' /proc/mounts").await?;
    equal(seen.trim(), "1", "their mounts in the container")?;
    domain.destroy().await.doing("destroying it")?;
    // What we change afterwards leaves theirs.
    domain.set_autostart(true).await.doing("setting autostart")?;
    let text = std::fs::read_to_string(&path).doing("reading it again")?;
    check(
        text.contains("# theirs\n") && text.contains("THEIRS=1"),
        format!("what others have written was lost: {text}"),
    )?;
    // A configuration that nobody understands is refused at a start, by the name of the line, and changes nothing.
    std::fs::write(&path, format!("{text}lxc.nosuch = 1\n")).doing("writing nonsense")?;
    let error = match domain.start().await {
        Ok(()) => return Err(Failure::new("one with an unknown key was started")),
        Err(error) => error,
    };
    equal(error.kind(), ErrorKind::InvalidConfig, "the kind of the refusal")?;
    check(
        error.to_string().contains("lxc.nosuch"),
        format!("the key is not named: {error}"),
    )?;
    std::fs::write(&path, &text).doing("mending it")?;
    domain.start().await.doing("starting it once mended")?;
    containers.remove_all(&conn).await
}

/// Kills the one that listens for us.
async fn kill_listener(containers: &Containers, victim: &str) -> Result<(), Failure> {
    let root = containers.root().display().to_string();
    // It begins with several, which start its daemon.
    let alone = async {
        loop {
            let mut found = leftovers::processes_with(&root).doing("looking for it")?;
            found.retain(|process| process.program.rsplit('/').next() == Some(victim));
            if let [one] = found.as_slice() {
                return Ok::<_, Failure>(one.pid);
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    signal(soon(&format!("finding one {victim}"), alone).await??, "KILL")
}

async fn an_lxc_monitor_that_is_killed_is_started_again(containers: &Containers) -> Result<(), Failure> {
    let conn = containers.open_soon().await?;
    let domain = containers.defined(&conn, "heard", Init::Quick).await?;
    let native = containers.native(domain.name());
    for victim in ["lxc-monitor", "lxc-monitord"] {
        let mut events = conn.events(EventFilter::all()).await.doing("listening")?;
        kill_listener(containers, victim).await?;
        // While nobody listens.
        native.start()?;
        let resync = async {
            while let Some(event) = events.next().await {
                if matches!(event, Event::Resync) {
                    return true;
                }
            }
            false
        };
        check(
            soon("the word to look again", resync).await?,
            format!("the events ended after {victim} was killed"),
        )?;
        let seen = async {
            while !matches!(state_of(&domain).await, Ok(DomainState::Running)) {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        soon("seeing what was started meanwhile", seen).await?;
        let mut events = domain.events().await.doing("listening")?;
        // Before it listens again, or after: what it does not hear is looked for then.
        tool(&native, "lxc-freeze", &[])?;
        let paused = DomainChange::Suspended(SuspendedReason::Paused);
        until(&mut events, domain.name(), &paused).await?;
        native.kill()?;
        wait_stopped(&mut events, domain.name()).await?;
    }
    containers.remove_all(&conn).await
}

/// A run of others that liblxc takes to be freezing for ever is begun, frozen and ended like any other.
async fn what_a_killed_lxc_freeze_leaves_behind_hides_no_run(containers: &Containers) -> Result<(), Failure> {
    // It tells the state first, then writes, which waits for ever here: nobody reads from what stands in the file's place.
    const HANGING: &str = "f=$(find /sys/fs/cgroup -maxdepth 3 -path \"*/lxc.payload.$1/freezer.state\"); \
        [ -n \"$f\" ] || exit 77; mkfifo \"$2\" && mount --bind \"$2\" \"$f\" || exit 1; shift 2; timeout -s KILL 0.3 \"$@\"; \
        exit 0";
    let conn = containers.open_soon().await?;
    let domain = containers.defined(&conn, "chilly", Init::Quick).await?;
    let native = containers.native(domain.name());
    let mut events = domain.events().await.doing("listening")?;
    kill_listener(containers, "lxc-monitor").await?;
    native.start()?;
    let fifo = containers.root().join(".frost");
    let freeze = native.tool("lxc-freeze");
    let hung = std::process::Command::new("unshare")
        .args(["-m", "/bin/sh", "-c", HANGING, "sh", domain.name()])
        .arg(&fifo)
        .arg("lxc-freeze")
        .args(freeze.get_args())
        .status()
        .doing("running lxc-freeze where it hangs")?;
    if hung.code() == Some(77) {
        // With version 2 of control groups alone, it is the monitor that freezes.
        return containers.remove_all(&conn).await;
    }
    check(hung.success(), "lxc-freeze did not run")?;
    std::fs::remove_file(&fifo).doing("removing the pipe")?;
    equal(native.state()?, "FREEZING".to_owned(), "what liblxc says of it")?;
    let booted = DomainChange::Started(StartedReason::Booted);
    until(&mut events, domain.name(), &booted).await?;
    is(&domain, DomainState::Running, "after lxc-start").await?;
    domain.suspend().await.doing("suspending it")?;
    domain.resume().await.doing("letting it go on")?;
    domain.destroy().await.doing("ending it")?;
    containers.remove_all(&conn).await
}

async fn who_only_reads_sees_all_and_changes_nothing(containers: &Containers) -> Result<(), Failure> {
    let first = containers.open_soon().await?;
    let running = containers.running(&first, "running", Init::Quick).await?;
    let stopped = containers.defined(&first, "stopped", Init::Quick).await?;
    first.shutdown().await.doing("shutting down")?;
    // What a crash would have left is left to who may change it.
    let half = containers.name("half");
    std::fs::create_dir(containers.root().join(&half)).doing("making a directory")?;
    let from = containers.root().join(stopped.name()).join("virt-sdk.json");
    let to = containers.root().join(&half).join("virt-sdk.json");
    let text = std::fs::read_to_string(from).doing("reading a record")?;
    let uuid = uuid::Uuid::new_v4().to_string();
    let text = text
        .replace(&stopped.uuid().to_string(), &uuid)
        .replace(stopped.name(), &half);
    std::fs::write(&to, text).doing("leaving a half-written definition")?;
    let before = listing(containers)?;
    let conn = builder().read_only().open(&containers.uri()).await;
    let conn = conn.doing("opening it to read")?;
    let seen = states(&conn).await?;
    equal(
        seen.get(running.name()),
        Some(&DomainState::Running),
        "the state of one that runs",
    )?;
    equal(
        seen.get(stopped.name()),
        Some(&DomainState::ShutOff),
        "the state of one that does not",
    )?;
    let domain = conn.domain(running.name()).await.doing("looking one up")?;
    domain.config().await.doing("reading its document")?;
    domain
        .stats(virt_sdk::stats::StatsGroups::all())
        .await
        .doing("reading its statistics")?;
    let mut events = domain.events().await.doing("listening")?;
    let native = containers.native(running.name());
    tool(&native, "lxc-freeze", &[])?;
    let paused = DomainChange::Suspended(SuspendedReason::Paused);
    until(&mut events, domain.name(), &paused).await?;
    tool(&native, "lxc-unfreeze", &[])?;
    let denied =
        |result: virt_sdk::Result<()>, what: &str| refused(result, ErrorKind::Denied, what).map(drop);
    denied(domain.destroy().await, "destroying")?;
    denied(domain.suspend().await, "suspending")?;
    denied(domain.shutdown().await, "shutting down")?;
    denied(domain.undefine().await, "undefining")?;
    denied(domain.set_autostart(true).await, "setting autostart")?;
    denied(
        domain.agent().write_file("/tmp/x", b"x").await,
        "writing a file in it",
    )?;
    let other = conn
        .domain(stopped.name())
        .await
        .doing("looking the other one up")?;
    denied(other.start().await, "starting")?;
    let config = containers.document("new", Init::Quick, "")?;
    denied(conn.define_domain(&config).await.map(drop), "defining")?;
    let spawned = virt_sdk::agent::ExecRequest::new("/bin/true");
    denied(
        domain.agent().exec(&spawned).await.map(drop),
        "running a program in it",
    )?;
    conn.shutdown().await.doing("shutting down")?;
    equal(listing(containers)?, before, "the files after one who only reads")?;
    equal(
        native.state()?.as_str(),
        "RUNNING",
        "the state after one who only reads",
    )?;
    let conn = containers.open_soon().await?;
    containers.remove_all(&conn).await
}

/// All files of the containers with when they were changed, but for logs, which liblxc writes.
fn listing(containers: &Containers) -> Result<Vec<(String, std::time::SystemTime)>, Failure> {
    let mut found = Vec::new();
    for name in crate::checks::entries(&containers.root()) {
        if name == ".virt-sdk" {
            continue;
        }
        for file in crate::checks::entries(&containers.root().join(&name)) {
            let path = containers.root().join(&name).join(&file);
            let changed = path
                .metadata()
                .and_then(|data| data.modified())
                .doing("looking at a file")?;
            if !file.ends_with("log") {
                found.push((format!("{name}/{file}"), changed));
            }
        }
    }
    found.sort();
    Ok(found)
}

async fn who_starts_by_itself_is_known_to_both(containers: &Containers) -> Result<(), Failure> {
    let (first, second) = (containers.name("theirs"), containers.name("ours"));
    let rootfs = containers.rootfs("theirs", Init::Quick)?;
    let more = "lxc.net.0.type = empty\nlxc.start.auto = 1\n";
    Native::define(&containers.root(), &first, &rootfs, more)?;
    let conn = containers.open_soon().await?;
    let theirs = conn.domain(first.as_str()).await.doing("looking it up")?;
    let info = theirs.info().await.doing("asking for it")?;
    check(info.autostart, "what others have set is not seen")?;
    // What others have made does not start because we are new here; at the machine's next boot it does.
    is(&theirs, DomainState::ShutOff, "at the first opening").await?;
    let record = containers.root().join(".virt-sdk/manager.json");
    let written = async {
        while !record.exists() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    soon("remembering the boot", written).await?;
    conn.shutdown().await.doing("shutting down")?;
    let before = r#"{"format":1,"autostarted_boot":"another"}"#;
    std::fs::write(&record, before).doing("remembering another boot")?;
    let conn = containers.open_soon().await?;
    let theirs = conn.domain(first.as_str()).await.doing("looking it up")?;
    let runs = async {
        while !matches!(state_of(&theirs).await, Ok(DomainState::Running)) {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    soon("starting by itself", runs).await?;
    let config = containers.document_of(&second, rootfs.path(), "")?;
    let ours = conn.define_domain(&config).await.doing("defining one")?;
    let listed = |name: &str| {
        let output = std::process::Command::new("lxc-ls")
            .arg("-P")
            .arg(containers.root())
            .args(["-f", "-F", "NAME,AUTOSTART"])
            .output()
            .doing("running lxc-ls")?;
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let line = text.lines().find(|line| line.starts_with(name));
        Ok::<_, Failure>(
            line.and_then(|line| line.split_whitespace().nth(1))
                .map(str::to_owned),
        )
    };
    equal(listed(&second)?.as_deref(), Some("0"), "what lxc-ls says of ours")?;
    ours.set_autostart(true).await.doing("setting it")?;
    equal(
        listed(&second)?.as_deref(),
        Some("1"),
        "what lxc-ls says of ours then",
    )?;
    theirs.set_autostart(false).await.doing("setting theirs off")?;
    // Of one that runs lxc-ls says what it was started with.
    theirs.destroy().await.doing("ending theirs")?;
    equal(
        listed(&first)?.as_deref(),
        Some("0"),
        "what lxc-ls says of theirs then",
    )?;
    containers.remove_all(&conn).await
}

async fn a_container_that_others_have_started_is_ended_by_us(containers: &Containers) -> Result<(), Failure> {
    let name = containers.name("adopted");
    let rootfs = containers.rootfs("adopted", Init::Quick)?;
    let native = Native::define(&containers.root(), &name, &rootfs, "lxc.net.0.type = empty")?;
    native.start()?;
    let conn = containers.open_soon().await?;
    let domain = conn.domain(name.as_str()).await.doing("looking it up")?;
    is(&domain, DomainState::Running, "of one that ran before").await?;
    listens(&domain).await?;
    let mut events = domain.events().await.doing("listening")?;
    domain.shutdown().await.doing("asking it to end")?;
    wait_stopped(&mut events, domain.name()).await?;
    native.start()?;
    until(&mut events, &name, &DomainChange::Started(StartedReason::Booted)).await?;
    domain.suspend().await.doing("suspending it")?;
    equal(native.state()?.as_str(), "FROZEN", "its state to lxc-info")?;
    domain.destroy().await.doing("destroying it")?;
    let inactive = domain.config_with(&XmlOptions::default().inactive()).await;
    inactive.doing("reading its document")?;
    containers.remove_all(&conn).await
}

/// What others freeze just when it is killed does not die before it goes on.
async fn a_destroy_wins_over_who_freezes_at_the_same_time(containers: &Containers) -> Result<(), Failure> {
    let conn = containers.open_soon().await?;
    let domain = containers.defined(&conn, "contended", Init::Quick).await?;
    let native = containers.native(domain.name());
    let over = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
    let until = std::sync::Arc::clone(&over);
    let freezing = tokio::task::spawn_blocking(move || {
        while !until.load(std::sync::atomic::Ordering::Relaxed) {
            // It waits for ever where others thaw.
            let freeze = native.tool("lxc-freeze");
            let mut bounded = std::process::Command::new("timeout");
            bounded.args(["1", "lxc-freeze"]).args(freeze.get_args());
            drop(bounded.output());
        }
    });
    let rounds = async {
        for round in 0..20 {
            match domain.start().await {
                Err(error) if error.kind() != ErrorKind::InvalidState => {
                    return Err(error).doing("starting it");
                }
                _ => {}
            }
            let began = std::time::Instant::now();
            domain.destroy().await.doing("destroying it")?;
            check(
                began.elapsed() < Duration::from_secs(6),
                format!("destroy {round} took {:?}", began.elapsed()),
            )?;
        }
        Ok(())
    };
    let done = rounds.await;
    over.store(true, std::sync::atomic::Ordering::Relaxed);
    freezing.await.map_err(|error| Failure::new(error.to_string()))?;
    done?;
    containers.nothing_runs().await?;
    containers.remove_all(&conn).await
}
