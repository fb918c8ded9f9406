//! A machine whose liblxc is made up: containers are a process that sleeps, watched by another one.

use std::collections::HashMap;
use std::process::{Child, Command as Program, Stdio};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use virt_core::backend::{Backend, BackendTable, PathRule};
use virt_core::host::{Command, CommandOutput, ExitStatus, Host as _};
use virt_core::model::DomainConfig;
use virt_core::{Connection, Error, ErrorKind};
use virt_lxc::LxcBackend;
use virt_testkit::fake_host::FakeHost;

/// How a machine has its control groups.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Layout {
    /// cgroup v2 with these controllers.
    Unified(&'static str),
    /// v1 with all controllers, and v2 without one.
    Hybrid,
}

/// The two processes of a container.
struct Running {
    init: Child,
    monitor: Child,
}

#[derive(Default)]
struct State {
    running: HashMap<String, Running>,
    /// The tools that ran, with their words.
    asked: Vec<(String, String)>,
}

pub(crate) struct Machine {
    pub(crate) host: FakeHost,
    place: tempfile::TempDir,
    state: Arc<Mutex<State>>,
    user: u32,
}

const TOOLS: [&str; 9] = [
    "lxc-start",
    "lxc-stop",
    "lxc-info",
    "lxc-ls",
    "lxc-cgroup",
    "lxc-freeze",
    "lxc-unfreeze",
    "lxc-config",
    "lxc-attach",
];

impl Machine {
    pub(crate) fn new(layout: Layout) -> Self {
        let machine = Self {
            host: FakeHost::local(),
            place: tempfile::tempdir().unwrap(),
            state: Arc::default(),
            user: 0,
        };
        for tool in TOOLS {
            let state = Arc::clone(&machine.state);
            machine.host.answer_program(tool, move |command| {
                let mut state = locked(&state);
                state.asked.push((tool.to_owned(), command.args.join(" ")));
                Ok(answer(&mut state, tool, command))
            });
        }
        let state = Arc::clone(&machine.state);
        machine
            .host
            .answer_files(move |path| file(&locked(&state), layout, path));
        machine
    }

    /// The same for who is not root.
    pub(crate) fn of_user(mut self, user: u32) -> Self {
        self.user = user;
        self
    }

    /// The same, with nothing of liblxc on it.
    pub(crate) fn without_tools(self) -> Self {
        for tool in TOOLS {
            self.host.answer_program(tool, move |_| {
                Err(Error::new(
                    ErrorKind::NotFound,
                    format!("there is no program {tool:?}"),
                ))
            });
        }
        self
    }

    pub(crate) fn uri(&self) -> String {
        format!("lxc:///embed?root={}/lxc", self.place.path().display())
    }

    pub(crate) async fn open(&self) -> virt_core::Result<Connection> {
        self.open_at(&self.uri()).await
    }

    pub(crate) async fn open_at(&self, uri: &str) -> virt_core::Result<Connection> {
        let mut facts = self.host.facts().await?.as_ref().clone();
        facts.uid = self.user;
        facts.gid = self.user;
        self.host.set_facts(facts);
        let backend: Option<Arc<dyn Backend>> = Some(Arc::new(LxcBackend));
        Connection::builder()
            .backends(BackendTable::default().backend("lxc", PathRule::Is("/embed"), "lxc", backend))
            .host(Arc::new(self.host.clone()))
            .open(uri)
            .await
    }

    /// A container with these elements beside what it needs.
    pub(crate) fn document(&self, name: &str, more: &str) -> DomainConfig {
        let text = format!(
            "<domain type='lxc'><name>{name}</name><memory unit='MiB'>64</memory><vcpu>1</vcpu>{more}\
             <os><type>exe</type><init>/sbin/init</init></os><devices><filesystem type='mount'>\
             <source dir='{}'/><target dir='/'/></filesystem><console type='pty'/></devices></domain>",
            self.place.path().display()
        );
        DomainConfig::from_xml(&text).unwrap()
    }

    /// A container's configuration, as it is on disk.
    pub(crate) fn config(&self, name: &str) -> String {
        std::fs::read_to_string(self.place.path().join("lxc").join(name).join("config")).unwrap()
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.place.path().join("lxc").join(name).exists()
    }

