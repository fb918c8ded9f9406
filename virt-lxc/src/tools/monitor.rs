//! `lxc-monitor`: what it prints when a container changes.

use virt_core::Result;
use virt_core::host::{ChildProcess, Command};

use super::Tools;

/// A state, as `lxc-monitor` and `lxc-info` name it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SeenState {
    Stopped,
    Starting,
    Running,
    Stopping,
    Aborting,
    Freezing,
    Frozen,
    Thawed,
}

impl SeenState {
    pub(super) fn parse(name: &str) -> Option<Self> {
        Some(match name {
            "STOPPED" => Self::Stopped,
            "STARTING" => Self::Starting,
            "RUNNING" => Self::Running,
            "STOPPING" => Self::Stopping,
            "ABORTING" => Self::Aborting,
            "FREEZING" => Self::Freezing,
            "FROZEN" => Self::Frozen,
            "THAWED" => Self::Thawed,
            _ => return None,
        })
    }

    /// Whether there is a container that runs, or stands still. A tool that is killed while it freezes one leaves
    /// [`Freezing`](Self::Freezing) behind for as long as the container is there, frozen or not.
    pub(crate) fn is_up(self) -> bool {
        matches!(self, Self::Running | Self::Freezing | Self::Frozen | Self::Thawed)
    }

    /// Whether something has come to an end with it: what is on its way is told once more when it is there.
    pub(crate) fn is_settled(self) -> bool {
        matches!(self, Self::Stopped | Self::Running | Self::Frozen | Self::Thawed)
    }
}

/// A line of `lxc-monitor`: which container, and its state. `None` for what tells of no state.
pub(crate) fn parse_line(line: &str) -> Option<(&str, SeenState)> {
    // A name may contain what follows it here: the last one counts.
    let (name, state) = line.trim_end().rsplit_once("' changed state to [")?;
    Some((
        name.strip_prefix('\'')?,
        SeenState::parse(state.strip_suffix(']')?)?,
    ))
}

/// Runs a program until it ends, or until nothing is at the other end of standard input any more: `lxc-monitor` does not
/// look there, and would outlive a manager that was killed.
const WHILE_LISTENED_TO: &str = "exec 3<&0; \"$0\" \"$@\" </dev/null 3<&- & m=$!; \
    { exec >/dev/null 2>&1; read -r x <&3; kill $m; } & r=$!; exec >/dev/null 3<&-; wait $m; kill $r";

impl Tools {
    /// Listens to what happens to all containers of the directory. It ends when its standard input does.
    pub(crate) async fn monitor(&self) -> Result<Box<dyn ChildProcess>> {
        let command = Command::new("/bin/sh")
            .args([
                "-c",
                WHILE_LISTENED_TO,
                "lxc-monitor",
                "-P",
                &self.directory,
                "-n",
                ".*",
            ])
            .env("LC_ALL", "C");
        self.asking.processes().spawn(command).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_name_container_and_state() {
        assert_eq!(
            parse_line("'web' changed state to [RUNNING]\n"),
            Some(("web", SeenState::Running))
        );
        assert_eq!(
            parse_line("'it's' changed state to [X]' changed state to [FROZEN]"),
            Some(("it's' changed state to [X]", SeenState::Frozen))
        );
        assert_eq!(parse_line("'web' exited with status [0]"), None);
        assert_eq!(parse_line("'web' changed state to [NEW]"), None);
    }
}
