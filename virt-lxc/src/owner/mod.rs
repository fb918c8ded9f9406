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
use virt_core::domain::{DomainRef, DomainState, StateReason};
use virt_core::event::DomainChange;
use virt_core::host::ProcessIdentity;
use virt_core::{CallClass, CallContext, Error, ErrorKind, Outcome, Result};
use virt_manager::document::Kept;
use virt_manager::{
    Alive, Closing, DestroyRequest, Embedded as _, Inbox, Look, PresentRun as _, Request,
    end_early_for_a_destroy, not_running,
};

use crate::manager::{Entry, Manager, Operation, Run, View, Work, no_reset, writes_definition};
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
    /// Says that this owner lives.
    _alive: Alive,
}

/// The present run of a container.
#[derive(Debug)]
struct Running {
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

/// What an owner does next.
enum Step {
    Destroy(Box<DestroyRequest>),
    Request(Box<Request<Operation>>),
    Look,
    Close,
}

/// Starts the owner of a domain: with its configuration where it has one, and its run where it was found running.
pub(crate) fn spawn(
    manager: &Arc<Manager>,
    entry: Arc<Entry>,
    inbox: Inbox<Operation>,
    native: Option<String>,
    adopted: Option<Adopted>,
) -> Result<()> {
    let preempt = watch::Sender::new(false);
    let mut owner = Owner {
        manager: Arc::clone(manager),
        entry,
        native,
        running: None,
        looking: None,
        preempted: preempt.subscribe(),
        _alive: manager.root.life.alive()?,
    };
    if let Some(adopted) = adopted {
        owner.adopt(adopted);
    }
    drop(manager.root.life.runtime().spawn(owner.work(inbox, preempt)));
    Ok(())
}

impl Owner {
    async fn work(mut self, mut inbox: Inbox<Operation>, preempt: watch::Sender<bool>) {
        let mut closing = self.manager.root.life.closing();
        let entry = Arc::clone(&self.entry);
        // What is frozen is seen only when somebody looks.
        let mut first = self.running.is_some().then_some(Step::Look);
        loop {
            let step = tokio::select! {
                biased;
                Some(request) = inbox.destroys.recv() => Step::Destroy(request),
                _ = closing.wait_for(|closing| *closing != Closing::Open) => Step::Close,
                Some(step) = std::future::ready(first.take()) => step,
                () = self.ends() => Step::Look,
                () = entry.look.notified() => Step::Look,
                Some(request) = inbox.requests.recv() => Step::Request(request),
            };
            match step {
                Step::Destroy(request) => Box::pin(self.answer_destroy(*request)).await,
                Step::Close => break,
                step => Box::pin(self.take_step(step, &mut inbox, &preempt)).await,
            }
            if self.is_over() {
                break;
            }
        }
        Box::pin(self.close()).await;
    }

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

    /// Does something that a destroy has come to its end quickly, and then that destroy.
    async fn take_step(&mut self, step: Step, inbox: &mut Inbox<Operation>, preempt: &watch::Sender<bool>) {
        let starts = matches!(&step, Step::Request(request) if request.operation.starts());
        let was_running = self.running.is_some();
        let work = Box::pin(self.follow_step(step));
        let destroy = end_early_for_a_destroy(work, &mut inbox.destroys, preempt).await;
        match destroy {
            // The start that was given up has taken everything back.
            Some(destroy) if starts && !was_running && self.running.is_none() => {
                self.is_over();
                drop(destroy.reply.send(Ok(())));
            }
            Some(destroy) => self.answer_destroy(*destroy).await,
            None => {}
        }
    }

    async fn follow_step(&mut self, step: Step) {
        match step {
            Step::Look => self.look().await,
            Step::Request(request) => {
                if request.ticket.begin() {
                    self.carry_out(*request).await;
                }
            }
            Step::Destroy(_) | Step::Close => {}
        }
    }

    /// Carries out one request and answers it.
    async fn carry_out(&mut self, request: Request<Operation>) {
        let operation = request.call.operation;
        let result = match self
            .manager
            .root
            .life
            .check_open()
            .and_then(|()| self.manager.root.reach.check())
        {
            Ok(()) => self.perform(&request.call, request.operation).await,
            Err(error) => Err(error),
        };
        if let Err(error) = &result {
            tracing::debug!(domain = %self.name(), operation, %error, "failed");
            if matches!(error.kind(), ErrorKind::ConnectionLost | ErrorKind::Timeout) {
                // Whether the machine is there decides what is known of the container.
                self.manager.is_reachable().await;
            }
        }
        // Whoever hears the answer may take a name that is free now.
        self.is_over();
        drop(request.reply.send(result));
    }

    async fn perform(&mut self, call: &CallContext, operation: Operation) -> Result<()> {
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

    /// Ends the domain and answers.
    async fn answer_destroy(&mut self, request: DestroyRequest) {
        let result = match self.manager.root.reach.check() {
            Ok(()) => self.destroy(&request.call, request.options.graceful).await,
            away => away,
        };
        self.is_over();
        drop(request.reply.send(result));
    }

    /// Whether there is nothing left to own, neither definition nor run: then its name and uuid are free.
    fn is_over(&self) -> bool {
        if self.running.is_some() {
            return false;
        }
        let persistent = self.entry.view().inactive.is_some();
        if !persistent {
            self.manager.root.registry.remove(&self.entry);
        }
        !persistent
    }

    /// The connection is closed: what must go with it goes.
    async fn close(&mut self) {
        let Some(running) = self.running.as_ref() else {
            return;
        };
        let is_fenced = matches!(*self.manager.root.life.closing().borrow(), Closing::LeaseLost(_));
        running.run.disconnect();
        if running.run.auto_destroy() && !is_fenced && !self.manager.root.only_watches() {
            let call = self.manager.root.own_call("close", CallClass::Change);
            let destroyed = call.bound(Outcome::Unknown, self.destroy(&call, false)).await;
            if let Err(error) = destroyed {
                tracing::warn!(domain = %self.name(), %error, "an auto-destroy container could not be destroyed");
            }
        }
    }

    fn name(&self) -> String {
        self.entry.view().name.clone()
    }

    fn reference(&self) -> DomainRef {
        self.entry.reference()
    }

    fn publish(&self, change: DomainChange) {
        self.manager.root.publish(self.reference(), change);
    }

    /// Changes what everybody sees.
    fn update(&self, change: impl FnOnce(&mut View)) {
        change(&mut self.entry.view());
    }

    fn active(&self) -> Result<&Running> {
        self.running.as_ref().ok_or_else(|| {
            let view = self.entry.view();
            not_running(view.state, view.reason)
        })
    }

    fn state(&self) -> DomainState {
        self.entry.view().state
    }

    fn must_be_inactive(&self) -> Result<()> {
        if self.running.is_none() {
            return Ok(());
        }
        let message = format!("the domain is {}: end it first", self.state());
        Err(Error::new(ErrorKind::InvalidState, message))
    }
}
