//! The examples run, and print what they are for.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[cfg(feature = "esx")]
mod esx;

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

struct Ran {
    succeeded: bool,
    stdout: String,
    stderr: String,
}

/// Runs an example, with this on its standard input.
fn run(example: &str, arguments: &[&str], typed: &str) -> Ran {
    run_with(example, arguments, typed, &[])
}

/// The same, with these variables in its environment.
fn run_with(example: &str, arguments: &[&str], typed: &str, variables: &[(&str, &str)]) -> Ran {
    let program = virt_testkit::examples::example(Path::new(env!("CARGO_MANIFEST_DIR")), example);
    let mut child = Command::new(program.unwrap())
        .args(arguments)
        .envs(variables.iter().copied())
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(typed.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    Ran {
        succeeded: output.status.success(),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

/// Runs an example that has to succeed and to print these.
fn prints(example: &str, arguments: &[&str], typed: &str, wanted: &[&str]) {
    let ran = run(example, arguments, typed);
    printed(example, &ran, wanted);
}

/// It has succeeded and printed these.
fn printed(example: &str, ran: &Ran, wanted: &[&str]) {
    assert!(ran.succeeded, "{example}: {}", ran.stderr);
    for wanted in wanted {
        assert!(
            ran.stdout.contains(wanted),
            "{example}: no {wanted:?} in {}",
            ran.stdout
        );
    }
}

#[test]
fn every_example_does_its_job_on_the_test_driver() {
    prints("list_domains", &[], "", &["test", "running", "8 GiB"]);
    prints(
        "define_domain",
        &["test:///empty", "web"],
        "",
        &["web is defined", "<name>web</name>"],
    );
    prints(
        "upload_volume",
        &[],
        "",
        &["is in default-pool/example.img: 64 MiB", "128 KiB allocated"],
    );
    prints(
        "domain_lifecycle",
        &[],
        "",
        &["started", "shut down it is shut off (shutdown)", "undefined"],
    );
    prints(
        "watch_events",
        &[],
        "",
        &["Suspended(Paused)", "Rebooted", "Stopped(Shutdown)"],
    );
    prints(
        "watch_all_events",
        &[],
        "",
        &[
            "domain        test",
            "network       default                  Stopped",
            "network       default                  Started",
            "ValueChanged",
        ],
    );
    prints("attach_console", &[], "hello\r", &["test is up", "hello\r\n"]);
    prints(
        "run_in_guest",
        &["test:///default", "test", "echo", "a b"],
        "",
        &["a b\n"],
    );
    prints("domain_stats", &["test:///default", "1"], "", &["CPU %", "8 GiB"]);
    prints(
        "take_snapshot",
        &["test:///default", "test", "before", "--revert"],
        "",
        &[
            "before of test is taken",
            "running (from a snapshot)",
            "before (current)",
        ],
    );
    prints(
        "migrate_domain",
        &[],
        "",
        &["test is at test:///empty: running (migrated)"],
    );
    prints(
        "edit_domain_xml",
        &[
            "test:///default",
            "test",
            "--set",
            "/domain/title=The test",
            "--set",
            "/domain/memory=1048576",
        ],
        "",
        &[
            "/domain/title: added The test",
            "/domain/memory: 8 GiB → 1 GiB",
            "test is defined anew",
        ],
    );
    prints(
        "diff_domains",
        &[],
        "",
        &["test: as it runs, and as it starts next"],
    );
    prints(
        "connect_remote",
        &[],
        "",
        &["is a machine called", "test", "running"],
    );
    prints("connect_over_ssh", &[], "", &["processors", "test", "running"]);
}

#[test]
fn two_files_are_compared() {
    let directory = tempfile::tempdir().unwrap();
    let write = |name: &str, disk: &str, memory: u32| {
        let path = directory.path().join(name);
        let text = format!(
            "<domain type='kvm'><name>web</name><memory unit='MiB'>{memory}</memory><devices>{disk}</devices></domain>"
        );
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let disk = "<disk type='file'><source file='/a'/><target dev='vda'/></disk>";
    let (one, other) = (write("one.xml", disk, 64), write("other.xml", "", 128));
    prints(
        "diff_domains",
        &["test:///default", &one, &other],
        "",
        &["~ /domain/memory: 64 MiB → 128 MiB", "- disk vda"],
    );
    let ran = run("edit_domain_xml", &["test:///default", "test", &one], "");
    assert_eq!(
        (ran.succeeded, ran.stderr.trim()),
        (
            false,
            "failed: this is the domain web, not test: a domain is not renamed by an edit"
        )
    );
}

#[test]
fn a_failure_is_told_in_plain_words() {
    let ran = run("run_in_guest", &["test:///default", "tset"], "");
    assert!(!ran.succeeded);
    assert_eq!(
        ran.stderr.trim(),
        "failed: domain: domain \"tset\": no such domain (there are: test)"
    );
    let ran = run("run_in_guest", &["test:///default", "test", "false"], "");
    assert_eq!(
        (ran.succeeded, ran.stderr.trim()),
        (false, "failed: false ended with Code(1)")
    );
}
