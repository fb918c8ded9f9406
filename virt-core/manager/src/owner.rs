//! The owner of a domain: one task that carries out everything that changes it.
//!
//! What changes waits in one queue; a destroy comes ahead of all, and what it interrupts comes to its end quickly. What an
//! owner sees to by itself (an event, an end, a debt) stands between the two.

use std::sync::Arc;

use tokio::sync::watch;
use virt_core::domain::{ConfigScope, DomainRef, DomainState, ExistingPolicy};
use virt_core::event::{DefinedReason, DomainChange};
use virt_core::{CallClass, CallContext, Error, ErrorKind, Outcome, Result};

use crate::{
    Alive, Closing, DestroyRequest, Embedded, Entry, Inbox, Operation, PresentRun as _, Request, View,
    end_early_for_a_destroy, not_running,
};

/// The owner of a domain, as the house sees it: how a run is begun, ended and found again is the driver's.
pub trait OwnerTask: Sized + Send + 'static {
    /// The manager of its root.
    type Manager: Embedded;
    /// A run, as its owner holds it.
    type Running;
    /// What it sees to by itself.
    type News: Send;

    /// The manager of its root.
    fn manager(&self) -> &Arc<Self::Manager>;

    /// Its domain.
    fn entry(&self) -> &Arc<Entry<Self::Manager>>;

    /// The present run.
    fn running(&self) -> Option<&Self::Running>;

    /// Looks at the run it begins with, which was adopted: the guest may have done something meanwhile.
    fn adopted(&mut self) -> impl Future<Output = ()> + Send;

    /// What it has to see to next by itself; never, where there is nothing. Cancel-safe.
    fn news(&mut self) -> impl Future<Output = Self::News> + Send;

    /// Sees to it.
    fn follow(&mut self, news: Self::News) -> impl Future<Output = ()> + Send;

    /// Does what is asked.
    ///
    /// # Errors
    /// Those of the operation.
    fn perform(
        &mut self,
        call: &CallContext,
        operation: Operation<<Self::Manager as Embedded>::Work>,
    ) -> impl Future<Output = Result<()>> + Send;

    /// Ends the domain, whatever is being done on it.
    ///
    /// # Errors
    /// `InvalidState` when it does not run; what keeps it from its end.
    fn destroy(&mut self, call: &CallContext, graceful: bool) -> impl Future<Output = Result<()>> + Send;

    /// Whether something of it is still to be ended or removed, though it does not run.
    fn has_leftovers(&self) -> bool {
        false
    }

    /// What a destroy is answered that came while the domain was being started, and all was taken back.
    ///
    /// # Errors
    /// When not all could be.
    fn taken_back(&self) -> Result<()> {
        Ok(())
    }

    /// Given: its name.
    fn name(&self) -> String {
        self.entry().name()
    }

    /// Given: as events name it.
    fn reference(&self) -> DomainRef {
        self.entry().reference()
    }

    /// Given: what it does.
    fn state(&self) -> DomainState {
        self.entry().view().state
    }

    /// Given: tells everybody that it changed.
    fn publish(&self, change: DomainChange) {
        self.manager().root().publish(self.reference(), change);
    }

    /// Given: changes what everybody sees.
    fn update(&self, change: impl FnOnce(&mut View<Self::Manager>)) {
        change(&mut self.entry().view());
    }

    /// Given: the present run.
    ///
    /// # Errors
    /// `InvalidState` when it does not run.
    fn active(&self) -> Result<&Self::Running> {
        self.running().ok_or_else(|| {
            let view = self.entry().view();
            not_running(view.state, view.reason)
        })
    }

    /// Given: fails while it runs.
    ///
    /// # Errors
    /// `InvalidState`, with its state.
    fn must_be_inactive(&self) -> Result<()> {
        if self.running().is_none() {
            return Ok(());
        }
        let message = format!("the domain is {}: end it first", self.state());
        Err(Error::new(ErrorKind::InvalidState, message))
    }

    /// Given: which of its configurations a scope names: that of its run, that of its definition.
    ///
    /// # Errors
    /// `InvalidState` where it has none such.
    fn scope(&self, scope: ConfigScope) -> Result<(bool, bool)> {
        let persistent = self.entry().view().inactive.is_some();
        scope.resolve(self.running().is_some(), persistent)
    }

    /// Given: whether it may be defined; and what is told of it when it is.
    ///
    /// # Errors
    /// `AlreadyExists` where it exists and that is refused.
    fn check_define(&self, existing: ExistingPolicy) -> Result<DefinedReason> {
        let view = self.entry().view();
        if view.visible && existing == ExistingPolicy::Refuse {
            let message = format!("domain {:?} is defined already", view.name);
            return Err(Error::new(ErrorKind::AlreadyExists, message));
        }
        Ok(match view.inactive {
            Some(_) => DefinedReason::Updated,
            None => DefinedReason::Added,
        })
    }

    /// Given: whether there is nothing left to own, neither definition nor run: then its name and uuid are free.
    fn is_over(&self) -> bool {
        if self.running().is_some() || self.has_leftovers() {
            return false;
        }
        let persistent = self.entry().view().inactive.is_some();
        if !persistent {
            self.manager().root().registry.remove(self.entry());
        }
        !persistent
    }
}

type Asked<T> = Request<Operation<<<T as OwnerTask>::Manager as Embedded>::Work>>;
type InboxOf<T> = Inbox<Operation<<<T as OwnerTask>::Manager as Embedded>::Work>>;

