//! Containers that do not do what they should: inits that are deaf, end or are killed, monitors that are killed, and what
//! is missing at a start.

use std::path::Path;
use std::time::{Duration, Instant};

use virt_sdk::domain::{ConfigScope, DestroyOptions, ShutdownMode, ShutdownOptions, StateReason};
use virt_sdk::event::{DomainChange, EventFilter, StartedReason, StoppedReason};
use virt_sdk::model::DomainConfig;
use virt_sdk::{Connection, DomainState, Error, ErrorKind, Outcome};
use virt_testkit::conformance::{Doing as _, Failure, refused};
use virt_testkit::live::lxc::Init;

use crate::checks::{check, equal, signal};
use crate::containers::{Containers, contained, is, listens, rest, run_in, until};

contained! { "lxc_faults";
    a_deaf_init_is_ended_at_once_by_a_destroy_alone;
    an_init_that_ends_at_once_is_no_container_that_runs;
    an_init_that_is_killed_has_crashed;
    a_program_in_it_that_is_killed_changes_nothing;
    a_monitor_that_is_killed_is_cleaned_up_after;
    a_frozen_container_whose_monitor_is_killed_is_cleaned_up_after;
    a_start_that_others_freeze_in_the_middle_goes_on;
    a_root_file_system_that_is_missing_is_named;
    a_bridge_that_is_missing_is_named;
    an_init_that_is_missing_is_named;
    a_limit_that_the_kernel_refuses_is_named;
    a_transient_container_that_cannot_start_leaves_nothing;
    twenty_starts_that_fail_at_once_leave_nothing;
}

/// What a destroy of an init that ignores everything may take.
const AT_ONCE: Duration = Duration::from_secs(3);

async fn a_deaf_init_is_ended_at_once_by_a_destroy_alone(containers: &Containers) -> Result<(), Failure> {
    let conn = containers.open_soon().await?;
    let domain = containers.running(&conn, "deaf", Init::Deaf).await?;
    domain.shutdown().await.doing("asking it to end")?;
    let by_signal = ShutdownOptions::default().mode(ShutdownMode::Signal);
    domain
        .shutdown_with(&by_signal)
        .await
        .doing("asking it by a signal")?;
    is(
        &domain,
        DomainState::Running,
        "of one that was asked to end and does not",
    )
    .await?;
    let began = Instant::now();
    let graceful = DestroyOptions::default().graceful();
    let patient = domain.with_deadline(Duration::from_secs(2));
    let ended = patient.destroy_with(&graceful).await;
    refused(ended, ErrorKind::Timeout, "a graceful destroy of a deaf init")?;
    check(
        began.elapsed() < Duration::from_secs(4),
        format!("a graceful destroy took {:?} of 2 s", began.elapsed()),
    )?;
    is(
        &domain,
        DomainState::Running,
        "after a graceful destroy that was in vain",
    )
    .await?;
    equal(
        run_in(&domain, "echo here").await?.as_str(),
        "here\n",
        "what runs in it",
    )?;
    let began = Instant::now();
    domain.destroy().await.doing("destroying it")?;
    check(
        began.elapsed() < AT_ONCE,
        format!("destroying a deaf init took {:?}", began.elapsed()),
    )?;
    let info = domain.info().await.doing("asking for it")?;
    equal(info.reason, StateReason::Destroyed, "why it does not run")?;
    containers.nothing_runs().await?;
    containers.remove_all(&conn).await
}

async fn an_init_that_ends_at_once_is_no_container_that_runs(containers: &Containers) -> Result<(), Failure> {
    let conn = containers.open_soon().await?;
    let domain = containers.defined(&conn, "brief", Init::Ends).await?;
    for _ in 0..5 {
        let mut events = domain.events().await.doing("listening")?;
        // It may have been there for a moment, or be gone before it was seen.
        match domain.start().await {
            Ok(()) => {
                let stopped = DomainChange::Stopped(StoppedReason::Shutdown);
                until(&mut events, domain.name(), &stopped).await?;
            }
            Err(error) => {
                let error = refused::<()>(Err(error), ErrorKind::Failed, "starting one that ends at once")?;
                let said = error.to_string();
                check(
                    said.contains("ended"),
                    format!("it is not told that it ended: {said}"),
                )?;
            }
        }
        is(&domain, DomainState::ShutOff, "of one whose init has ended").await?;
        containers.nothing_runs().await?;
    }
    containers.remove_all(&conn).await
}

