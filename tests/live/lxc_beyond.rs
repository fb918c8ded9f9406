//! What LXC has beyond the core's handles: limits, signals, namespaces, native configurations; and the examples.

use std::path::Path;
use std::process::Stdio;

use virt_sdk::domain::ConfigScope;
use virt_sdk::lxc::extension::{native_config, send_signal};
use virt_sdk::lxc::{Limits, checkpoint, open_namespaces, restore_checkpoint, set_limits};
use virt_sdk::model::ByteSize;
use virt_sdk::{Domain, DomainState, ErrorKind};
use virt_testkit::conformance::{Doing as _, Failure, refused};
use virt_testkit::live::lxc::Init;

use crate::checks::{check, equal, soon};
use crate::containers::{Containers, contained, run_in};

contained! { "lxc_beyond";
    limits_of_a_running_container_are_changed;
    a_limit_that_the_kernel_refuses_changes_nothing;
    limits_of_the_next_start_are_written;
    a_process_in_it_is_signalled;
    its_namespaces_are_opened;
    its_configuration_is_told;
    a_checkpoint_is_made_or_refused_with_the_reason;
    the_examples_do_their_jobs;
}

/// A failure of something that has no kind of its own here.
fn said(error: impl std::fmt::Display) -> Failure {
    Failure::new(error.to_string())
}

