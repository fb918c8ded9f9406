//! The owner of a domain: one task that carries out everything that changes it.
//!
//! What changes waits in one queue; a destroy comes ahead of all, and what it interrupts is taken back. That a container
//! has ended is seen by the end of its init, whoever ended it; what others do to it besides, liblxc's monitor tells.

mod abandoned;
mod changes;
mod checkpoint;
mod create;
mod definition;
mod devices;
mod end;
mod lifecycle;
mod limits;
mod look;
mod snapshots;
mod start;
mod thaw;

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use virt_core::domain::StateReason;
use virt_core::host::ProcessIdentity;
use virt_core::{CallContext, ErrorKind, Result};
use virt_manager::document::Kept;
use virt_manager::{Embedded as _, Inbox, Look, OwnerTask};

use crate::manager::{Entry, Manager, Operation, Run, Work, no_reset, writes_definition};
use crate::tools::Launched;

pub(crate) use create::{Content, CopiedOut, CopyPlan, CreateWork, Making};
pub(crate) use snapshots::SnapshotWork;

/// After so long a container that is between two states is looked at again.
const LOOK_AGAIN: Duration = Duration::from_millis(50);

/// The owner of a domain.
#[derive(Debug)]
pub(crate) struct Owner {
    manager: Arc<Manager>,
    entry: Arc<Entry>,
    /// The container's configuration, as it was last written or read; `None` before its first definition.
    native: Option<String>,
    /// The present run.
    running: Option<Running>,
    /// Held from when the machine was away until it was seen what became of the container.
    looking: Option<Look>,
    /// Whether a destroy waits: then what waits for the container is given up.
    preempted: watch::Receiver<bool>,
}

/// The present run of a container.
#[derive(Debug)]
pub(crate) struct Running {
    run: Arc<Run>,
    /// liblxc's process that watches it, where it is known.
    monitor: Option<ProcessIdentity>,
    /// Whether its init has ended: the container is on its way to its end, or to its next boot.
    has_ended: bool,
    /// Why it ends, where we know: it was us.
    end_cause: Option<StateReason>,
    /// Whether its configuration is not the definition's, and so is on disk.
    live_differs: bool,
    /// The document it began with: what it has again after a reboot.
    begun: Option<Kept>,
}

/// A run that was found.
#[derive(Debug)]
pub(crate) struct Adopted {
    pub(crate) launched: Launched,
    /// Its configuration, where that is known apart from the definition's.
    pub(crate) live: Option<Kept>,
    /// The configuration it began with, where that is another.
    pub(crate) begun: Option<Kept>,
    /// Whether they are on disk, too.
    pub(crate) is_on_disk: bool,
    pub(crate) auto_destroy: bool,
}

/// Starts the owner of a domain: with its configuration where it has one, and its run where it was found running.
pub(crate) fn spawn(
    manager: &Arc<Manager>,
    entry: Arc<Entry>,
    inbox: Inbox<Operation>,
    native: Option<String>,
    adopted: Option<Adopted>,
) -> Result<()> {
    virt_manager::spawn(manager, inbox, |preempted| {
        let mut owner = Owner {
            manager: Arc::clone(manager),
            entry,
            native,
            running: None,
            looking: None,
            preempted,
        };
        if let Some(adopted) = adopted {
            owner.adopt(adopted);
        }
        owner
    })
}

impl OwnerTask for Owner {
    type Manager = Manager;
    type Running = Running;
    /// Something may have happened to the container: what, is seen by looking.
    type News = ();

    fn manager(&self) -> &Arc<Manager> {
        &self.manager
    }

    fn entry(&self) -> &Arc<Entry> {
        &self.entry
    }

    fn running(&self) -> Option<&Running> {
        self.running.as_ref()
    }

    async fn adopted(&mut self) {
        // What is frozen is seen only when somebody looks.
        self.look().await;
    }

    async fn news(&mut self) {
        let entry = Arc::clone(&self.entry);
        tokio::select! {
            biased;
            () = self.ends() => {}
            () = entry.look.notified() => {}
        }
    }

