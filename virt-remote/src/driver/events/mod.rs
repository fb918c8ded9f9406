//! What a daemon tells on its own account, as the SDK's events.
//!
//! ```text
//! daemon ──> RpcEvents ──> pump ──> read (a family of objects a file) ──> Lives (the order of a life) ──> EventBus ──> streams
//! ```
//!
//! The daemon is asked for its events when somebody subscribes for the first time, for all of them at once; streams
//! choose from what comes.

mod domain_changes;
mod lifecycle;
mod lives;
mod native;
mod object_changes;
mod object_registration;
mod pump;
mod registration;

use std::sync::Arc;

use tokio::sync::{Mutex, mpsc, oneshot, watch};
use virt_core::event::{DomainEvent, Event, EventBus, EventFilter, EventStream};
use virt_core::{CallContext, Error, ErrorKind, Outcome, Result};

use super::background::Background;
use super::hypervisor::Hypervisor;
use super::link::Link;
use crate::protocol::remote::connect::ConnectGetLibVersion;
use crate::rpc::RpcConnection;
use pump::{Message, Pump, Source};

/// The events of a connection.
#[derive(Debug)]
pub(super) struct Events {
    link: Arc<Link>,
    hypervisor: Hypervisor,
    bus: EventBus,
    registered: Mutex<Option<Registered>>,
}

/// The pump, and how the registration with the daemon went, once that is known.
#[derive(Debug, Clone)]
struct Registered {
    pump: mpsc::UnboundedSender<Message>,
    outcome: watch::Receiver<Option<Result<(), Arc<Error>>>>,
}

/// The events of another session, ready to be told.
pub(super) struct Continuation(Option<(mpsc::UnboundedSender<Message>, Source)>);

impl Continuation {
    /// Tells them from now on, after a `Resync`.
    pub(super) fn go_on(self) {
        if let Some((pump, source)) = self.0 {
            // Fails where the connection was closed meanwhile.
            let _gone = pump.send(Message::GoOn(Box::new(source)));
        }
    }
}

impl Events {
    pub(super) fn new(link: Arc<Link>, hypervisor: Hypervisor) -> Self {
        Self {
            link,
            hypervisor,
            bus: EventBus::new(),
            registered: Mutex::new(None),
        }
    }

    /// A stream of what happens from now on: not of what the daemon has told already, or is about to.
    pub(super) async fn subscribe(
        &self,
        call: &CallContext,
        filter: EventFilter,
        background: &Background,
    ) -> Result<EventStream> {
        let work = async {
            let registered = self.registered(call, background).await?;
            let mut outcome = registered.outcome.clone();
            let told = outcome.wait_for(Option::is_some).await;
            let told = told.map_err(|_gone| closed())?.clone();
            if let Some(Err(error)) = told {
                self.forget(&registered).await;
                let refused = Error::new(error.kind(), "the daemon does not tell of events");
                return Err(refused.with_source(Shared(error)));
            }
            self.catch_up(call, &registered).await?;
            Ok(self.bus.subscribe(filter))
        };
        call.bound(Outcome::NotApplied, work).await
    }

    /// Waits until everything was told that the daemon had to tell of what was done before.
    pub(super) async fn caught_up(&self, call: &CallContext) -> Result<()> {
        let registered = self.registered.lock().await.clone();
        match registered {
            Some(registered) => {
                call.bound(Outcome::NotApplied, self.catch_up(call, &registered))
                    .await
            }
            None => Ok(()),
        }
    }

    async fn catch_up(&self, call: &CallContext, registered: &Registered) -> Result<()> {
        // The daemon tells it before it answers this.
        self.link.call::<ConnectGetLibVersion>(call, &()).await?;
        let (caught_up, wait) = oneshot::channel();
        let sent = registered.pump.send(Message::CaughtUp(caught_up));
        sent.map_err(|_gone| closed())?;
        wait.await.map_err(|_gone| closed())
    }

    /// Tells of something that the daemon does not tell.
    pub(super) fn tell(&self, event: DomainEvent) {
        self.bus.publish(&Event::Domain(event));
    }

    /// Ends all streams.
    pub(super) fn end(&self) {
        self.bus.close();
    }

    /// Ends all streams because the daemon is lost for good.
    pub(super) fn lose(&self) {
        self.bus.publish(&Event::Resync);
        self.bus.close();
    }

    /// Asks the daemon for all events again, on another session, if they were asked for before.
    pub(super) async fn continued(&self, connection: &RpcConnection) -> Result<Continuation> {
        let registered = self.registered.lock().await.clone();
        let Some(registered) = registered else {
            return Ok(Continuation(None));
        };
        let is_registered = matches!(&*registered.outcome.borrow(), Some(Ok(())));
        if !is_registered {
            // Whoever asked for them is told that it did not work, and asks again.
            return Ok(Continuation(None));
        }
        let source = Source::of(connection, self.hypervisor).await?;
        Ok(Continuation(Some((registered.pump, source))))
    }

    /// The registration, made where there is none. It is carried out in the background, so that nobody who gives up
    /// waiting leaves half of it behind.
    async fn registered(&self, call: &CallContext, background: &Background) -> Result<Registered> {
        let mut slot = self.registered.lock().await;
        if let Some(registered) = &*slot {
            return Ok(registered.clone());
        }
        let session = self.link.session_for_reading(call).await?;
        let (pump, inbox) = mpsc::unbounded_channel();
        let (tell, outcome) = watch::channel(None);
        let registered = Registered { pump, outcome };
        *slot = Some(registered.clone());
        drop(slot);
        let (link, bus, hypervisor) = (Arc::clone(&self.link), self.bus.clone(), self.hypervisor);
        background.spawn(async move {
            match Source::of(session.connection(), hypervisor).await {
                Ok(source) => {
                    tell.send_replace(Some(Ok(())));
                    Pump::new(bus, link).run(source, inbox).await;
                }
                Err(error) => {
                    tell.send_replace(Some(Err(Arc::new(error))));
                }
            }
        });
        Ok(registered)
    }

    /// The next one who subscribes tries again.
    async fn forget(&self, failed: &Registered) {
        let mut slot = self.registered.lock().await;
        let same = |current: &Registered| current.pump.same_channel(&failed.pump);
        if slot.as_ref().is_some_and(same) {
            *slot = None;
        }
    }
}

fn closed() -> Error {
    Error::new(ErrorKind::ConnectionLost, "the connection is closed")
}

/// A cause that several have.
#[derive(Debug)]
struct Shared(Arc<Error>);

impl std::fmt::Display for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for Shared {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.source()
    }
}