/// What an owner does next.
enum Step<T: OwnerTask> {
    Adopted,
    Destroy(Box<DestroyRequest>),
    News(T::News),
    Request(Box<Asked<T>>),
    Close,
}

/// Starts the task of an owner, which `make` makes of what tells it that a destroy waits: what waits for the guest is given
/// up then ([`unless`](crate::unless)); what writes state never is.
///
/// # Errors
/// `ConnectionLost` when the connection's end was begun.
pub fn spawn<T: OwnerTask>(
    manager: &Arc<T::Manager>,
    inbox: InboxOf<T>,
    make: impl FnOnce(watch::Receiver<bool>) -> T,
) -> Result<()> {
    let life = &manager.root().life;
    let alive = life.alive()?;
    let preempt = watch::Sender::new(false);
    let owner = make(preempt.subscribe());
    let closing = life.closing();
    drop(life.runtime().spawn(work(alive, owner, inbox, closing, preempt)));
    Ok(())
}

/// What an owner does until it ends; `_alive` is the last that goes.
async fn work<T: OwnerTask>(
    _alive: Alive,
    mut owner: T,
    mut inbox: InboxOf<T>,
    mut closing: watch::Receiver<Closing>,
    preempt: watch::Sender<bool>,
) {
    let mut is_adopted = owner.running().is_some();
    loop {
        let step: Step<T> = tokio::select! {
            biased;
            Some(request) = inbox.destroys.recv() => Step::Destroy(request),
            // An end that was asked for already is seen at once.
            _ = closing.wait_for(|closing| *closing != Closing::Open) => Step::Close,
            () = std::future::ready(()), if is_adopted => {
                is_adopted = false;
                Step::Adopted
            }
            news = owner.news() => Step::News(news),
            Some(request) = inbox.requests.recv() => Step::Request(request),
        };
        match step {
            // On the heap while it is done: an owner that waits takes a hundredth of one that works.
            Step::Destroy(request) => Box::pin(answer_destroy(&mut owner, *request)).await,
            Step::Close => break,
            step => Box::pin(take_step(&mut owner, step, &mut inbox, &preempt)).await,
        }
        if owner.is_over() {
            break;
        }
    }
    Box::pin(close(&mut owner)).await;
}

/// Does something that a destroy has come to its end quickly, and then that destroy.
async fn take_step<T: OwnerTask>(
    owner: &mut T,
    step: Step<T>,
    inbox: &mut InboxOf<T>,
    preempt: &watch::Sender<bool>,
) {
    let starts = matches!(&step, Step::Request(request) if request.operation.starts());
    let was_running = owner.running().is_some();
    let work = Box::pin(follow_step(owner, step));
    let destroy = end_early_for_a_destroy(work, &mut inbox.destroys, preempt).await;
    match destroy {
        // The start that was given up has taken everything back.
        Some(destroy) if starts && !was_running && owner.running().is_none() => {
            owner.is_over();
            drop(destroy.reply.send(owner.taken_back()));
        }
        Some(destroy) => answer_destroy(owner, *destroy).await,
        None => {}
    }
}

async fn follow_step<T: OwnerTask>(owner: &mut T, step: Step<T>) {
    match step {
        Step::Adopted => owner.adopted().await,
        Step::News(news) => owner.follow(news).await,
        Step::Request(request) => {
            if request.ticket.begin() {
                carry_out(owner, *request).await;
            }
        }
        Step::Destroy(_) | Step::Close => {}
    }
}

/// Carries out one request and answers it.
async fn carry_out<T: OwnerTask>(owner: &mut T, request: Asked<T>) {
    let span = tracing::debug_span!("domain", name = %owner.name(), operation = request.call.operation);
    let result = match may_change(owner) {
        Ok(()) => owner.perform(&request.call, request.operation).await,
        refused => refused,
    };
    span.in_scope(|| match &result {
        Ok(()) => tracing::debug!("done"),
        Err(error) => tracing::debug!(%error, "failed"),
    });
    // Whoever hears the answer may take a name that is free now.
    owner.is_over();
    // A caller that went away does not need the answer.
    drop(request.reply.send(result));
}

fn may_change<T: OwnerTask>(owner: &T) -> Result<()> {
    let root = owner.manager().root();
    root.life.check_open()?;
    root.reach.check()
}

/// Ends the domain and answers.
async fn answer_destroy<T: OwnerTask>(owner: &mut T, request: DestroyRequest) {
    let reached = owner.manager().root().reach.check();
    let result = match reached {
        Ok(()) => owner.destroy(&request.call, request.options.graceful).await,
        away => away,
    };
    owner.is_over();
    drop(request.reply.send(result));
}

/// The connection is closed: what must go with it goes.
async fn close<T: OwnerTask>(owner: &mut T) {
    let (goes, call) = {
        let root = owner.manager().root();
        let run = owner.entry().view().run.clone();
        let is_fenced = matches!(*root.life.closing().borrow(), Closing::LeaseLost(_));
        let goes = run.is_some_and(|run| run.auto_destroy()) && !is_fenced && !root.only_watches();
        (goes, root.own_call("close", CallClass::Change))
    };
    if goes {
        let destroyed = call.bound(Outcome::Unknown, owner.destroy(&call, false)).await;
        if let Err(error) = destroyed {
            tracing::warn!(domain = %owner.name(), %error, "an auto-destroy guest could not be destroyed");
        }
    }
    let left = owner.entry().view().run.clone();
    if let Some(run) = left {
        run.disconnect();
    }
}