async fn an_init_that_is_killed_has_crashed(containers: &Containers) -> Result<(), Failure> {
    let conn = containers.open_soon().await?;
    let domain = containers.running(&conn, "shot", Init::Quick).await?;
    let mut events = domain.events().await.doing("listening")?;
    signal(init_of(&domain).await?, "KILL")?;
    let crashed = DomainChange::Stopped(StoppedReason::Crashed);
    until(&mut events, domain.name(), &crashed).await?;
    let info = domain.info().await.doing("asking for it")?;
    equal(info.state, DomainState::ShutOff, "the state")?;
    equal(info.reason, StateReason::Crashed, "why it does not run")?;
    containers.nothing_runs().await?;
    domain.start().await.doing("starting it again")?;
    containers.remove_all(&conn).await
}

async fn a_program_in_it_that_is_killed_changes_nothing(containers: &Containers) -> Result<(), Failure> {
    let conn = containers.open_soon().await?;
    let domain = containers.running(&conn, "host", Init::Quick).await?;
    let output = virt_sdk::agent::ExecRequest::new("/bin/sh").args(["-c", "kill -KILL $$"]);
    let output = domain
        .agent()
        .exec(&output)
        .await
        .doing("running one that kills itself")?;
    equal(
        output.status,
        virt_sdk::host::ExitStatus::Signal(9),
        "how the program ended",
    )?;
    is(&domain, DomainState::Running, "after a program in it was killed").await?;
    containers.remove_all(&conn).await
}

async fn init_of(domain: &virt_sdk::Domain) -> Result<u32, Failure> {
    let id = domain.id().await.doing("asking for its number")?;
    id.ok_or_else(|| Failure::new("a running container has no number"))
}

async fn a_monitor_that_is_killed_is_cleaned_up_after(containers: &Containers) -> Result<(), Failure> {
    let conn = containers.open_soon().await?;
    let domain = containers.running(&conn, "unwatched", Init::Quick).await?;
    for round in 0..3 {
        if round == 1 {
            // What the log says of the run before is not how this one ends.
            let mut events = domain.events().await.doing("listening")?;
            domain.reboot().await.doing("rebooting it")?;
            until(&mut events, domain.name(), &DomainChange::Rebooted).await?;
            listens(&domain).await?;
        }
        let mut events = domain.events().await.doing("listening")?;
        signal(containers.monitor_of(domain.name())?, "KILL")?;
        until_stopped(&mut events, domain.name()).await?;
        is(&domain, DomainState::ShutOff, "after its monitor was killed").await?;
        containers.nothing_runs().await.doing(&format!("kill {round}"))?;
        domain.start().await.doing("starting it again")?;
        listens(&domain).await?;
        let groups = std::fs::read_to_string(format!("/proc/{}/cgroup", init_of(&domain).await?));
        let groups = groups.doing("reading its control groups")?;
        let own = format!("/lxc.payload.{}\n", domain.name());
        check(
            groups.contains(&own),
            format!("its control groups are those of a second one of its name: {groups}"),
        )?;
    }
    containers.remove_all(&conn).await
}

async fn a_frozen_container_whose_monitor_is_killed_is_cleaned_up_after(
    containers: &Containers,
) -> Result<(), Failure> {
    let conn = containers.open_soon().await?;
    let domain = containers.running(&conn, "cold", Init::Quick).await?;
    domain.suspend().await.doing("freezing it")?;
    let mut events = domain.events().await.doing("listening")?;
    signal(containers.monitor_of(domain.name())?, "KILL")?;
    // What is frozen does not end by a signal: whether it is seen or not, a destroy ends it.
    let destroyed = domain.destroy().await;
    if let Err(error) = destroyed {
        refused::<()>(
            Err(error),
            ErrorKind::InvalidState,
            "destroying one that has just ended",
        )?;
    }
    until_stopped(&mut events, domain.name()).await?;
    is(&domain, DomainState::ShutOff, "after its monitor was killed").await?;
    containers.nothing_runs().await?;
    domain.start().await.doing("starting it again")?;
    containers.remove_all(&conn).await
}

