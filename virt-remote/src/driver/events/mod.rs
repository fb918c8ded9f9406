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
mod pump;
mod registration;

use std::sync::Arc;

use tokio::sync::{Mutex, mpsc, oneshot, watch};
use virt_core::event::{EventBus, EventFilter, EventStream};
use virt_core::{CallContext, Error, ErrorKind, Outcome, Result};

use super::background::Background;
use super::hypervisor::Hypervisor;
use super::link::Link;
use crate::protocol::remote::connect::ConnectGetLibVersion;
use lives::Lives;
use pump::{CaughtUp, Pump};

/// The events of a connection.
#[derive(Debug)]
pub(super) struct Events {
    link: Arc<Link>,
    hypervisor: Hypervisor,
    bus: EventBus,
    /// To the pump, once there is one.
    pump: Mutex<Option<Registered>>,
}

/// What is known of the registration with the daemon.
#[derive(Debug, Clone)]
struct Registered {
    pump: mpsc::UnboundedSender<CaughtUp>,
    /// How asking for the events went, once that is known.
    outcome: watch::Receiver<Option<Result<(), Arc<Error>>>>,
}

impl Events {
    pub(super) fn new(link: Arc<Link>, hypervisor: Hypervisor) -> Self {
        Self {
            link,
            hypervisor,
            bus: EventBus::new(),
            pump: Mutex::new(None),
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
            let (registered, new) = self.registered(background).await;
            let mut outcome = registered.outcome.clone();
            let told = outcome.wait_for(Option::is_some).await;
            let told = told.map_err(|_gone| closed())?.clone();
            if let Some(Err(error)) = told {
                self.forget(&registered).await;
                return Err(
                    Error::new(error.kind(), "the daemon does not tell of events").with_source(Shared(error))
                );
            }
            if !new {
                // What the daemon has to tell of what was done before comes before the answer to this.
                self.link.call::<ConnectGetLibVersion>(call, &()).await?;
            }
            let (caught_up, wait) = oneshot::channel();
            registered.pump.send(caught_up).map_err(|_gone| closed())?;
            wait.await.map_err(|_gone| closed())?;
            Ok(self.bus.subscribe(filter))
        };
        call.bound(Outcome::NotApplied, work).await
    }

    /// Ends all streams.
    pub(super) fn end(&self) {
        self.bus.close();
    }

    /// The registration, and whether it is new. It is carried out in the background, so that nobody who gives up
    /// waiting leaves half of it behind.
    async fn registered(&self, background: &Background) -> (Registered, bool) {
        let mut slot = self.pump.lock().await;
        if let Some(registered) = &*slot {
            return (registered.clone(), false);
        }
        let (pump, inbox) = mpsc::unbounded_channel();
        let (tell, outcome) = watch::channel(None);
        let registered = Registered { pump, outcome };
        *slot = Some(registered.clone());
        let (link, bus, hypervisor) = (Arc::clone(&self.link), self.bus.clone(), self.hypervisor);
        background.spawn(async move {
            // From before the first registration: nothing is missed.
            let events = link.events();
            match registration::register_all(&link).await {
                Ok(active) => {
                    tell.send_replace(Some(Ok(())));
                    let lives = Lives::new(hypervisor, active);
                    Pump::new(bus, lives, link).run(events, inbox).await;
                }
                Err(error) => {
                    tell.send_replace(Some(Err(Arc::new(error))));
                }
            }
        });
        (registered, true)
    }

    /// The next one who subscribes tries again.
    async fn forget(&self, failed: &Registered) {
        let mut slot = self.pump.lock().await;
        if slot
            .as_ref()
            .is_some_and(|current| current.pump.same_channel(&failed.pump))
        {
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
