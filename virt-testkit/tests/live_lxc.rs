//! The fixture of containers itself: what other live tests rely on.
#![expect(clippy::expect_used, reason = "a test fails by panicking")]

use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};
use virt_testkit::live::lxc::{Bridge, Init, LxcTools, Native, RANGE, Rootfs, Scope, root_range};
use virt_testkit::skip;

const PATIENCE: Duration = Duration::from_secs(10);

/// Waits until the container says so of itself.
fn wait_for(container: &Native, state: &str) {
    let until = Instant::now() + PATIENCE;
    while container.state().expect("a state") != state {
        assert!(
            Instant::now() < until,
            "{} is not {state}",
            container.config().display()
        );
        thread::sleep(Duration::from_millis(5));
    }
}

fn container(directory: &Path, name: &str, init: Init) -> Native {
    let rootfs = Rootfs::make_with(&directory.join(format!("rootfs-{name}")), init).expect("a root");
    Native::define(&directory.join("lxc"), name, &rootfs, "lxc.net.0.type = empty").expect("a configuration")
}

fn assert_stopped(container: &Native, arguments: &[&str]) {
    let mut stop = container.tool("lxc-stop");
    let stopped = stop.args(arguments).status().expect("lxc-stop");
    assert!(stopped.success());
    assert_eq!(container.state().expect("a state"), "STOPPED");
}

#[test]
fn the_usual_init_is_up_at_once_and_ends_as_it_is_asked_to() {
    if let Err(missing) = LxcTools::check() {
        skip!("{missing}");
    }
    let directory = tempfile::tempdir().expect("a directory");
    let container = container(directory.path(), "fixture-quick", Init::Quick);
    container.start().expect("a start");
    let said = container.run(&["hostname"]).expect("a host name");
    assert_eq!(said.trim(), "fixture-quick");
    let before = container.pid().expect("a process");
    let began = Instant::now();
    let mut reboot = container.tool("lxc-stop");
    assert!(reboot.arg("-r").status().expect("lxc-stop").success());
    wait_for(&container, "RUNNING");
    assert_ne!(container.pid().expect("a process"), before);
    // Its handlers are set as soon as it has a shell.
    let until = Instant::now() + PATIENCE;
    while !container.run(&["ps"]).is_ok_and(|said| said.contains("sh -l")) && Instant::now() < until {
        thread::sleep(Duration::from_millis(5));
    }
    assert_stopped(&container, &[]);
    assert!(began.elapsed() < Duration::from_secs(5));
    container.start().expect("a second start");
    // The signal may end what sends it.
    drop(container.run(&["poweroff"]));
    wait_for(&container, "STOPPED");
    let left = Scope::of(&directory.path().join("lxc")).remove().expect("a look");
    assert_eq!(left, []);
}

#[test]
fn each_init_does_what_its_name_says() {
    if let Err(missing) = LxcTools::check() {
        skip!("{missing}");
    }
    let directory = tempfile::tempdir().expect("a directory");
    let busybox = container(directory.path(), "fixture-busybox", Init::Busybox);
    busybox.start().expect("a start");
    assert_stopped(&busybox, &["-t", "10", "--nokill"]);
    let deaf = container(directory.path(), "fixture-deaf", Init::Deaf);
    deaf.start().expect("a start");
    thread::sleep(Duration::from_millis(100));
    let mut stop = deaf.tool("lxc-stop");
    assert!(
        !stop
            .args(["-t", "1", "--nokill"])
            .status()
            .expect("lxc-stop")
            .success()
    );
    assert_eq!(deaf.state().expect("a state"), "RUNNING");
    assert_stopped(&deaf, &["-k"]);
    let ends = container(directory.path(), "fixture-ends", Init::Ends);
    ends.start().expect("a start");
    wait_for(&ends, "STOPPED");
    let controlled = container(directory.path(), "fixture-controlled", Init::Controlled);
    controlled.start().expect("a start");
    // `struct init_request`: a magic number, the command for a run level, the run level, and nothing.
    let request = "until [ -p /run/initctl ]; do sleep 0.01; done; { printf '\\151\\031\\011\\003\\001\\000\\000\\000\
        0\\000\\000\\000'; dd if=/dev/zero bs=372 count=1; } > /run/initctl";
    drop(controlled.run(&["sh", "-c", request]));
    wait_for(&controlled, "STOPPED");
    assert_eq!(
        Scope::of(&directory.path().join("lxc")).remove().expect("a look"),
        []
    );
}

#[test]
fn what_runs_is_found_and_removed_with_all_that_belongs_to_it() {
    if let Err(missing) = LxcTools::check() {
        skip!("{missing}");
    }
    let directory = tempfile::tempdir().expect("a directory");
    let lxcpath = directory.path().join("lxc");
    let bridge = Bridge::create().expect("a bridge");
    let rootfs = Rootfs::make(&directory.path().join("rootfs")).expect("a root");
    let wired = format!(
        "lxc.net.0.type = veth\nlxc.net.0.link = {}\nlxc.net.0.veth.pair = vtfix0\nlxc.net.0.flags = up",
        bridge.name()
    );
    // Both run from one root.
    let first = Native::define(&lxcpath, "fixture-left", &rootfs, &wired).expect("a configuration");
    let more = "lxc.net.0.type = empty";
    let second = Native::define(&lxcpath, "fixture-right", &rootfs, more).expect("a configuration");
    first.start().expect("a start");
    second.start().expect("a start");
    assert_eq!(bridge.ports(), ["vtfix0"]);
    let scope = Scope::of(&lxcpath).interfaces("vtfix");
    let found = scope.sentences().expect("a look").join("\n");
    for part in [
        "[lxc monitor]",
        "lxc.payload.fixture-left",
        "lxc.monitor.fixture-right",
        "interface vtfix0",
        "/run/lxc/lock",
    ] {
        assert!(found.contains(part), "no {part} in: {found}");
    }
    assert_eq!(scope.remove().expect("a look"), []);
    assert_eq!(first.state().expect("a state"), "STOPPED");
}

#[test]
fn a_root_that_was_given_to_a_user_namespace_runs_in_it() {
    if let Err(missing) = LxcTools::check() {
        skip!("{missing}");
    }
    let base = root_range().expect("a range");
    let directory = tempfile::tempdir().expect("a directory");
    let open = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(directory.path(), open).expect("a mode");
    let rootfs = Rootfs::make(&directory.path().join("rootfs")).expect("a root");
    rootfs.give_to(base).expect("a gift");
    let lxcpath = directory.path().join("lxc");
    let mapped =
        format!("lxc.net.0.type = empty\nlxc.idmap = u 0 {base} {RANGE}\nlxc.idmap = g 0 {base} {RANGE}");
    let container = Native::define(&lxcpath, "fixture-mapped", &rootfs, &mapped).expect("a configuration");
    container.start().expect("a start");
    let pid = container.pid().expect("a process").expect("a process");
    let owner = std::fs::metadata(format!("/proc/{pid}")).expect("a process");
    assert_eq!(std::os::unix::fs::MetadataExt::uid(&owner), base);
    assert_eq!(container.run(&["id", "-u"]).expect("a user").trim(), "0");
    assert_stopped(&container, &[]);
    assert_eq!(Scope::of(&lxcpath).remove().expect("a look"), []);
}
