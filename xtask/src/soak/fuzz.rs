//! Fuzzing with libFuzzer, through cargo-fuzz, which this installs into the cache; two runs at a time.

use crate::failure::{Doing as _, Failure, Outcome};
use crate::install::{self, Need};
use crate::{cargo, say};
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

/// How many run at a time.
const TOGETHER: usize = 2;

/// How long each runs, from the command line; 600 s unless it says so.
pub(super) fn seconds(argument: Option<&str>, group: &str) -> Outcome<u64> {
    argument.map_or(Ok(600), |text| {
        text.parse().map_err(|_| {
            Failure::new(format!("\"{text}\" is no number of seconds"))
                .advise(format!("say: cargo xtask soak {group} 60"))
        })
    })
}

/// What is fuzzed.
pub(super) struct Run {
    /// What it is called, and its directory.
    pub(super) name: &'static str,
    /// The fuzz target.
    pub(super) target: &'static str,
    /// What the target is told by its environment.
    pub(super) environment: Option<(&'static str, &'static str)>,
    /// Puts what the fuzzer begins with into the directory, and gives the words of its dictionary.
    pub(super) seeds: fn(&str, &Path) -> Outcome<Option<String>>,
    /// The longest input, in bytes.
    pub(super) longest: u32,
}

/// Runs the property tests of the package once and the fuzz targets so many seconds each; where these cannot be built,
/// the property tests as long.
pub(super) fn run(runs: Vec<Run>, what: &str, seconds: u64, tests: (&str, &[&str])) -> Outcome {
    let mut targets: Vec<&'static str> = runs.iter().map(|run| run.target).collect();
    targets.dedup();
    let binaries = match build(&targets) {
        Ok(binaries) => binaries,
        Err(failure) => {
            say::warn(&format!(
                "xtask: {failure}\nThe fuzz targets cannot be built here: the property tests run instead."
            ));
            return property_tests(tests, Duration::from_secs(seconds));
        }
    };
    property_tests(tests, Duration::ZERO)?;
    let count = runs.len();
    let findings = fuzz(runs, &binaries, what, seconds)?;
    if findings.is_empty() {
        say::line(&format!("no findings: {count} {what}, {seconds} s each"));
        return Ok(());
    }
    for finding in &findings {
        say::line(&finding.to_string());
    }
    let found: Vec<&str> = findings.iter().map(|finding| finding.name).collect();
    Err(Failure::new(format!("there are findings: {}", found.join(", ")))
        .advise("each is reproduced by the command below its name"))
}

/// Builds the targets; gives the directory they are in.
fn build(targets: &[&str]) -> Outcome<PathBuf> {
    install::ensure(&[Need::CxxCompiler])?;
    let cargo_fuzz = cargo_fuzz()?;
    let fuzz = cargo::workspace().join("fuzz");
    for target in targets {
        say::line(&format!("Building the fuzz target {target} (instrumented)"));
        let mut command = cargo::command(&[
            "fuzz",
            "build",
            "--sanitizer",
            "none",
            "--codegen-units",
            "16",
            "--fuzz-dir",
        ]);
        command.arg(&fuzz).arg(target).env("RUSTC_BOOTSTRAP", "1");
        if let Some(directory) = cargo_fuzz.parent().filter(|parent| parent.is_absolute()) {
            let path = std::env::var_os("PATH").unwrap_or_default();
            let paths = std::iter::once(directory.to_path_buf()).chain(std::env::split_paths(&path));
            command.env(
                "PATH",
                std::env::join_paths(paths).doing(|| "put together PATH".to_owned())?,
            );
        }
        cargo::run(command)?;
    }
    let version = Command::new("rustc")
        .arg("-vV")
        .output()
        .doing(|| "ask rustc for its version".to_owned())?;
    let version = String::from_utf8_lossy(&version.stdout).into_owned();
    let host = version
        .lines()
        .find_map(|line| line.strip_prefix("host: "))
        .ok_or_else(|| Failure::new("rustc does not say what it compiles for"))?;
    let built = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| fuzz.join("target"), PathBuf::from);
    Ok(built.join(host).join("release"))
}

/// Finds cargo-fuzz, or installs it into the cache.
fn cargo_fuzz() -> Outcome<PathBuf> {
    let root = virt_testkit::live::cache_directory().join("cargo-fuzz");
    let cached = root.join("bin/cargo-fuzz");
    let answers = |program: &Path| {
        let asked = Command::new(program)
            .args(["fuzz", "--version"])
            .stdin(Stdio::null())
            .output();
        asked.is_ok_and(|output| output.status.success())
    };
    for candidate in [Path::new("cargo-fuzz"), &cached] {
        if answers(candidate) {
            return Ok(candidate.to_path_buf());
        }
    }
    say::line("Installing cargo-fuzz from crates.io into the cache, about a minute");
    let mut command = cargo::command(&["install", "cargo-fuzz", "--locked", "--quiet", "--root"]);
    command.arg(&root);
    cargo::run(command)?;
    Ok(cached)
}

/// What was found.
struct Finding {
    name: &'static str,
    what: String,
    reproduce: String,
}

