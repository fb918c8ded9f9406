//! Processes, through the gate. A read-only connection may spawn a program to ask it what it can
//! do: that changes nothing.

use async_trait::async_trait;
use virt_core::Result;
use virt_core::host::{
    ChildProcess, Command, CommandOutput, ProcessIdentity, ProcessInfo, Processes, Signal,
};

use super::Gate;

#[async_trait]
impl Processes for Gate {
    async fn run(&self, command: Command) -> Result<CommandOutput> {
        self.may_change()?;
        self.fence.pass(self.inner.processes().run(command)).await
    }

    async fn spawn(&self, command: Command) -> Result<Box<dyn ChildProcess>> {
        self.fence.pass(self.inner.processes().spawn(command)).await
    }

    async fn signal(&self, process: ProcessIdentity, signal: Signal) -> Result<()> {
        self.may_change()?;
        self.fence
            .pass(self.inner.processes().signal(process, signal))
            .await
    }

    async fn inspect(&self, pid: u32) -> Result<Option<ProcessInfo>> {
        self.fence.pass(self.inner.processes().inspect(pid)).await
    }

    async fn list(&self, program_prefix: &str) -> Result<Vec<ProcessInfo>> {
        self.fence.pass(self.inner.processes().list(program_prefix)).await
    }

    async fn wait_exit(&self, process: ProcessIdentity) -> Result<()> {
        self.fence.pass(self.inner.processes().wait_exit(process)).await
    }
}