/// A value of a container's control group, as `lxc-cgroup` reads it.
fn value(containers: &Containers, domain: &Domain, key: &str) -> Result<String, Failure> {
    let output = containers
        .native(domain.name())
        .tool("lxc-cgroup")
        .arg(key)
        .output()
        .doing("running lxc-cgroup")?;
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

async fn limits_of_a_running_container_are_changed(containers: &Containers) -> Result<(), Failure> {
    let conn = containers.open_soon().await?;
    let domain = containers.running(&conn, "limited", Init::Quick).await?;
    let mut limits = Limits::default();
    limits.cpu_shares = Some(512);
    limits.cpu_quota = Some(50_000);
    limits.cpu_period = Some(100_000);
    limits.memory = Some(ByteSize::mib(32));
    limits.processes = Some(50);
    set_limits(&domain, &limits, ConfigScope::Both)
        .await
        .doing("setting limits")?;
    for (key, wanted) in [
        ("cpu.shares", "512"),
        ("cpu.cfs_quota_us", "50000"),
        ("memory.limit_in_bytes", "33554432"),
        ("pids.max", "50"),
    ] {
        equal(value(containers, &domain, key)?.as_str(), wanted, key)?;
    }
    let config = domain.config().await.doing("reading its document")?;
    let shares = config.cputune.as_ref().and_then(|tune| tune.shares);
    equal(shares, Some(512), "the shares of the live document")?;
    let native = native_config(&domain).await.doing("reading its configuration")?;
    check(
        native.contains("pids.max = 50"),
        format!("the next start has no limit of processes: {native}"),
    )?;
    limits = Limits::default();
    limits.memory = Some(ByteSize::mib(48));
    set_limits(&domain, &limits, ConfigScope::Live)
        .await
        .doing("raising one for this run")?;
    let raised = value(containers, &domain, "memory.limit_in_bytes")?;
    equal(raised.as_str(), "50331648", "the limit that was raised")?;
    equal(
        value(containers, &domain, "pids.max")?.as_str(),
        "50",
        "one that was not named",
    )?;
    limits = Limits::default();
    limits.cpu_quota = Some(-1);
    set_limits(&domain, &limits, ConfigScope::Live)
        .await
        .doing("lifting one for this run")?;
    let lifted = value(containers, &domain, "cpu.cfs_quota_us")?;
    equal(lifted.as_str(), "-1", "the quota that was lifted")?;
    domain.destroy().await.doing("destroying it")?;
    domain.start().await.doing("starting it again")?;
    let kept = value(containers, &domain, "memory.limit_in_bytes")?;
    equal(kept.as_str(), "33554432", "the limit of the next start")?;
    containers.remove_all(&conn).await
}

async fn a_limit_that_the_kernel_refuses_changes_nothing(containers: &Containers) -> Result<(), Failure> {
    let conn = containers.open_soon().await?;
    let domain = containers.running(&conn, "refused", Init::Quick).await?;
    let before = value(containers, &domain, "cpu.shares")?;
    let mut limits = Limits::default();
    limits.cpu_shares = Some(300);
    // No machine has these.
    limits.cpus = Some("4000-4001".parse().map_err(said)?);
    let set = set_limits(&domain, &limits, ConfigScope::Both).await;
    let error = refused(set, ErrorKind::Failed, "processors that are not there")?;
    check(
        error.to_string().contains("cpuset.cpus"),
        format!("the limit is not named: {error}"),
    )?;
    equal(
        value(containers, &domain, "cpu.shares")?,
        before,
        "the shares after a refusal",
    )?;
    let config = domain.config().await.doing("reading its document")?;
    equal(
        config.cputune.and_then(|tune| tune.shares),
        None,
        "the shares told",
    )?;
    limits = Limits::default();
    limits.cpu_quota = Some(7);
    let set = set_limits(&domain, &limits, ConfigScope::Live).await;
    refused(set, ErrorKind::InvalidArgument, "a quota of nothing")?;
    containers.remove_all(&conn).await
}

async fn limits_of_the_next_start_are_written(containers: &Containers) -> Result<(), Failure> {
    let conn = containers.open_soon().await?;
    let domain = containers.defined(&conn, "next", Init::Quick).await?;
    let mut limits = Limits::default();
    limits.processes = Some(77);
    let live = set_limits(&domain, &limits, ConfigScope::Live).await;
    refused(live, ErrorKind::InvalidState, "limits of a run that is not there")?;
    set_limits(&domain, &limits, ConfigScope::Current)
        .await
        .doing("setting a limit")?;
    domain.start().await.doing("starting it")?;
    equal(
        value(containers, &domain, "pids.max")?.as_str(),
        "77",
        "the processes it can have",
    )?;
    containers.remove_all(&conn).await
}

async fn a_process_in_it_is_signalled(containers: &Containers) -> Result<(), Failure> {
    let conn = containers.open_soon().await?;
    let domain = containers.running(&conn, "signalled", Init::Quick).await?;
    let pid = run_in(&domain, "sleep 1000 >/dev/null 2>&1 & echo $!").await?;
    let pid: u32 = pid.trim().parse().map_err(said)?;
    send_signal(&domain, pid, 9).await.doing("killing it")?;
    let gone = async {
        loop {
            match send_signal(&domain, pid, 15).await {
                Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
                Err(error) => return Err(Failure::from(error)),
                Ok(()) => tokio::time::sleep(std::time::Duration::from_millis(20)).await,
            }
        }
    };
    soon("the end of a process", gone).await??;
    let odd = send_signal(&domain, pid, 65).await;
    refused(odd, ErrorKind::InvalidArgument, "a signal there is not")?;
    // Its init ends at this one.
    send_signal(&domain, 1, 30)
        .await
        .doing("telling init that the power fails")?;
    let ended = domain.wait_for(DomainState::ShutOff);
    soon("its end", ended).await?.doing("waiting for its end")?;
    containers.remove_all(&conn).await
}

async fn its_namespaces_are_opened(containers: &Containers) -> Result<(), Failure> {
    let conn = containers.open_soon().await?;
    let domain = containers.running(&conn, "opened", Init::Quick).await?;
    let namespaces = open_namespaces(&domain).await.doing("opening its namespaces")?;
    let inside = run_in(&domain, "readlink /proc/self/ns/net").await?;
    use std::os::fd::AsRawFd as _;
    let link = format!("/proc/self/fd/{}", namespaces.net.as_raw_fd());
    let opened = std::fs::read_link(link).doing("reading a link")?;
    equal(opened.to_string_lossy().as_ref(), inside.trim(), "its network")?;
    domain.destroy().await.doing("destroying it")?;
    let opened = open_namespaces(&domain).await;
    refused(
        opened,
        ErrorKind::InvalidState,
        "namespaces of a container that does not run",
    )?;
    drop(namespaces);
    containers.remove_all(&conn).await
}

async fn its_configuration_is_told(containers: &Containers) -> Result<(), Failure> {
    let conn = containers.open_soon().await?;
    let domain = containers.defined(&conn, "told", Init::Quick).await?;
    let native = native_config(&domain).await.doing("reading its configuration")?;
    let config: virt_sdk::lxc::config::ContainerConfig = native.parse().map_err(said)?;
    equal(config.to_string(), native.clone(), "what was parsed, written")?;
    let on_disk = std::fs::read_to_string(containers.native(domain.name()).config());
    equal(on_disk.doing("reading the file")?, native, "what is on disk")?;
    containers.remove_all(&conn).await
}

async fn a_checkpoint_is_made_or_refused_with_the_reason(containers: &Containers) -> Result<(), Failure> {
    let conn = containers.open_soon().await?;
    let domain = containers.running(&conn, "checkpoint", Init::Quick).await?;
    let directory = containers.place().join("checkpoint");
    let path = directory.to_string_lossy().into_owned();
    match checkpoint(&domain, &path, true).await {
        Ok(()) => {
            equal(
                domain.info().await.doing("asking for it")?.state,
                DomainState::ShutOff,
                "its state",
            )?;
            restore_checkpoint(&domain, &path).await.doing("restoring it")?;
            equal(
                run_in(&domain, "echo here").await?.as_str(),
                "here\n",
                "what runs in it",
            )?;
        }
        Err(error) => {
            equal(error.kind(), ErrorKind::Unsupported, "why there is no checkpoint")?;
            check(
                error.to_string().contains("CRIU"),
                format!("the reason is not told: {error}"),
            )?;
            check(
                !directory.exists(),
                "a checkpoint that failed has left its directory",
            )?;
            equal(
                run_in(&domain, "echo here").await?.as_str(),
                "here\n",
                "what runs in it",
            )?;
        }
    }
    containers.remove_all(&conn).await
}

/// Runs an example; it has to succeed and to print these.
async fn prints(example: &str, arguments: &[&str], wanted: &[&str]) -> Result<(), Failure> {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR"));
    let program = virt_testkit::examples::example(workspace, example)?;
    let output = tokio::process::Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .output();
    let output = soon(example, output).await?.doing("running an example")?;
    let (stdout, stderr) = (
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
    check(output.status.success(), format!("{example} failed: {stderr}"))?;
    for wanted in wanted {
        check(
            stdout.contains(wanted),
            format!("{example}: no {wanted:?} in {stdout}\n{stderr}"),
        )?;
    }
    Ok(())
}

async fn the_examples_do_their_jobs(containers: &Containers) -> Result<(), Failure> {
    let rootfs = containers.rootfs("example", Init::Quick)?;
    let (uri, rootfs) = (containers.uri(), rootfs.path().to_string_lossy().into_owned());
    let name = containers.name("example");
    prints(
        "run_container",
        &[&uri, &rootfs, &name],
        &[
            "defined",
            "started   running",
            "uses",
            "console",
            "ended",
            "undefined",
        ],
    )
    .await?;
    prints(
        "run_in_container",
        &[&uri, &rootfs, "/bin/sh", "-c", "echo $((6 * 7)); id"],
        &["42\n", "uid=0"],
    )
    .await?;
    containers.nothing_is_there().await
}