impl std::fmt::Display for Finding {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "\n{}: {}\n  $ {}", self.name, self.what, self.reproduce)
    }
}

impl Run {
    fn directory(&self) -> PathBuf {
        cargo::workspace().join("target/fuzz").join(self.name)
    }

    fn log(&self) -> PathBuf {
        self.directory().join("log")
    }

    fn start(&self, binary: &Path, seconds: u64) -> Outcome<Child> {
        let directory = self.directory();
        let doing = || format!("prepare {}", directory.display());
        for part in ["corpus", "findings", "seeds"] {
            fs::create_dir_all(directory.join(part)).doing(doing)?;
        }
        let words = (self.seeds)(self.name, &directory.join("seeds"))?;
        let log = File::create(self.log()).doing(doing)?;
        let mut command = Command::new(binary);
        if let Some(words) = words {
            let dictionary = directory.join("dictionary");
            fs::write(&dictionary, words).doing(doing)?;
            command.arg(format!("-dict={}", dictionary.display()));
        }
        command
            .arg(directory.join("corpus"))
            .arg(directory.join("seeds"))
            .arg(format!(
                "-artifact_prefix={}/",
                directory.join("findings").display()
            ))
            .arg(format!("-max_total_time={seconds}"))
            .arg(format!("-max_len={}", self.longest))
            .args(["-timeout=20", "-rss_limit_mb=2048", "-print_final_stats=1"])
            .envs(self.environment)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log);
        command.spawn().doing(|| format!("run {}", binary.display()))
    }

    /// How it ended: a word for people, or what was found.
    fn outcome(&self, binary: &Path, status: ExitStatus) -> Result<String, Finding> {
        let log = fs::read(self.log()).unwrap_or_default();
        let log = String::from_utf8_lossy(&log);
        if status.success() {
            let number = |key: &str| {
                let line = log.lines().rev().find_map(|line| line.strip_prefix(key));
                line.map_or("?", str::trim).to_owned()
            };
            return Ok(format!(
                "{} inputs, no finding",
                number("stat::number_of_executed_units:")
            ));
        }
        let artifact = log
            .lines()
            .find_map(|line| line.split_once("Test unit written to ").map(|(_, path)| path));
        let mut told = log.lines().skip_while(|line| !line.contains("panicked at"));
        let panic: Vec<&str> = told.by_ref().take(4).collect();
        let environment = self
            .environment
            .map_or(String::new(), |(name, value)| format!("{name}={value} "));
        Err(Finding {
            name: self.name,
            what: match panic.is_empty() {
                true => format!("{status}; see {}", self.log().display()),
                false => panic.join("\n  "),
            },
            reproduce: format!("{environment}{} {}", binary.display(), artifact.unwrap_or("FILE")),
        })
    }
}

/// Runs them, some at a time; gives what was found.
fn fuzz(runs: Vec<Run>, binaries: &Path, what: &str, seconds: u64) -> Outcome<Vec<Finding>> {
    let all = u64::try_from(runs.len()).unwrap_or(1);
    let mut waiting = runs.into_iter();
    let (sender, ended) = mpsc::channel();
    let (mut running, mut findings, mut done) = (0_usize, Vec::new(), 0_u64);
    let began = Instant::now();
    let expected = all.div_ceil(u64::try_from(TOGETHER).unwrap_or(1)) * seconds.max(1);
    let mut progress = say::Progress::start(format!("{all} {what}, {seconds} s each"));
    loop {
        while running < TOGETHER
            && let Some(run) = waiting.next()
        {
            let mut child = run.start(&binaries.join(run.target), seconds)?;
            let sender = sender.clone();
            running += 1;
            thread::spawn(move || sender.send((child.wait(), run)));
        }
        if running == 0 {
            break;
        }
        match ended.recv_timeout(Duration::from_secs(1)) {
            Ok((status, run)) => {
                running -= 1;
                done += 1;
                let status = status.doing(|| "wait for a fuzz target".to_owned())?;
                match run.outcome(&binaries.join(run.target), status) {
                    Ok(word) => progress.note(&format!("{}: {word}", run.name)),
                    Err(finding) => {
                        progress.note(&format!("{}: a finding", run.name));
                        findings.push(finding);
                    }
                }
            }
            Err(_) => {
                let percent = (began.elapsed().as_secs() * 100 / expected).min(99);
                progress.update(
                    u32::try_from(percent).unwrap_or(99),
                    &format!("{done} of {all} done"),
                );
            }
        }
    }
    progress.finish(&format!("{} findings", findings.len()));
    Ok(findings)
}

/// The property tests of a package, with new random values each time: once, and again until the time is over.
fn property_tests((package, arguments): (&str, &[&str]), time: Duration) -> Outcome {
    let began = Instant::now();
    loop {
        let mut command = cargo::command(&["test", "--quiet", "--release", "-p", package]);
        command
            .args(arguments)
            .env("PROPTEST_CASES", "20000")
            .env_remove("PROPTEST_RNG_SEED");
        cargo::run(command)?;
        if began.elapsed() >= time {
            return Ok(());
        }
    }
}
