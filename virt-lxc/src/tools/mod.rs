//! liblxc's own tools, one file per family: their arguments, their exit codes, what they say.

mod attach;
mod checkpoint;
mod console;
mod device;
mod failure;
mod files;
mod groups;
mod init_control;
mod lifecycle;
mod log;
mod monitor;
mod snapshot;
mod state;
mod unpack;
mod version;

use std::sync::Arc;
use std::time::Duration;

use virt_core::host::{Command, CommandOutput, Host, HostFacts};
use virt_core::{Error, ErrorKind, Result};

pub(crate) use attach::{Attached, Namespace};
pub(crate) use console::console_command;
pub use failure::ToolError;
pub(crate) use failure::refused;
pub(crate) use files::Rights;
pub(crate) use init_control::RunLevel;
pub(crate) use lifecycle::{Launch, Launched, STARTED_BY_OTHERS};
pub(crate) use log::{EndCause, end_cause, first_error};
pub(crate) use monitor::{SeenState, parse_line};
pub(crate) use state::ContainerState;

/// How long a tool that only asks may take, beyond which it hangs.
const ASKING: Duration = Duration::from_secs(20);

/// liblxc's tools on a machine, for the containers of one directory.
#[derive(Debug, Clone)]
pub(crate) struct Tools {
    host: Arc<dyn Host>,
    /// The same machine, for tools that change nothing: what they are asked passes on every connection.
    asking: Arc<dyn Host>,
    /// The directory whose containers these are, for `-P`.
    directory: String,
    /// The home of an ordinary user, below which liblxc has the locks of that user; `None` for root.
    home: Option<String>,
}

impl Tools {
    pub(crate) fn new(host: Arc<dyn Host>, asking: Arc<dyn Host>, directory: &str) -> Self {
        Self {
            host,
            asking,
            directory: directory.to_owned(),
            home: None,
        }
    }

    /// The same for who we are on that machine.
    pub(crate) fn of_user(mut self, facts: &HostFacts) -> Self {
        self.home = (facts.uid != 0).then(|| facts.home.clone());
        self
    }

    /// A tool that does something with a container.
    fn command(&self, tool: &str, container: &str) -> Command {
        command_for(tool, &self.directory, container)
    }

    /// Runs a tool that changes nothing.
    async fn ask(&self, command: Command) -> Result<CommandOutput> {
        let tool = command.program.clone();
        let said = self.asking.processes().run(command.time_limit(ASKING)).await;
        said.map_err(|error| installed(&tool, error))
    }

    /// Runs a tool that acts at once.
    async fn act(&self, command: Command) -> Result<CommandOutput> {
        self.run(command.time_limit(ASKING)).await
    }

    async fn run(&self, command: Command) -> Result<CommandOutput> {
        let tool = command.program.clone();
        let said = self.host.processes().run(command).await;
        said.map_err(|error| installed(&tool, error))
    }

    /// Runs a tool that has to succeed.
    async fn must(&self, command: Command) -> Result<CommandOutput> {
        let tool = command.program.clone();
        succeeded(&tool, self.act(command).await?)
    }
}

/// What a tool of liblxc that is not there is told as: there is a package to be installed.
fn installed(tool: &str, error: Error) -> Error {
    if error.kind() != ErrorKind::NotFound || !tool.starts_with("lxc-") {
        return error;
    }
    let message = format!("liblxc's tools are not installed there ({tool}): install the package lxc");
    Error::unsupported(message).with_source(error)
}

fn succeeded(tool: &str, output: CommandOutput) -> Result<CommandOutput> {
    if output.status.success() {
        return Ok(output);
    }
    Err(refused(ToolError::of(tool, &output)))
}

/// A tool of liblxc that does something with a container of a directory. What it says is in English.
fn command_for(tool: &str, directory: &str, container: &str) -> Command {
    Command::new(tool)
        .args(["-P", directory, "-n", container])
        .env("LC_ALL", "C")
}
