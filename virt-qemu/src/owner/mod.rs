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
use virt_core::domain::DomainRef;
use virt_core::event::DomainChange;
use virt_core::{CallClass, CallContext, Error, ErrorKind, Outcome, Result};
use virt_manager::{
    Alive, Closing, DestroyRequest, Inbox, PresentRun as _, Request, end_early_for_a_destroy, not_running,
    unless, unreachable,
};

pub(crate) use events::paused_because;
use run::News;
pub(crate) use run::{Run, Running};
pub(crate) use start::{Known, learn, resources};

use crate::manager::{Entry, Manager, Operation, View};
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
    /// Says that this owner lives.
    _alive: Alive,
}

/// A launch that was begun and is not done.
#[derive(Debug)]
struct Launching {
    record: RunRecord,
    program: Option<Program>,
}

/// What an owner does next.
enum Step {
    Look,
    Destroy(Box<DestroyRequest>),
    Event(Option<QmpEventItem>),
    Request(Box<Request<Operation>>),
    Reconnect,
    Settle,
    Close,
}

/// Starts the owner of a domain, with its run where it has one, and with one that is to be ended where there is such a one.
pub(crate) fn spawn(
    manager: &Arc<Manager>,
    entry: Arc<Entry>,
    inbox: Inbox<Operation>,
    running: Option<Running>,
    owed: Option<RunRecord>,
) -> Result<()> {
    let alive = manager.root.life.alive()?;
    let preempt = watch::Sender::new(false);
    let owner = Owner {
        manager: Arc::clone(manager),
        entry,
        running,
        launching: None,
        debts: debts::Debts::of_run(owed),
        preempted: preempt.subscribe(),
        _alive: alive,
    };
    drop(manager.root.life.runtime().spawn(owner.work(inbox, preempt)));
    Ok(())
}

impl Owner {
    async fn work(mut self, mut inbox: Inbox<Operation>, preempt: watch::Sender<bool>) {
        let mut closing = self.manager.root.life.closing();
        let (mut away, mut away_too) = (self.manager.root.reach.away(), self.manager.root.reach.away());
        // An adopted guest may have done something meanwhile.
        let mut first = self.running.is_some().then_some(Step::Look);
        loop {
            let step = tokio::select! {
                biased;
                Some(request) = inbox.destroys.recv() => Step::Destroy(request),
                // An end that was asked for already is seen at once.
                _ = closing.wait_for(|closing| *closing != Closing::Open) => Step::Close,
                Some(step) = std::future::ready(first.take()) => step,
                news = Running::news(self.running.as_mut(), &mut away) => match news {
                    News::Event(item) => Step::Event(item),
                    News::ReconnectDue => Step::Reconnect,
                },
                () = self.debts.due(&mut away_too) => Step::Settle,
                Some(request) = inbox.requests.recv() => Step::Request(request),
            };
            match step {
                // On the heap while it is done: an owner that waits takes a hundredth of one that works.
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
                let taken_back = if self.debts.is_none() {
                    Ok(())
                } else {
                    Err(unreachable().with_outcome(Outcome::Unknown))
                };
                drop(destroy.reply.send(taken_back));
            }
            Some(destroy) => self.answer_destroy(*destroy).await,
            None => {}
        }
    }

    async fn follow_step(&mut self, step: Step) {
        match step {
            Step::Event(item) => self.handle_event(item).await,
            Step::Reconnect => self.reconnect().await,
            // What keeps it from being settled is told where it happens.
            Step::Settle => drop(self.settle().await),
            Step::Look => {
                if let Err(error) = self.read_state_again().await {
                    tracing::debug!(domain = %self.name(), %error, "an adopted guest's state is not to be had yet");
                }
            }
            Step::Request(request) => {
                if request.ticket.begin() {
                    self.carry_out(*request).await;
                }
            }
            Step::Destroy(_) | Step::Close => {}
        }
    }

    /// Whether there is nothing left to own, neither definition nor run: then its name and uuid are free.
    pub(super) fn is_over(&self) -> bool {
        if self.running.is_some() || self.launching.is_some() || !self.debts.is_none() {
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
        if running.record.auto_destroy && !is_fenced && !self.manager.root.only_watches() {
            let call = self.manager.root.own_call("close", CallClass::Change);
            let destroyed = call.bound(Outcome::Unknown, self.destroy(&call, false)).await;
            if let Err(error) = destroyed {
                tracing::warn!(domain = %self.name(), %error, "an auto-destroy guest could not be destroyed");
            }
        } else {
            running.run.disconnect();
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

    /// Has QEMU carry out a command; given up when a destroy waits.
    async fn tell<C: QmpCommand>(&self, command: &C, call: &CallContext) -> Result<C::Reply> {
        let qmp = self.active()?.run.qmp()?;
        let told = async { Ok(qmp.execute(command, call.deadline).await?) };
        unless(&self.preempted, told).await
    }

    fn active(&self) -> Result<&Running> {
        self.running.as_ref().ok_or_else(|| {
            let view = self.entry.view();
            not_running(view.state, view.reason)
        })
    }

    fn must_be_inactive(&self) -> Result<()> {
        match &self.running {
            None => Ok(()),
            Some(_) => {
                let state = self.entry.view().state;
                Err(Error::new(
                    ErrorKind::InvalidState,
                    format!("the domain is {state}: end it first"),
                ))
            }
        }
    }
}
