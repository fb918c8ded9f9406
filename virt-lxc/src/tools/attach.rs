//! `lxc-attach`: programs in a container.

use std::time::Duration;

use virt_core::Result;
use virt_core::host::{Command, CommandOutput, ExitStatus};

use super::{Tools, succeeded};

/// What a program in a container finds when nobody says otherwise.
const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// And its home.
const HOME: &str = "/root";

/// A part of a container to go into, the rest being the machine's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Namespace {
    /// Its network.
    Network,
    /// Its host name.
    HostName,
}

/// A program to be run in a container.
#[derive(Debug, Clone, Default)]
pub(crate) struct Attached {
    pub(crate) program: String,
    pub(crate) args: Vec<String>,
    /// `NAME=value`; a plain one where empty.
    pub(crate) env: Vec<String>,
    pub(crate) stdin: Vec<u8>,
    pub(crate) time_limit: Option<Duration>,
    /// The machine's own program, in this part of the container.
    pub(crate) only: Option<Namespace>,
}

impl Attached {
    pub(crate) fn new(program: &str) -> Self {
        Self {
            program: program.to_owned(),
            ..Self::default()
        }
    }

    pub(crate) fn args<I: IntoIterator<Item = S>, S: Into<String>>(mut self, args: I) -> Self {
        self.args.extend(args.into_iter().map(Into::into));
        self
    }
}

impl Tools {
    /// Runs a program in a running container to its end.
    ///
    /// Its environment goes by that of `lxc-attach`, not by its arguments, which everybody can read.
    pub(crate) async fn attach(&self, container: &str, program: Attached) -> Result<CommandOutput> {
        let mut command = self.command("lxc-attach", container);
        match program.only {
            Some(Namespace::Network) => command = command.args(["-s", "NETWORK"]),
            Some(Namespace::HostName) => command = command.args(["-s", "UTSNAME"]),
            None => {}
        }
        if self.home.is_some() {
            // The tool needs the home of who runs it, and the program that of the container.
            let of_program = program
                .env
                .iter()
                .rev()
                .find(|variable| variable.starts_with("HOME="));
            let of_program = of_program.cloned().unwrap_or_else(|| format!("HOME={HOME}"));
            command = command.args(["-v", &of_program]);
        }
        command = command
            .arg("--")
            .arg(program.program)
            .args(program.args)
            .clear_env();
        // Only what the program is to find: the machine's own variables are none of its business.
        command.env.clear();
        if program.env.is_empty() {
            command = command.env("PATH", PATH).env("HOME", HOME);
        }
        for variable in &program.env {
            let (name, value) = variable.split_once('=').unwrap_or((variable, ""));
            command = command.env(name, value);
        }
        if let Some(home) = &self.home {
            command = command.env("HOME", home);
        }
        // Where we are is nowhere in the container.
        command.directory = Some("/".to_owned());
        command.stdin = Some(program.stdin);
        command.time_limit = program.time_limit;
        self.run(command).await
    }

    /// The machine's neighbour table, as `ip` tells it in JSON.
    pub(crate) async fn neighbours(&self) -> Result<Vec<u8>> {
        let command = Command::new("ip").args(["-j", "neighbour"]);
        Ok(succeeded("ip", self.ask(command).await?)?.stdout)
    }

    /// What `lxc-attach` itself exits with where the program was not there or could not be started.
    pub(crate) fn is_missing_program(output: &CommandOutput) -> bool {
        matches!(output.status, ExitStatus::Code(126 | 127))
            && output.stderr_text().contains("Failed to exec")
    }

    /// Whether `lxc-attach` itself failed before there was a program.
    pub(crate) fn did_not_enter(output: &CommandOutput) -> bool {
        !output.status.success() && output.stderr_text().contains("Failed to get attach context")
    }
}
