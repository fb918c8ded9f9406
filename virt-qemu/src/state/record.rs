//! What is written about runs and about the manager.

use serde::{Deserialize, Serialize};
use uuid::Uuid;
use virt_core::host::ProcessIdentity;

/// The form of our files; a file of a higher form is not touched.
pub(crate) const FORMAT: u32 = 1;

/// How far a run had come when its record was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum RunPhase {
    /// QEMU is about to be launched: the next manager ends what it finds of it.
    Launching,
    /// The start was done: the next manager adopts it.
    Running,
}

/// A run of a guest: the intent before the launch, and all that is needed to find and adopt it afterwards.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct RunRecord {
    pub(crate) format: u32,
    pub(crate) uuid: Uuid,
    pub(crate) name: String,
    pub(crate) id: u32,
    /// The host's boot: in another one the run is over.
    pub(crate) boot_id: String,
    pub(crate) phase: RunPhase,
    /// QEMU's process, once known.
    pub(crate) process: Option<ProcessIdentity>,
    /// The program and its arguments, as launched.
    pub(crate) argv: Vec<String>,
    /// Where QEMU appends what it says.
    pub(crate) log: String,
    /// The directory of its sockets and pid file.
    pub(crate) run_dir: String,
    /// Whether there is no definition.
    pub(crate) transient: bool,
    pub(crate) auto_destroy: bool,
    /// Whether it was meant to stay paused: else a manager that died before letting it run left that to the next.
    pub(crate) start_paused: bool,
    /// Whether the guest's next power-off is to become a start from the beginning.
    pub(crate) reboot_pending: bool,
    /// When it was started: seconds since 1970.
    pub(crate) started_at: u64,
    /// The live configuration, as XML.
    pub(crate) live: String,
    /// For a transient domain: the configuration it was started with, as XML.
    pub(crate) origin: Option<String>,
}

impl RunRecord {
    pub(crate) fn main_monitor(&self) -> String {
        format!("{}/monitor.sock", self.run_dir)
    }

    pub(crate) fn rescue_monitor(&self) -> String {
        format!("{}/rescue.sock", self.run_dir)
    }

    pub(crate) fn pid_file(&self) -> String {
        format!("{}/qemu.pid", self.run_dir)
    }

    /// Whether a process of these arguments is this run's QEMU: no other has this run's monitor.
    pub(crate) fn is_run_by(&self, argv: &[String]) -> bool {
        let monitor = format!("path={}", as_option(&self.main_monitor()));
        let is_it = |arg: &String| {
            let mut found = arg.match_indices(&monitor);
            found.any(|(at, _)| {
                let before = arg.get(..at).unwrap_or_default();
                let after = arg.get(at + monitor.len()..).unwrap_or_default();
                before.ends_with(',') && (after.is_empty() || after.starts_with(','))
            })
        };
        argv.iter().any(is_it)
    }

    /// The file name of the program, by which its process is looked for.
    pub(crate) fn program_name(&self) -> &str {
        let program = self.argv.first().map_or("qemu-system", String::as_str);
        program.rsplit('/').next().unwrap_or(program)
    }
}

/// A value as QEMU is told it in an option: with commas doubled. With its key before it, no longer path ends like it.
fn as_option(value: &str) -> String {
    value.replace(',', ",,")
}

/// What the manager of a root keeps of itself.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ManagerRecord {
    pub(crate) format: u32,
    /// No id below this one is used again.
    pub(crate) next_id: u32,
    /// The host's boot in which domains were started by themselves.
    pub(crate) autostarted_boot: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(run_dir: &str) -> RunRecord {
        RunRecord {
            format: FORMAT,
            uuid: Uuid::nil(),
            name: "web".into(),
            id: 1,
            boot_id: "b".into(),
            phase: RunPhase::Running,
            process: None,
            argv: vec!["/usr/bin/qemu-system-x86_64".into()],
            log: String::new(),
            run_dir: run_dir.into(),
            transient: false,
            auto_destroy: false,
            start_paused: false,
            reboot_pending: false,
            started_at: 0,
            live: String::new(),
            origin: None,
        }
    }

    #[test]
    fn a_process_of_another_root_whose_path_ends_like_ours_is_not_ours() {
        let argv = |path: &str| {
            vec![
                "qemu".into(),
                format!("socket,id=charmonitor,path={path},server=on,wait=off"),
            ]
        };
        let ours = record("/a/run/1");
        assert!(ours.is_run_by(&argv("/a/run/1/monitor.sock")));
        assert!(!ours.is_run_by(&argv("/tmp/a/run/1/monitor.sock")));
        assert!(!ours.is_run_by(&argv("/a/run/1/monitor.sock.old")));
        assert!(record("/a,b/run/1").is_run_by(&argv("/a,,b/run/1/monitor.sock")));
    }
}
