//! `cargo xtask test`: installs what is missing and runs every test, with one closing line of counts.

mod counts;
mod failures;

use crate::cargo::{self, Ended};
use crate::failure::{Doing as _, Failure, Outcome};
use crate::install::{self, Need};
use crate::{guest, say};
use counts::Counts;
use failures::Failures;
use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// All tests together must be done by then, once they are built.
const LIMIT: Duration = Duration::from_secs(20 * 60);

/// Runs them.
pub(crate) fn run() -> Outcome {
    let required = std::env::var_os("CI").is_some_and(|value| value == "true");
    let prepared = match prepare() {
        Ok(prepared) => prepared,
        Err(failure) if required => return Err(failure),
        Err(failure) => {
            say::warn(&format!(
                "\nxtask: {failure}\nThe tests that need it will be skipped, loudly.\n"
            ));
            Vec::new()
        }
    };
    let skips = cargo::workspace().join("target/skipped-tests.txt");
    fs::create_dir_all(cargo::workspace().join("target")).doing(|| "create target".to_owned())?;
    fs::write(&skips, "").doing(|| format!("write {}", skips.display()))?;
    let environment = environment(prepared, &skips, required);
    say::heading("Building the tests");
    // What is said about failing does not go with building alone.
    let mut building = runner();
    building.retain(|argument| *argument != "--no-fail-fast");
    building.push("--no-run");
    cargo::run(cargo::command(&building))?;
    let deadline = Instant::now() + LIMIT;
    let mut counts = Counts::default();
    let mut failures = Failures::default();
    let mut complete = true;
    for (title, arguments) in [
        ("Tests", runner()),
        ("Examples in the documentation", DOCUMENTATION.to_vec()),
    ] {
        say::heading(title);
        let mut command = cargo::command(&arguments);
        command.envs(environment.iter().map(|(name, value)| (name, value)));
        let ended = cargo::run_read(command, deadline, |line| {
            counts.read(line);
            failures.read(line);
        })?;
        complete &= matches!(&ended, Ended::Itself(status) if status.success());
        if matches!(ended, Ended::AtDeadline) {
            say::warn(&format!(
                "stopped: the tests took more than {} minutes",
                LIMIT.as_secs() / 60
            ));
        }
    }
    if !failures.said().is_empty() {
        say::heading("What did not pass, or not at once");
        failures.said().iter().for_each(|line| say::line(line));
    }
    close(counts, &skips, complete)
}

const NEXTEST: [&str; 6] = [
    "nextest",
    "run",
    "--workspace",
    "--all-features",
    "--no-fail-fast",
    "--color=never",
];
const PLAIN: [&str; 7] = [
    "test",
    "--workspace",
    "--all-features",
    "--no-fail-fast",
    "--lib",
    "--bins",
    "--tests",
];
const DOCUMENTATION: [&str; 5] = ["test", "--workspace", "--all-features", "--no-fail-fast", "--doc"];

/// nextest where it is installed; it is never compiled here, that would take longer than the tests.
fn runner() -> Vec<&'static str> {
    let has_nextest = Command::new("cargo-nextest")
        .args(["nextest", "--version"])
        .stdin(Stdio::null())
        .output()
        .is_ok_and(|output| output.status.success());
    if has_nextest {
        NEXTEST.to_vec()
    } else {
        PLAIN.to_vec()
    }
}

/// Everything the live tests need: the programs and the guest.
fn prepare() -> Outcome<Vec<(&'static str, PathBuf)>> {
    let mut needs = vec![
        Need::Qemu,
        Need::GuestTools,
        Need::Libvirt,
        Need::Lxc,
        Need::Sshd,
        Need::Shells,
        Need::Vsphere,
        Need::Schemas,
    ];
    if install::has_qemu_7_2() {
        needs.push(Need::Qemu72);
    }
    let installed = install::ensure(&needs)?;
    guest::prepare()?;
    Ok(installed
        .qemu_7_2
        .map(|path| ("VIRT_QEMU_7_2", path))
        .into_iter()
        .collect())
}

fn environment(
    prepared: Vec<(&'static str, PathBuf)>,
    skips: &std::path::Path,
    required: bool,
) -> Vec<(&'static str, PathBuf)> {
    let mut environment = prepared;
    environment.push(("VIRT_LIVE", "1".into()));
    environment.push(("VIRT_SKIP_LOG", skips.to_path_buf()));
    // The same random values every time: what fails here fails again, and new ones are the soak's.
    environment.push(("PROPTEST_RNG_SEED", "1".into()));
    if required {
        environment.push(("VIRT_LIVE_REQUIRED", "1".into()));
    }
    if std::env::var_os("VIRT_CORPUS").is_none()
        && let Some(corpus) = corpus()
    {
        environment.push(("VIRT_CORPUS", corpus));
    }
    environment
}

/// The collection of real documents and captures, in a folder `shared/corpus` beside the project or further up.
pub(crate) fn corpus() -> Option<PathBuf> {
    let workspace = cargo::workspace();
    workspace
        .ancestors()
        .skip(1)
        .map(|above| above.join("shared/corpus"))
        .find(|path| path.is_dir())
}

fn close(mut counts: Counts, skips: &std::path::Path, complete: bool) -> Outcome {
    let skipped = fs::read_to_string(skips).doing(|| format!("read {}", skips.display()))?;
    let skipped: Vec<&str> = skipped.lines().collect();
    counts.move_to_skipped(skipped.len());
    say::heading("Result");
    for skip in &skipped {
        say::line(&format!("SKIPPED {skip}"));
    }
    if counts.left_out > 0 {
        say::line(&format!(
            "{} long tests are left to `cargo xtask soak`",
            counts.left_out
        ));
    }
    if !complete && counts.failed == 0 {
        say::line("The run did not come to its end: see above.");
    }
    say::line(&counts.to_string());
    match complete && counts.failed == 0 {
        true => Ok(()),
        false => Err(Failure::new("the tests did not pass")),
    }
}
