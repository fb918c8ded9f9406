//! The simulator's program: built from its sources in this package into the cache, by Debian's Go and library.

use super::super::cache::{cache_directory, content_key, directory_built_once};
use super::super::error::{LiveError, Result};
use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

/// The Debian packages that it is built from.
const PACKAGES: [&str; 2] = ["golang-go", "golang-github-vmware-govmomi-dev"];

/// Where Debian has the sources of Go libraries.
const LIBRARIES: &str = "/usr/share/gocode";

const LIBRARY: &str = "src/github.com/vmware/govmomi/simulator/simulator.go";

const NAME: &str = "vsphere-simulator";

/// How long what was built from other sources is kept.
const KEPT: Duration = Duration::from_secs(24 * 3600);

macro_rules! sources {
    ($($name:literal),+ $(,)?) => {
        &[$(($name, include_str!(concat!("../../../vsphere-simulator/", $name)))),+]
    };
}

/// All that it is built from.
const SOURCES: &[(&str, &str)] = sources![
    "answer.go",
    "arrays.go",
    "autostart.go",
    "clones.go",
    "compare.go",
    "control.go",
    "datastore_control.go",
    "device_specs.go",
    "disks.go",
    "folder.go",
    "front.go",
    "guest.go",
    "guestfiles.go",
    "guestops.go",
    "guestshell.go",
    "guestwords.go",
    "inventory.go",
    "keyboard.go",
    "machines.go",
    "main.go",
    "measures.go",
    "methods.go",
    "migrate.go",
    "moving.go",
    "nas.go",
    "network.go",
    "networks.go",
    "options.go",
    "paging.go",
    "peek.go",
    "plan.go",
    "power.go",
    "question.go",
    "reconfigure.go",
    "screen.go",
    "sessions.go",
    "snapshots.go",
    "space.go",
    "statistics.go",
    "tasks.go",
    "updates.go",
    "views.go",
    "vmx.go",
    "vmx_devices.go",
    "vmx_read.go",
    "vmx_write.go",
];

/// The simulator's program.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct SimulatorProgram {
    /// Where it is.
    pub path: PathBuf,
}