    /// The words a tool was run with, each time.
    pub(crate) fn asked(&self, tool: &str) -> Vec<String> {
        let state = locked(&self.state);
        let of_tool = state.asked.iter().filter(|(name, _)| name == tool);
        of_tool.map(|(_, words)| words.clone()).collect()
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        for (_, running) in locked(&self.state).running.drain() {
            end(running);
        }
    }
}

fn locked(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

fn sleeping() -> Child {
    let mut program = Program::new("sleep");
    program.arg("1000").stdin(Stdio::null()).stdout(Stdio::null());
    program.spawn().unwrap()
}

fn end(running: Running) {
    for mut process in [running.init, running.monitor] {
        process.kill().unwrap();
        process.wait().unwrap();
    }
}

/// What follows a word of a command.
fn after<'c>(command: &'c Command, word: &str) -> &'c str {
    let at = command.args.iter().position(|one| one == word);
    at.and_then(|at| command.args.get(at + 1))
        .map_or("", String::as_str)
}

fn answer(state: &mut State, tool: &str, command: &Command) -> CommandOutput {
    let name = after(command, "-n").to_owned();
    let said =
        |code: i32, text: String| CommandOutput::new(ExitStatus::Code(code), text.into_bytes(), Vec::new());
    match tool {
        "lxc-start" if command.args.iter().any(|word| word == "--version") => said(0, "5.0.2\n".to_owned()),
        "lxc-start" => {
            let running = Running {
                init: sleeping(),
                monitor: sleeping(),
            };
            std::fs::write(after(command, "-p"), running.monitor.id().to_string()).unwrap();
            state.running.insert(name, running);
            said(0, String::new())
        }
        "lxc-stop" => match state.running.remove(&name) {
            Some(running) => {
                end(running);
                said(0, String::new())
            }
            None => said(2, String::new()),
        },
        "lxc-info" => match state.running.get(&name) {
            Some(running) => said(0, format!("State: RUNNING\nPID: {}\n", running.init.id())),
            None => said(0, "State: STOPPED\n".to_owned()),
        },
        "lxc-ls" => said(0, String::new()),
        "lxc-config" => said(0, "/var/lib/lxc\n".to_owned()),
        _ => said(0, String::new()),
    }
}

/// Files of the kernel's that tell of control groups.
fn file(state: &State, layout: Layout, path: &str) -> Option<Vec<u8>> {
    let text = match (path, layout) {
        ("/proc/self/mountinfo", Layout::Unified(_)) => {
            "25 30 0:26 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw,nsdelegate\n".to_owned()
        }
        ("/proc/self/mountinfo", Layout::Hybrid) => [
            "cpu", "cpuacct", "cpuset", "memory", "blkio", "pids", "devices", "freezer",
        ]
        .iter()
        .map(|one| format!("32 31 0:29 / /nowhere/{one} rw - cgroup cgroup rw,{one}\n"))
        .collect(),
        ("/sys/fs/cgroup/cgroup.controllers", Layout::Unified(listed)) => format!("{listed}\n"),
        ("/proc/self/cgroup", _) => "0::/\n1:memory:/\n2:freezer:/\n".to_owned(),
        _ if path.ends_with("cgroup.controllers") => String::new(),
        _ => return of_container(state, layout, path),
    };
    Some(text.into_bytes())
}

fn of_container(state: &State, layout: Layout, path: &str) -> Option<Vec<u8>> {
    for (name, running) in &state.running {
        let (init, monitor) = (running.init.id(), running.monitor.id());
        if path == format!("/proc/{monitor}/task/{monitor}/children") {
            return Some(format!("{init} ").into_bytes());
        }
        if path == format!("/proc/{init}/cgroup") {
            return Some(match layout {
                Layout::Unified(_) => format!("0::/lxc.payload.{name}\n").into_bytes(),
                Layout::Hybrid => format!("4:memory:/lxc.payload.{name}\n").into_bytes(),
            });
        }
        let file = path.strip_prefix(&format!("/sys/fs/cgroup/lxc.payload.{name}/"));
        let text = match file {
            Some("cpu.stat") => "usage_usec 4000000\nuser_usec 3000000\nsystem_usec 1000000\n",
            Some("memory.current") => "1048576\n",
            Some("memory.max") => "50331648\n",
            Some("memory.stat") => "anon 4096\nfile 8192\n",
            Some("pids.current") => "3\n",
            Some("cgroup.freeze") => "0\n",
            _ => continue,
        };
        return Some(text.as_bytes().to_vec());
    }
    None
}
