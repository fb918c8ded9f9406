//! Processes, through the faults.

use async_trait::async_trait;
use virt_core::Result;
use virt_core::host::{
    ByteStream, ChildProcess, Command, CommandOutput, ExitStatus, HostOp, ProcessIdentity, ProcessInfo,
    Processes, Signal,
};

use super::stream::cut_off;
use super::{FakeHost, Op};

#[async_trait]
impl Processes for FakeHost {
    async fn run(&self, command: Command) -> Result<CommandOutput> {
        let op = Op::Host(HostOp::Run(command.clone()));
        self.shared.single(op, run_beneath(self, command)).await
    }

    async fn spawn(&self, command: Command) -> Result<Box<dyn ChildProcess>> {
        let op = Op::Spawn(command.clone());
        let inner = self
            .shared
            .single(op, self.inner.processes().spawn(command))
            .await?;
        Ok(Box::new(FakeChild {
            inner,
            host: self.clone(),
        }))
    }

    async fn signal(&self, process: ProcessIdentity, signal: Signal) -> Result<()> {
        let op = Op::Host(HostOp::Signal { process, signal });
        let work = self.inner.processes().signal(process, signal);
        self.shared.single(op, work).await
    }

    async fn inspect(&self, pid: u32) -> Result<Option<ProcessInfo>> {
        let op = Op::Host(HostOp::Inspect { pid });
        self.shared.single(op, self.inner.processes().inspect(pid)).await
    }

    async fn list(&self, program_prefix: &str) -> Result<Vec<ProcessInfo>> {
        let op = Op::Host(HostOp::ListProcesses {
            program_prefix: program_prefix.into(),
        });
        let work = self.inner.processes().list(program_prefix);
        self.shared.single(op, work).await
    }

    async fn wait_exit(&self, process: ProcessIdentity) -> Result<()> {
        let op = Op::WaitExit(process);
        self.shared
            .single(op, self.inner.processes().wait_exit(process))
            .await
    }
}

/// Runs a program, or gives the answer a test has for it. A program that runs when the crash comes, or
/// when the way to the machine is cut, goes on, as it does when its parent is killed.
pub(super) async fn run_beneath(host: &FakeHost, command: Command) -> Result<CommandOutput> {
    if let Some(answer) = host.shared.answer_of(&command) {
        return answer(&command);
    }
    let inner = std::sync::Arc::clone(&host.inner);
    let mut running = Box::pin(async move { inner.processes().run(command).await });
    tokio::select! {
        biased;
        () = host.shared.broken() => {
            tokio::spawn(running);
            Err(host.shared.broken_error())
        }
        result = &mut running => result,
    }
}

/// A child that cannot be reached any more after the crash, nor while the machine is away.
#[derive(Debug)]
struct FakeChild {
    inner: Box<dyn ChildProcess>,
    host: FakeHost,
}

#[async_trait]
impl ChildProcess for FakeChild {
    fn take_stdio(&mut self) -> Option<Box<dyn ByteStream>> {
        let stdio = self.inner.take_stdio()?;
        Some(cut_off(&self.host, stdio))
    }

    async fn wait(&mut self) -> Result<(ExitStatus, Vec<u8>)> {
        tokio::select! {
            biased;
            () = self.host.shared.broken() => Err(self.host.shared.broken_error()),
            end = self.inner.wait() => end,
        }
    }

    async fn signal(&mut self, signal: Signal) -> Result<()> {
        let work = self.inner.signal(signal);
        self.host.shared.single(Op::SignalChild(signal), work).await
    }
}