async fn a_start_that_others_freeze_in_the_middle_goes_on(containers: &Containers) -> Result<(), Failure> {
    let conn = containers.open_soon().await?;
    let domain = containers.defined(&conn, "icy", Init::Quick).await?;
    // It takes its time within its own group, before its init runs.
    let path = containers.native(domain.name()).config();
    let mut config = std::fs::read_to_string(&path).doing("reading its configuration")?;
    config.push_str("lxc.hook.version = 1\nlxc.hook.mount = /bin/sleep 1\n");
    std::fs::write(&path, config).doing("writing its configuration")?;
    let group = format!("lxc.payload.{}", domain.name());
    let freezing = tokio::task::spawn_blocking(move || {
        let find = "until f=$(find /sys/fs/cgroup -maxdepth 3 -path \"*/$1/freezer.state\" -o -maxdepth 3 -path \
                    \"*/$1/cgroup.freeze\" | grep .); do sleep 0.01; done; sleep 0.3; for f in $f; do case $f in \
                    */freezer.state) echo FROZEN >\"$f\";; *) echo 1 >\"$f\";; esac; done";
        std::process::Command::new("timeout")
            .args(["10", "/bin/sh", "-c", find, "sh", &group])
            .status()
    });
    let began = Instant::now();
    domain.start().await.doing("starting one that others freeze")?;
    let frozen = freezing.await.map_err(|error| Failure::new(error.to_string()))?;
    check(
        frozen.doing("freezing it")?.success(),
        "it was not frozen in the middle of its start",
    )?;
    check(
        began.elapsed() < Duration::from_secs(8),
        format!("the start took {:?}", began.elapsed()),
    )?;
    is(&domain, DomainState::Running, "after its start").await?;
    containers.remove_all(&conn).await
}

async fn until_stopped(events: &mut virt_sdk::event::EventStream, name: &str) -> Result<(), Failure> {
    let mut seen = Vec::new();
    let waiting = async {
        while let Some(event) = events.next().await {
            if let virt_sdk::event::Event::Domain(event) = event {
                seen.push(event.change.clone());
                if matches!(event.change, DomainChange::Stopped(_)) {
                    return true;
                }
            }
        }
        false
    };
    let came = tokio::time::timeout(Duration::from_secs(10), waiting).await;
    check(
        came == Ok(true),
        format!("{name} was to stop, and there came: {seen:?}"),
    )
}

/// A start that fails: as this kind, nothing applied, naming this; nothing is left, and it starts once that is mended.
async fn cannot_start(
    containers: &Containers,
    conn: &Connection,
    config: &DomainConfig,
    (kind, named): (ErrorKind, &str),
    mend: impl AsyncFnOnce() -> Result<(), Failure>,
) -> Result<(), Failure> {
    let domain = conn.define_domain(config).await.doing("defining it")?;
    let mut events = domain.events().await.doing("listening")?;
    for _ in 0..3 {
        let error = refused(domain.start().await, kind, "starting it")?;
        named_in(&error, named)?;
        let info = domain.info().await.doing("asking for it")?;
        equal(info.state, DomainState::ShutOff, "the state")?;
        equal(info.reason, StateReason::Failed, "why it does not run")?;
        containers.nothing_runs().await?;
    }
    equal(
        rest(&mut events, domain.name()).await,
        Vec::new(),
        "the events of starts that failed",
    )?;
    mend().await?;
    domain.start().await.doing("starting it once that is there")?;
    until(
        &mut events,
        domain.name(),
        &DomainChange::Started(StartedReason::Booted),
    )
    .await?;
    domain.destroy().await.doing("destroying it")?;
    domain.undefine().await.doing("undefining it")?;
    containers.nothing_is_there().await
}

fn named_in(error: &Error, named: &str) -> Result<(), Failure> {
    let said = error.to_string();
    check(said.contains(named), format!("{named:?} is not named: {said}"))?;
    equal(error.outcome(), Outcome::NotApplied, "the outcome")
}

async fn a_root_file_system_that_is_missing_is_named(containers: &Containers) -> Result<(), Failure> {
    let conn = containers.open_soon().await?;
    let config = containers.document("rootless", Init::Quick, "")?;
    let path = containers.place().join("rootless.root");
    let away = containers.place().join("away");
    std::fs::rename(&path, &away).doing("taking its root away")?;
    let named = path.display().to_string();
    let mend = async || std::fs::rename(&away, &path).doing("putting it back");
    cannot_start(containers, &conn, &config, (ErrorKind::NotFound, &named), mend).await?;
    conn.shutdown().await.doing("shutting down")
}

async fn a_bridge_that_is_missing_is_named(containers: &Containers) -> Result<(), Failure> {
    let conn = containers.open_soon().await?;
    let name = format!("vtbr{:06x}", std::process::id());
    let interface = format!("<interface type='bridge'><source bridge='{name}'/></interface>");
    let config = containers.document("bridgeless", Init::Quick, &interface)?;
    let ip = |arguments: &[&str]| {
        let done = std::process::Command::new("ip").args(arguments).status();
        check(
            done.is_ok_and(|status| status.success()),
            format!("ip {arguments:?} failed"),
        )
    };
    let mend = async || {
        ip(&["link", "add", &name, "type", "bridge"])?;
        ip(&["link", "set", &name, "up"])
    };
    let tried = cannot_start(containers, &conn, &config, (ErrorKind::NotFound, &name), mend).await;
    if Path::new("/sys/class/net").join(&name).exists() {
        ip(&["link", "delete", &name])?;
    }
    tried?;
    conn.shutdown().await.doing("shutting down")
}