    async fn follow(&mut self, (): ()) {
        self.look().await;
    }

    async fn perform(&mut self, call: &CallContext, operation: Operation) -> Result<()> {
        let done = self.carry_out(call, operation).await;
        if let Err(error) = &done
            && matches!(error.kind(), ErrorKind::ConnectionLost | ErrorKind::Timeout)
        {
            // Whether the machine is there decides what is known of the container.
            self.manager.is_reachable().await;
        }
        done
    }

    async fn destroy(&mut self, call: &CallContext, graceful: bool) -> Result<()> {
        self.end(call, graceful).await
    }
}

impl Owner {
    /// Waits until the container's init has ended, or what follows from that is to be looked at again.
    async fn ends(&mut self) {
        let Some(running) = &self.running else {
            return std::future::pending().await;
        };
        let mut away = self.manager.root.reach.away();
        if *away.borrow() {
            if self.looking.is_none() {
                let look = self.manager.root.reach.look();
                look.missed();
                self.looking = Some(look);
            }
            // Nothing is to be seen of it until the machine is back.
            drop(away.wait_for(|away| !*away).await);
            return;
        }
        let processes = self.manager.host.processes();
        let waited = match (running.has_ended, running.monitor) {
            (false, _) => processes.wait_exit(running.run.init).await,
            (true, Some(monitor)) => tokio::select! {
                ended = processes.wait_exit(monitor) => ended,
                () = tokio::time::sleep(LOOK_AGAIN) => Ok(()),
            },
            (true, None) => {
                tokio::time::sleep(LOOK_AGAIN).await;
                Ok(())
            }
        };
        if let Err(error) = waited {
            tracing::debug!(domain = %self.name(), %error, "the end of a container cannot be waited for");
            if self.manager.is_reachable().await {
                tokio::time::sleep(LOOK_AGAIN).await;
            }
        }
    }

    async fn carry_out(&mut self, call: &CallContext, operation: Operation) -> Result<()> {
        if writes_definition(&operation) {
            // What others have written since is not overwritten by what was there before.
            self.read_definition_again().await?;
        }
        match operation {
            Operation::Define(config, existing) => self.define(*config, existing).await,
            Operation::Undefine => self.undefine().await,
            Operation::Start { options, config } => Box::pin(self.start(&options, config)).await,
            Operation::Shutdown(options) => self.shutdown(call, options.mode).await,
            Operation::Reboot(options) => self.reboot(call, options.mode).await,
            Operation::Reset => Err(no_reset()),
            Operation::Suspend => self.suspend(call).await,
            Operation::Resume => self.resume(call).await,
            Operation::Rename(name) => self.rename(&name).await,
            Operation::SetAutostart(autostart) => self.set_autostart(autostart).await,
            Operation::SetMetadata(item, scope) => self.set_metadata(&item, scope).await,
            Operation::SetLifecycleAction(change, scope) => self.set_lifecycle_action(change, scope).await,
            Operation::SetMemory(size, scope) => self.set_memory(size, scope).await,
            Operation::SetMaxMemory(size, scope) => self.set_max_memory(size, scope).await,
            Operation::Own(work) => self.do_work(call, work).await,
        }
    }

    async fn do_work(&mut self, call: &CallContext, work: Work) -> Result<()> {
        match work {
            Work::Checkpoint { directory, stops } => self.checkpoint(&directory, stops).await,
            Work::Restore { directory } => self.restore(&directory).await,
            Work::SetLimits(limits, scope) => self.set_limits(&limits, scope).await,
            Work::Attach(device, scope) => self.attach(&device, scope).await,
            Work::Detach(device, scope) => self.detach(&device, scope).await,
            Work::DetachAlias(alias) => self.detach_alias(&alias).await,
            Work::Update(device, options) => self.update_device(&device, &options).await,
            Work::Create(work) => Box::pin(self.create(work)).await,
            Work::Snapshot(work) => Box::pin(self.snapshot(call, work)).await,
        }
    }
}
