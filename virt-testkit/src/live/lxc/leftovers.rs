//! What containers of a test have left on the machine.

use super::super::leftovers;
use super::tools::hierarchies;
use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// Where liblxc has locks, and the pipe of its `lxc-monitord`.
const LOCKS: &str = "/run/lxc/lock";
const MONITORS: &str = "/run/lxc";

/// How long what was killed may take to be gone: control groups are held until then.
const PATIENCE: Duration = Duration::from_secs(5);
const PAUSE: Duration = Duration::from_millis(20);

/// Something that is still there; it tells what in a sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Leftover {
    /// A process that mentions the lxcpath: a container's monitor, `lxc-monitord`, a tool.
    Process {
        /// Its number.
        pid: u32,
        /// How it calls itself.
        title: String,
    },
    /// A control group of a container or of its monitor.
    ControlGroup(PathBuf),
    /// A network interface.
    Interface(String),
    /// A mount below the lxcpath.
    Mount(PathBuf),
    /// A lock file, or a pipe of `lxc-monitord`.
    Lock(PathBuf),
}

impl fmt::Display for Leftover {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Process { pid, title } => write!(f, "process {pid} goes on: {title}"),
            Self::ControlGroup(path) => write!(f, "control group {} is there", path.display()),
            Self::Interface(name) => write!(f, "interface {name} is there"),
            Self::Mount(path) => write!(f, "{} is mounted", path.display()),
            Self::Lock(path) => write!(f, "{} is there", path.display()),
        }
    }
}

/// Where leftovers are looked for.
#[derive(Debug, Clone)]
pub struct Scope {
    lxcpath: PathBuf,
    names: Vec<String>,
    prefix: Option<String>,
}

impl Scope {
    /// What containers below this lxcpath leave. Their control groups are known by the containers' names: of those with a
    /// directory there, and of those [named](Self::named).
    #[must_use]
    pub fn of(lxcpath: &Path) -> Self {
        Self {
            lxcpath: lxcpath.to_owned(),
            names: Vec::new(),
            prefix: None,
        }
    }

    /// Has it look for the control groups of a container of this name too, which may be undefined by then.
    #[must_use]
    pub fn named(mut self, name: &str) -> Self {
        self.names.push(name.to_owned());
        self
    }

    /// Has it look for network interfaces too, those whose name begins so.
    #[must_use]
    pub fn interfaces(mut self, prefix: &str) -> Self {
        self.prefix = Some(prefix.to_owned());
        self
    }

    /// All that is there.
    ///
    /// # Errors
    /// When `/proc` cannot be read.
    pub fn find(&self) -> io::Result<Vec<Leftover>> {
        let mut found = self.processes()?;
        found.extend(self.control_groups());
        found.extend(self.links());
        found.extend(self.mounts()?);
        found.extend(self.locks());
        Ok(found)
    }

    /// The same, in sentences: what a test compares with nothing.
    ///
    /// # Errors
    /// As [`find`](Self::find).
    pub fn sentences(&self) -> io::Result<Vec<String>> {
        Ok(self.find()?.iter().map(Leftover::to_string).collect())
    }

    /// Removes all that is there, running containers included, and returns what could not be.
    ///
    /// # Errors
    /// As [`find`](Self::find).
    pub fn remove(&self) -> io::Result<Vec<Leftover>> {
        let until = Instant::now() + PATIENCE;
        loop {
            let found = self.find()?;
            if found.is_empty() || Instant::now() > until {
                [LOCKS, MONITORS].into_iter().for_each(|root| self.prune(root));
                return Ok(found);
            }
            found.iter().for_each(remove);
            thread::sleep(PAUSE);
        }
    }

    fn processes(&self) -> io::Result<Vec<Leftover>> {
        let found = leftovers::processes_with(&self.lxcpath.to_string_lossy())?;
        let wanted = |title: &str| title.starts_with("[lxc monitor]") || title.contains("lxc-");
        let processes = found.into_iter().filter(|process| wanted(&process.program));
        Ok(processes
            .map(|process| Leftover::Process {
                pid: process.pid,
                title: process.program,
            })
            .collect())
    }

    fn names(&self) -> Vec<String> {
        let below = names_in(&self.lxcpath).into_iter();
        let defined = below.filter(|name| self.lxcpath.join(name).join("config").exists());
        self.names.iter().cloned().chain(defined).collect()
    }