async fn an_init_that_is_missing_is_named(containers: &Containers) -> Result<(), Failure> {
    let conn = containers.open_soon().await?;
    let mut config = containers.document("headless", Init::Quick, "")?;
    let os = config.os.as_mut().ok_or_else(|| Failure::new("no <os>"))?;
    os.init = Some("/sbin/nosuch".to_owned());
    let place = containers.place().join("headless.root/sbin");
    let mend =
        async || std::os::unix::fs::symlink("init", place.join("nosuch")).doing("putting an init there");
    let wanted = (ErrorKind::NotFound, "/sbin/nosuch");
    cannot_start(containers, &conn, &config, wanted, mend).await?;
    conn.shutdown().await.doing("shutting down")
}

async fn a_limit_that_the_kernel_refuses_is_named(containers: &Containers) -> Result<(), Failure> {
    let conn = containers.open_soon().await?;
    let domain = containers.defined(&conn, "greedy", Init::Quick).await?;
    // Documents have no place for nonsense; other tools do.
    let path = containers.native(domain.name()).config();
    let text = std::fs::read_to_string(&path).doing("reading its configuration")?;
    let nonsense = "lxc.cgroup.pids.max = plenty\nlxc.cgroup2.pids.max = plenty\n";
    std::fs::write(&path, format!("{text}{nonsense}")).doing("writing nonsense into it")?;
    for _ in 0..3 {
        let error = refused(domain.start().await, ErrorKind::Failed, "starting it")?;
        named_in(&error, "pids.max")?;
        named_in(&error, "plenty")?;
        is(&domain, DomainState::ShutOff, "of one that could not start").await?;
        containers.nothing_runs().await?;
    }
    std::fs::write(&path, text).doing("mending its configuration")?;
    domain.start().await.doing("starting it once that is mended")?;
    // The same while it runs: more memory than the document allows.
    let much = virt_sdk::model::ByteSize::bytes(1 << 40);
    let set = domain.set_memory(much, ConfigScope::Live).await;
    refused(
        set,
        ErrorKind::InvalidArgument,
        "setting more memory than it may have",
    )?;
    let little = virt_sdk::model::ByteSize::bytes(1);
    if let Err(error) = domain.set_memory(little, ConfigScope::Live).await {
        let said = error.to_string();
        check(said.contains("memory"), format!("the limit is not named: {said}"))?;
    }
    containers.remove_all(&conn).await
}

async fn a_transient_container_that_cannot_start_leaves_nothing(
    containers: &Containers,
) -> Result<(), Failure> {
    let conn = containers.open_soon().await?;
    let mut events = conn.events(EventFilter::all()).await.doing("listening")?;
    let config = containers.document_of(&containers.name("gone"), Path::new("/nosuch/root"), "")?;
    for _ in 0..3 {
        let error = refused(
            conn.create_domain(&config).await,
            ErrorKind::NotFound,
            "creating one without a root",
        )?;
        named_in(&error, "/nosuch/root")?;
        containers.nothing_is_there().await?;
        let all = conn.domains().await.doing("listing")?;
        check(all.is_empty(), format!("{all:?} is listed"))?;
    }
    equal(rest(&mut events, &config.name).await, Vec::new(), "events of it")?;
    // Its name and its uuid are free.
    let rootfs = containers.rootfs("gone", Init::Quick)?;
    let mut second = containers.document_of(&config.name, rootfs.path(), "")?;
    second.uuid = config.uuid;
    let domain = conn
        .create_domain(&second)
        .await
        .doing("creating it with a root")?;
    domain.destroy().await.doing("destroying it")?;
    containers.nothing_is_there().await?;
    conn.shutdown().await.doing("shutting down")
}

async fn twenty_starts_that_fail_at_once_leave_nothing(containers: &Containers) -> Result<(), Failure> {
    let conn = containers.open_soon().await?;
    let mut domains = Vec::new();
    for number in 0..20 {
        let name = containers.name(&format!("none{number}"));
        let config = containers.document_of(&name, Path::new("/nosuch/root"), "")?;
        domains.push(conn.define_domain(&config).await.doing("defining one")?);
    }
    let mut starts = tokio::task::JoinSet::new();
    for domain in domains {
        starts.spawn(
            async move { refused(domain.start().await, ErrorKind::NotFound, "starting one").map(drop) },
        );
    }
    for done in starts.join_all().await {
        done?;
    }
    containers.nothing_runs().await?;
    containers.remove_all(&conn).await
}
