//! Processes of a far machine.

use std::time::Duration;

use async_trait::async_trait;
use virt_core::Result;
use virt_core::host::{
    ChildProcess, Command, CommandOutput, HostOp, HostReply, ProcessIdentity, ProcessInfo, Processes, Signal,
};

use super::files::unexpected;
use super::pool::Abandoned;
use super::watcher::Watcher;
use super::{SshHost, batch, program};

/// A program that may take longer gets a session of its own, so that it keeps no far shell from other work.
const SHORT: Duration = Duration::from_secs(30);

#[async_trait]
impl Processes for SshHost {
    async fn run(&self, command: Command) -> Result<CommandOutput> {
        if command.time_limit.is_none_or(|limit| limit > SHORT) {
            return program::run(&self.connection, command).await;
        }
        match batch::one(&self.connection, HostOp::Run(command), Abandoned::Kills).await? {
            HostReply::Output(output) => Ok(output),
            other => Err(unexpected(&other)),
        }
    }

    async fn spawn(&self, command: Command) -> Result<Box<dyn ChildProcess>> {
        program::spawn(&self.connection, command).await
    }

    async fn signal(&self, process: ProcessIdentity, signal: Signal) -> Result<()> {
        self.one(HostOp::Signal { process, signal }).await.map(drop)
    }

    async fn inspect(&self, pid: u32) -> Result<Option<ProcessInfo>> {
        match self.one(HostOp::Inspect { pid }).await? {
            HostReply::Process(process) => Ok(process),
            other => Err(unexpected(&other)),
        }
    }

    async fn list(&self, program_prefix: &str) -> Result<Vec<ProcessInfo>> {
        let program_prefix = program_prefix.to_owned();
        match self.one(HostOp::ListProcesses { program_prefix }).await? {
            HostReply::Processes(processes) => Ok(processes),
            other => Err(unexpected(&other)),
        }
    }

    async fn wait_exit(&self, process: ProcessIdentity) -> Result<()> {
        let login = self.connection.login().await?;
        let watcher = Watcher::of(&login).await?;
        watcher.ended(process).await
    }
}