    fn control_groups(&self) -> Vec<Leftover> {
        let names = self.names();
        let is_theirs = |group: &str| names.iter().any(|name| belongs(group, name));
        let mut found = Vec::new();
        for hierarchy in hierarchies() {
            let groups = names_in(&hierarchy).into_iter();
            found.extend(
                groups
                    .filter(|group| is_theirs(group))
                    .map(|group| Leftover::ControlGroup(hierarchy.join(group))),
            );
        }
        found
    }

    fn links(&self) -> Vec<Leftover> {
        let Some(prefix) = &self.prefix else {
            return Vec::new();
        };
        let names = names_in(Path::new("/sys/class/net")).into_iter();
        names
            .filter(|name| name.starts_with(prefix))
            .map(Leftover::Interface)
            .collect()
    }

    fn mounts(&self) -> io::Result<Vec<Leftover>> {
        let text = fs::read_to_string("/proc/self/mountinfo")?;
        let places = text.lines().filter_map(|line| line.split(' ').nth(4));
        Ok(places
            .map(PathBuf::from)
            .filter(|place| place.starts_with(&self.lxcpath))
            .map(Leftover::Mount)
            .collect())
    }

    /// Where liblxc has what belongs to the lxcpath, below one of its directories.
    fn inside(&self, root: &str) -> PathBuf {
        let relative = self.lxcpath.strip_prefix("/").unwrap_or(&self.lxcpath);
        Path::new(root).join(relative)
    }

    /// Removes the directories there that nothing is in any more.
    fn prune(&self, root: &str) {
        let place = self.inside(root);
        let directories = place
            .ancestors()
            .take_while(|directory| *directory != Path::new(root));
        for directory in directories {
            // One that something is in stays, and so do those above it.
            if fs::remove_dir(directory).is_err() {
                break;
            }
        }
    }

    fn locks(&self) -> Vec<Leftover> {
        let mut found = Vec::new();
        for directory in [self.inside(LOCKS), self.inside(MONITORS)] {
            for name in names_in(&directory) {
                let path = directory.join(name);
                if !path.is_dir() {
                    found.push(Leftover::Lock(path));
                }
            }
        }
        found
    }
}

/// Whether this is the control group of a container with this name, or of its monitor; a second one has a number.
fn belongs(group: &str, name: &str) -> bool {
    let kinds = ["lxc.payload.", "lxc.monitor."];
    let rest = kinds.into_iter().find_map(|kind| group.strip_prefix(kind));
    match rest.and_then(|rest| rest.strip_prefix(name)) {
        Some("") => true,
        Some(more) => more
            .strip_prefix('-')
            .is_some_and(|number| number.parse::<u32>().is_ok()),
        None => false,
    }
}

fn names_in(directory: &Path) -> Vec<String> {
    let entries = fs::read_dir(directory).into_iter().flatten();
    entries
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .collect()
}

/// Does what it can; what is there afterwards is found again.
fn remove(leftover: &Leftover) {
    let run = |program: &str, arguments: &[&str]| {
        let mut command = Command::new(program);
        command.args(arguments).stderr(Stdio::null());
        drop(command.status());
    };
    match leftover {
        Leftover::Process { pid, .. } => run("kill", &["-KILL", &pid.to_string()]),
        Leftover::ControlGroup(path) => remove_group(path),
        Leftover::Interface(name) => run("ip", &["link", "delete", name]),
        Leftover::Mount(path) => run("umount", &["-l", &path.to_string_lossy()]),
        Leftover::Lock(path) => drop(fs::remove_file(path)),
    }
}

/// Its processes first, for a monitor that was killed took them along and what was attached stays; then from within.
fn remove_group(path: &Path) {
    // What is frozen does not die; each is there in one kind of hierarchy only.
    for (file, word) in [("freezer.state", "THAWED"), ("cgroup.freeze", "0")] {
        if path.join(file).exists() {
            drop(fs::write(path.join(file), word));
        }
    }
    let processes = fs::read_to_string(path.join("cgroup.procs")).unwrap_or_default();
    for pid in processes.lines() {
        let mut kill = Command::new("kill");
        drop(kill.args(["-KILL", pid]).stderr(Stdio::null()).status());
    }
    for name in names_in(path) {
        let inner = path.join(name);
        if inner.is_dir() {
            remove_group(&inner);
        }
    }
    drop(fs::remove_dir(path));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_are_told_apart_by_the_whole_name() {
        assert!(belongs("lxc.payload.web", "web"));
        assert!(belongs("lxc.monitor.web-1", "web"));
        assert!(!belongs("lxc.payload.web2", "web"));
        assert!(!belongs("lxc.payload.web-db", "web"));
        assert!(!belongs("lxc.pivot", "web"));
    }
}
