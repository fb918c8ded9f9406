//! `cargo xtask soak documents [SECONDS]`: every type of document fuzzed, two at a time.
//!
//! With libFuzzer, through cargo-fuzz, which this installs into the cache. Where that cannot be built, the property tests
//! run for as long instead.

use super::seeds;
use crate::failure::{Doing as _, Failure, Outcome};
use crate::install::{self, Need};
use crate::{cargo, say};
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};
use virt_sdk::model::AnyDocument;

/// How many run at a time.
const TOGETHER: usize = 2;

/// Fuzzes each type for so many seconds.
pub(super) fn run(seconds: Option<&str>) -> Outcome {
    let seconds: u64 = match seconds {
        None => 600,
        Some(text) => text.parse().map_err(|_| {
            Failure::new(format!("\"{text}\" is no number of seconds"))
                .advise("say: cargo xtask soak documents 60")
        })?,
    };
    say::heading("Soak: documents");
    let binary = match build() {
        Ok(binary) => binary,
        Err(failure) => {
            say::warn(&format!(
                "xtask: {failure}\nThe fuzz targets cannot be built here: the property tests run instead."
            ));
            return property_tests(Duration::from_secs(seconds));
        }
    };
    let directory = cargo::workspace().join("target/fuzz");
    let findings = fuzz(&binary, &directory, seconds)?;
    if findings.is_empty() {
        say::line(&format!(
            "no findings: {} types of documents, {seconds} s each",
            AnyDocument::ROOTS.len()
        ));
        return Ok(());
    }
    for finding in &findings {
        say::line(&finding.to_string());
    }
    let found: Vec<&str> = findings.iter().map(|finding| finding.root).collect();
    Err(Failure::new(format!("there are findings: {}", found.join(", ")))
        .advise("each is reproduced by the command below its name"))
}

/// Builds the target; gives the binary.
fn build() -> Outcome<PathBuf> {
    install::ensure(&[Need::CxxCompiler])?;
    let cargo_fuzz = cargo_fuzz()?;
    say::line("Building the fuzz target (instrumented)");
    let fuzz = cargo::workspace().join("fuzz");
    let mut command = cargo::command(&[
        "fuzz",
        "build",
        "--sanitizer",
        "none",
        "--codegen-units",
        "16",
        "--fuzz-dir",
    ]);
    command.arg(&fuzz).arg("document").env("RUSTC_BOOTSTRAP", "1");
    if let Some(directory) = cargo_fuzz.parent().filter(|parent| parent.is_absolute()) {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let paths = std::iter::once(directory.to_path_buf()).chain(std::env::split_paths(&path));
        command.env(
            "PATH",
            std::env::join_paths(paths).doing(|| "put together PATH".to_owned())?,
        );
    }
    cargo::run(command)?;
    let version = Command::new("rustc")
        .arg("-vV")
        .output()
        .doing(|| "ask rustc for its version".to_owned())?;
    let version = String::from_utf8_lossy(&version.stdout).into_owned();
    let host = version
        .lines()
        .find_map(|line| line.strip_prefix("host: "))
        .ok_or_else(|| Failure::new("rustc does not say what it compiles for"))?;
    Ok(fuzz.join("target").join(host).join("release/document"))
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
    root: &'static str,
    what: String,
    reproduce: String,
}

impl std::fmt::Display for Finding {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "\n{}: {}\n  $ {}", self.root, self.what, self.reproduce)
    }
}

/// A run for one type.
struct Run {
    root: &'static str,
    directory: PathBuf,
}

impl Run {
    fn start(&self, binary: &Path, seconds: u64) -> Outcome<Child> {
        let doing = || format!("prepare {}", self.directory.display());
        for part in ["corpus", "findings", "seeds"] {
            fs::create_dir_all(self.directory.join(part)).doing(doing)?;
        }
        let dictionary = self.directory.join("dictionary");
        fs::write(&dictionary, seeds::dictionary(self.root)).doing(doing)?;
        seeds::copy(self.root, &self.directory.join("seeds"))?;
        let log = File::create(self.log()).doing(doing)?;
        let mut command = Command::new(binary);
        command
            .arg(self.directory.join("corpus"))
            .arg(self.directory.join("seeds"))
            .arg(format!("-dict={}", dictionary.display()))
            .arg(format!(
                "-artifact_prefix={}/",
                self.directory.join("findings").display()
            ))
            .arg(format!("-max_total_time={seconds}"))
            .args([
                "-timeout=20",
                "-rss_limit_mb=2048",
                "-max_len=32768",
                "-print_final_stats=1",
            ])
            .env("VIRT_FUZZ_ROOT", self.root)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log);
        command.spawn().doing(|| format!("run {}", binary.display()))
    }

    fn log(&self) -> PathBuf {
        self.directory.join("log")
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
        Err(Finding {
            root: self.root,
            what: match panic.is_empty() {
                true => format!("{status}; see {}", self.log().display()),
                false => panic.join("\n  "),
            },
            reproduce: format!(
                "VIRT_FUZZ_ROOT={} {} {}",
                self.root,
                binary.display(),
                artifact.unwrap_or("FILE")
            ),
        })
    }
}

/// Runs all types, some at a time; gives what was found.
fn fuzz(binary: &Path, directory: &Path, seconds: u64) -> Outcome<Vec<Finding>> {
    let mut waiting = AnyDocument::ROOTS.iter().map(|root| Run {
        root,
        directory: directory.join(root),
    });
    let (sender, ended) = mpsc::channel();
    let (mut running, mut findings, mut done) = (0_usize, Vec::new(), 0_u64);
    let all = u64::try_from(AnyDocument::ROOTS.len()).unwrap_or(1);
    let began = Instant::now();
    let expected = all.div_ceil(u64::try_from(TOGETHER).unwrap_or(1)) * seconds.max(1);
    let mut progress = say::Progress::start(format!("{all} types of documents, {seconds} s each"));
    loop {
        while running < TOGETHER
            && let Some(run) = waiting.next()
        {
            let mut child = run.start(binary, seconds)?;
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
                match run.outcome(binary, status) {
                    Ok(word) => progress.note(&format!("{}: {word}", run.root)),
                    Err(finding) => {
                        progress.note(&format!("{}: a finding", run.root));
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

/// The property tests, again and again.
fn property_tests(time: Duration) -> Outcome {
    let began = Instant::now();
    while began.elapsed() < time {
        let mut command = cargo::command(&[
            "test",
            "--quiet",
            "--release",
            "-p",
            "virt-core",
            "--test",
            "documents",
        ]);
        command.env("PROPTEST_CASES", "20000");
        cargo::run(command)?;
    }
    Ok(())
}
