//! `lxc-info` and `lxc-ls`: which containers run.

use std::collections::HashMap;

use virt_core::host::Command;
use virt_core::{Error, ErrorKind, Result};

use super::{SeenState, Tools, succeeded};

/// What a tool says of a container.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ContainerState {
    pub(crate) state: SeenState,
    /// Its init, where it has one.
    pub(crate) init: Option<u32>,
}

impl Tools {
    /// The state of a container; one that is not there is stopped. `None` where the tool cannot tell, as of one whose
    /// configuration it does not understand.
    pub(crate) async fn state(&self, container: &str) -> Result<Option<ContainerState>> {
        let output = self
            .ask(self.command("lxc-info", container).args(["-s", "-p", "-H"]))
            .await?;
        let told = parse_info(&output.stdout_text());
        if told.is_some() {
            return Ok(told);
        }
        let said = output.stderr_text();
        if said.trim_end().ends_with(" doesn't exist") {
            return Ok(Some(ContainerState {
                state: SeenState::Stopped,
                init: None,
            }));
        }
        tracing::debug!(container, %said, "lxc-info cannot tell whether a container runs");
        Ok(None)
    }

    /// The containers of the directory that run, by name.
    pub(crate) async fn running(&self) -> Result<HashMap<String, ContainerState>> {
        let command = Command::new("lxc-ls")
            .args(["-P", &self.directory, "--active", "-f", "-F", "STATE,PID,NAME"])
            .env("LC_ALL", "C");
        let output = succeeded("lxc-ls", self.ask(command).await?)?;
        parse_table(&output.stdout_text()).ok_or_else(|| {
            Error::new(
                ErrorKind::Corrupt,
                "what lxc-ls says of running containers is not understood",
            )
        })
    }
}

/// `State: RUNNING` and `PID: 123`, or the values alone.
fn parse_info(text: &str) -> Option<ContainerState> {
    let mut found = ContainerState {
        state: SeenState::Stopped,
        init: None,
    };
    let mut has_state = false;
    for line in text.lines() {
        let value = line.split_once(':').map_or(line, |(_, value)| value).trim();
        if let Some(state) = SeenState::parse(value) {
            (found.state, has_state) = (state, true);
        } else if let Ok(pid) = value.parse() {
            found.init = Some(pid);
        }
    }
    has_state.then_some(found)
}

/// A table whose head names the columns; the name comes last, for it may have spaces in it.
fn parse_table(text: &str) -> Option<HashMap<String, ContainerState>> {
    let mut lines = text.lines();
    let Some(head) = lines.next() else {
        return Some(HashMap::new());
    };
    let name_at = head.find("NAME")?;
    let mut found = HashMap::new();
    for line in lines {
        let (facts, name) = line.split_at_checked(name_at)?;
        let mut facts = facts.split_ascii_whitespace();
        let state = SeenState::parse(facts.next()?);
        let init = facts.next().and_then(|pid| pid.parse().ok());
        if let Some(state) = state {
            found.insert(name.trim_end().to_owned(), ContainerState { state, init });
        }
    }
    Some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_of_lxc_info_are_read() {
        let running = ContainerState {
            state: SeenState::Running,
            init: Some(12),
        };
        assert_eq!(
            parse_info("State:          RUNNING\nPID:            12\n"),
            Some(running)
        );
        assert_eq!(parse_info("RUNNING\n12\n"), Some(running));
        assert_eq!(parse_info("web doesn't exist\n"), None);
    }

    #[test]
    fn a_table_is_read_by_its_head() {
        let text = "STATE   PID  NAME   \nRUNNING 5857 web one\nFROZEN  7    db     \n";
        let found = parse_table(text).unwrap();
        assert_eq!(found.len(), 2);
        assert_eq!(found.get("web one").unwrap().init, Some(5857));
        assert_eq!(found.get("db").unwrap().state, SeenState::Frozen);
        assert!(parse_table("").unwrap().is_empty());
    }
}