impl SimulatorProgram {
    /// The packages of Debian that it is built from.
    pub const PACKAGES: [&'static str; 2] = PACKAGES;

    /// It, if it has been built from these sources already.
    #[must_use]
    pub fn built() -> Option<Self> {
        let path = directory().join(NAME);
        path.exists().then_some(Self { path })
    }

    /// It, from the cache or built there first: 30 s the first time, 5 s after a change of its sources.
    ///
    /// # Errors
    /// [`LiveError`] when what it is built from is not installed, or it cannot be built.
    ///
    /// # Cancel safety
    /// Safe: the work goes on in a thread of its own and its result stays in the cache.
    pub async fn obtain() -> std::result::Result<Self, LiveError> {
        match tokio::task::spawn_blocking(|| Self::obtain_blocking(&mut |_, _, _| ())).await {
            Ok(result) => result,
            Err(error) => Err(LiveError::Unexpected(format!(
                "the builder of the vSphere simulator stopped: {error}"
            ))),
        }
    }

    /// The same, without a runtime. `progress` is told how many packages of how many have been compiled, and which one
    /// is.
    ///
    /// # Errors
    /// As [`obtain`](Self::obtain).
    pub fn obtain_blocking(
        progress: &mut dyn FnMut(usize, usize, &str),
    ) -> std::result::Result<Self, LiveError> {
        if let Some(built) = Self::built() {
            return Ok(built);
        }
        Self::check()?;
        let directory = directory_built_once(&name_of_directory(), |work| build(work, progress))?;
        Ok(Self {
            path: directory.join(NAME),
        })
    }

    /// Whether it can be had on this machine.
    ///
    /// # Errors
    /// [`LiveError`] with what is missing.
    pub fn check() -> std::result::Result<(), LiveError> {
        if Self::built().is_some() {
            return Ok(());
        }
        let has_go = go().arg("version").output();
        let has_go = has_go.is_ok_and(|output| output.status.success());
        if has_go && Path::new(LIBRARIES).join(LIBRARY).exists() {
            return Ok(());
        }
        Err(LiveError::Unexpected(format!(
            "the vSphere simulator is not built and {} are not installed: `cargo xtask install vsphere`",
            PACKAGES.join(" and ")
        )))
    }
}

fn directory() -> PathBuf {
    cache_directory().join(name_of_directory())
}

fn name_of_directory() -> String {
    let parts: Vec<&str> = SOURCES.iter().flat_map(|(name, text)| [*name, *text]).collect();
    format!("{NAME}-{}", content_key(&parts))
}

fn build(work: &Path, progress: &mut dyn FnMut(usize, usize, &str)) -> Result<()> {
    let sources = work.join("sources");
    fs::create_dir_all(&sources).map_err(|error| LiveError::file("create", &sources, error))?;
    for (name, text) in SOURCES {
        let path = sources.join(name);
        fs::write(&path, text).map_err(|error| LiveError::file("write", &path, error))?;
    }
    let total = stale(&sources)?;
    let mut child = go()
        .args(["build", "-v", "-ldflags", "-s -w", "-o"])
        .arg(work.join(NAME))
        .arg(".")
        .current_dir(&sources)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| LiveError::file("run", Path::new("go"), error))?;
    // It names each package when it begins with it.
    let mut said = Vec::new();
    let lines = child.stderr.take().map(BufReader::new);
    for line in lines
        .into_iter()
        .flat_map(BufReader::lines)
        .map_while(|line| line.ok())
    {
        progress(said.len(), total, &line);
        said.push(line);
    }
    let status = child.wait();
    let status = status.map_err(|error| LiveError::file("wait for", Path::new("go"), error))?;
    if status.success() {
        sweep();
        return Ok(());
    }
    let tail = said.iter().rev().take(5).rev().cloned().collect::<Vec<_>>();
    Err(LiveError::Program {
        program: "go build".to_owned(),
        said: tail.join("; "),
    })
}

/// Removes what was built from other sources and has not been needed for a day; what can't be removed stays.
fn sweep() {
    let entries = fs::read_dir(cache_directory());
    for entry in entries.into_iter().flatten().map_while(|entry| entry.ok()) {
        let unused_for = || {
            let program = fs::metadata(entry.path().join(NAME)).ok()?;
            program.accessed().ok()?.elapsed().ok()
        };
        let name = entry.file_name();
        if name.to_string_lossy().starts_with(NAME) && unused_for().is_some_and(|age| age > KEPT) {
            drop(fs::remove_dir_all(entry.path()));
        }
    }
}

/// How many packages have to be compiled.
fn stale(sources: &Path) -> Result<usize> {
    let mut list = go();
    list.args(["list", "-deps", "-f", "{{if .Stale}}{{.ImportPath}}{{end}}", "."])
        .current_dir(sources);
    let listed = super::super::debian::output_of(&mut list)?;
    Ok(String::from_utf8_lossy(&listed).lines().count())
}

/// Go as Debian's libraries want it: without modules, and without a network.
fn go() -> Command {
    let mut command = Command::new("go");
    command
        .env("GO111MODULE", "off")
        .env("GOPATH", LIBRARIES)
        .env("GOFLAGS", "")
        .env("GOCACHE", cache_directory().join("go-build"));
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_source_is_known() {
        let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join(NAME);
        let entries = fs::read_dir(directory).expect("the sources");
        let mut found: Vec<String> = entries
            .map(|entry| {
                entry
                    .expect("an entry")
                    .file_name()
                    .to_string_lossy()
                    .into_owned()
            })
            .collect();
        found.sort();
        let known: Vec<&str> = SOURCES.iter().map(|(name, _)| *name).collect();
        assert_eq!(found, known);
    }
}
