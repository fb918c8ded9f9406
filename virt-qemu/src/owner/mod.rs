//! The owner of a domain: one task that carries out everything that changes it.
//!
//! Three lanes: what only reads goes to the monitor directly and never waits here; what changes waits in one queue;
//! a job works beside both. A destroy comes ahead of all, and what it interrupts is dropped: the record of the run,
//! written before anything was begun, tells what has to be ended and removed.

mod changes;
mod debts;
mod events;
mod lifecycle;
mod reconnect;
mod requests;
mod run;
mod start;
mod stop;

use std::sync::Arc;

use tokio::sync::watch;
use virt_core::{CallContext, Outcome, Result};
use virt_manager::{Inbox, OwnerTask, unless, unreachable};

pub(crate) use events::paused_because;
pub(crate) use run::{Run, Running};
pub(crate) use start::{Known, learn, resources};

use crate::manager::{Entry, Manager, Operation};
use crate::process::Program;
use crate::qmp::{QmpCommand, QmpEventItem};
use crate::state::RunRecord;

/// The owner of a domain.
#[derive(Debug)]
pub(crate) struct Owner {
    manager: Arc<Manager>,
    entry: Arc<Entry>,
    /// The present run.
    running: Option<Running>,
    /// A launch that was begun and is not done.
    launching: Option<Launching>,
    /// What was cut off in the middle and has to be settled.
    debts: debts::Debts,
    /// Whether a destroy waits: then what waits for the guest is given up. What writes state never is.
    preempted: watch::Receiver<bool>,
    /// Whether the machine is away: for the run, and for what is owed.
    away: [watch::Receiver<bool>; 2],
}

/// A launch that was begun and is not done.
#[derive(Debug)]
struct Launching {
    record: RunRecord,
    program: Option<Program>,
}

/// What an owner sees to by itself.
#[derive(Debug)]
pub(crate) enum News {
    /// An event; `None`: the monitor's connection ended.
    Event(Option<QmpEventItem>),
    /// A monitor that could not be had is to be tried again.
    ReconnectDue,
    /// What was cut off is to be settled.
    DebtsDue,
}

/// Starts the owner of a domain, with its run where it has one, and with one that is to be ended where there is such a one.
pub(crate) fn spawn(
    manager: &Arc<Manager>,
    entry: Arc<Entry>,
    inbox: Inbox<Operation>,
    running: Option<Running>,
    owed: Option<RunRecord>,
) -> Result<()> {
    virt_manager::spawn(manager, inbox, |preempted| Owner {
        manager: Arc::clone(manager),
        entry,
        running,
        launching: None,
        debts: debts::Debts::of_run(owed),
        preempted,
        away: [manager.root.reach.away(), manager.root.reach.away()],
    })
}

impl OwnerTask for Owner {
    type Manager = Manager;
    type Running = Running;
    type News = News;

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
        if let Err(error) = self.read_state_again().await {
            tracing::debug!(domain = %self.name(), %error, "an adopted guest's state is not to be had yet");
        }
    }

    async fn news(&mut self) -> News {
        let [away, away_too] = &mut self.away;
        tokio::select! {
            biased;
            news = Running::news(self.running.as_mut(), away) => news,
            () = self.debts.due(away_too) => News::DebtsDue,
        }
    }

    async fn follow(&mut self, news: News) {
        match news {
            News::Event(item) => self.handle_event(item).await,
            News::ReconnectDue => self.reconnect().await,
            // What keeps it from being settled is told where it happens.
            News::DebtsDue => drop(self.settle().await),
        }
    }

    async fn perform(&mut self, call: &CallContext, operation: Operation) -> Result<()> {
        self.perform_or_owe(call, operation).await
    }

    async fn destroy(&mut self, call: &CallContext, graceful: bool) -> Result<()> {
        self.end(call, graceful).await
    }

    fn has_leftovers(&self) -> bool {
        self.launching.is_some() || !self.debts.is_none()
    }

    fn taken_back(&self) -> Result<()> {
        if self.debts.is_none() {
            return Ok(());
        }
        Err(unreachable().with_outcome(Outcome::Unknown))
    }
}

impl Owner {
    /// Has QEMU carry out a command; given up when a destroy waits.
    async fn tell<C: QmpCommand>(&self, command: &C, call: &CallContext) -> Result<C::Reply> {
        let qmp = self.active()?.run.qmp()?;
        let told = async { Ok(qmp.execute(command, call.deadline).await?) };
        unless(&self.preempted, told).await
    }
}
