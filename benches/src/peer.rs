//! A peer: a program that holds one connection, does what it is told and says how long it took.

use crate::failure::{Outcome, failed};
use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;

/// Compiles libvirt's side of the benches into `directory` and returns the program.
pub(crate) fn compile_libvirt_peer(directory: &Path) -> Outcome<PathBuf> {
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("peers");
    let program = directory.join("libvirt_peer");
    let status = Command::new("gcc")
        .args(["-O2", "-o"])
        .arg(&program)
        .args(["libvirt_peer.c", "rpc.c"].map(|source| sources.join(source)))
        .args(["-lvirt", "-pthread"])
        .status()?;
    match status.success() {
        true => Ok(program),
        false => failed(format!("gcc could not compile {}", sources.display())),
    }
}

/// A running peer; dropping it ends it.
#[derive(Debug)]
pub(crate) struct Peer {
    name: &'static str,
    child: Child,
    stdin: Option<ChildStdin>,
    stdout: BufReader<ChildStdout>,
}

/// What a peer answered.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Answer {
    /// How long its calls took.
    pub(crate) took: Duration,
    /// How many objects they were about.
    pub(crate) count: usize,
}

impl Peer {
    /// Starts the program and waits for its first word, which it says when it is connected.
    pub(crate) fn start(name: &'static str, command: &mut Command) -> Outcome<Self> {
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let (Some(stdin), Some(stdout)) = (child.stdin.take(), child.stdout.take()) else {
            return failed(format!("{name} has no pipes"));
        };
        let mut peer = Self {
            name,
            child,
            stdin: Some(stdin),
            stdout: BufReader::new(stdout),
        };
        peer.answer("connect")?;
        Ok(peer)
    }

    /// Has it carry out one command.
    pub(crate) fn ask(&mut self, command: &str) -> Outcome<Answer> {
        match &mut self.stdin {
            Some(stdin) => writeln!(stdin, "{command}")?,
            None => return failed(format!("{} was told to end", self.name)),
        }
        self.answer(command)
    }

    /// How much memory it has in use, to the page: what `status` says may be behind by many.
    pub(crate) fn resident_mib(&self) -> Outcome<f64> {
        let rollup = fs::read_to_string(format!("/proc/{}/smaps_rollup", self.child.id()))?;
        let kib = rollup.lines().find_map(|line| {
            line.strip_prefix("Rss:")?
                .split_whitespace()
                .next()?
                .parse::<f64>()
                .ok()
        });
        match kib {
            Some(kib) => Ok(kib / 1024.0),
            None => failed(format!("the memory of {} cannot be read", self.name)),
        }
    }

    fn answer(&mut self, command: &str) -> Outcome<Answer> {
        let mut line = String::new();
        self.stdout.read_line(&mut line)?;
        let shown = command.get(..60).unwrap_or(command);
        let words: Vec<&str> = line.split_whitespace().collect();
        match words.as_slice() {
            ["ok", nanoseconds, count] => Ok(Answer {
                took: Duration::from_nanos(nanoseconds.parse()?),
                count: count.parse()?,
            }),
            [] => failed(format!("{} ended at \"{shown}\"", self.name)),
            _ => failed(format!("{} at \"{shown}\": {}", self.name, line.trim())),
        }
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        drop(self.stdin.take());
        // With its input closed it ends by itself; there is nobody to tell if it does not.
        drop(self.child.wait());
    }
}
