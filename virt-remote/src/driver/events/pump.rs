//! From the daemon's messages to the streams of those who listen.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;
use uuid::Uuid;
use virt_core::domain::{DomainRef, StateReason};
use virt_core::event::{DomainChange, DomainEvent, Event, EventBus, PanicAction};
use virt_core::model::DomainConfig;
use virt_core::model::domain::LifecycleAction;
use virt_core::{CallClass, CallContext, Result};

use super::lifecycle::Lifecycle;
use super::lives::{Lives, Step};
use super::{domain_changes, object_changes, registration};
use crate::driver::hypervisor::Hypervisor;
use crate::driver::link::Link;
use crate::driver::objects;
use crate::protocol::remote::domain::{
    DomainGetState, DomainGetStateArgs, DomainGetXmlDesc, DomainGetXmlDescArgs,
};
use crate::protocol::remote::domain_event_callback::DomainEventCallbackLifecycle;
use crate::rpc::{RpcConnection, RpcEvent, RpcEventItem, RpcEvents};

/// What the pump is told.
#[derive(Debug)]
pub(super) enum Message {
    /// Answer once everything that has come was told.
    CaughtUp(oneshot::Sender<()>),
    /// The events come from another session from now on.
    GoOn(Box<Source>),
}

/// Where events come from.
#[derive(Debug)]
pub(super) struct Source {
    events: RpcEvents,
    lives: Lives,
}

impl Source {
    /// A session, asked for all its events.
    pub(super) async fn of(connection: &RpcConnection, hypervisor: Hypervisor) -> Result<Self> {
        // From before the first registration: nothing is missed.
        let events = connection.events();
        let active = registration::register_all(connection).await?;
        let lives = Lives::new(hypervisor, active);
        Ok(Self { events, lives })
    }
}

/// How long the daemon is asked about something that its event leaves open; nobody hears anything meanwhile.
const ASKING: Duration = Duration::from_secs(2);

/// `VIR_DOMAIN_RUNNING`.
const RUNNING: i32 = 1;

/// Tells what the daemon tells.
pub(super) struct Pump {
    bus: EventBus,
    link: Arc<Link>,
}

impl Pump {
    pub(super) fn new(bus: EventBus, link: Arc<Link>) -> Self {
        Self { bus, link }
    }

    /// Tells what comes, from one session after the other, until the connection is closed.
    pub(super) async fn run(self, source: Source, mut inbox: mpsc::UnboundedReceiver<Message>) {
        let Source {
            mut events,
            mut lives,
        } = source;
        let mut flowing = true;
        loop {
            let overdue = lives.next_overdue();
            let overdue = async move {
                match overdue {
                    Some(time) => tokio::time::sleep_until(time).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                // Whoever waits is told when there is nothing left to be read.
                biased;
                item = events.next(), if flowing => match item {
                    Some(RpcEventItem::Event(event)) => self.tell(&event, &mut lives).await,
                    Some(RpcEventItem::Lagged(lost)) => self.bus.publish(&Event::Lagged(lost)),
                    None => flowing = false,
                },
                () = overdue => {
                    for (domain, change) in lives.overdue(Instant::now()) {
                        self.publish(domain, change);
                    }
                }
                message = inbox.recv() => match message {
                    Some(Message::CaughtUp(caught_up)) => {
                        // Fails where nobody waits any more.
                        let _gone = caught_up.send(());
                    }
                    Some(Message::GoOn(source)) => {
                        Source { events, lives } = *source;
                        flowing = true;
                        self.bus.publish(&Event::Resync);
                    }
                    None => return,
                },
            }
        }
    }

    async fn tell(&self, event: &RpcEvent, lives: &mut Lives) {
        if let Some(lifecycle) = event.decode::<DomainEventCallbackLifecycle>() {
            let Ok(it) = lifecycle else {
                return self.not_understood(event);
            };
            let domain = objects::domain_ref(&it.msg.dom);
            let happened = Lifecycle::of(it.msg.event, it.msg.detail);
            for step in lives.follow(&domain, happened, Instant::now()) {
                self.carry_out(&domain, step).await;
            }
            return;
        }
        match domain_changes::read(event) {
            Some(Ok((domain, DomainChange::Rebooted))) if !lives.reboots(domain.uuid, Instant::now()) => {}
            Some(Ok((domain, change))) => self.publish(objects::domain_ref(&domain), change),
            Some(Err(_)) => self.not_understood(event),
            None => self.tell_of_object(event),
        }
    }

    async fn carry_out(&self, domain: &DomainRef, step: Step) {
        match step {
            Step::Change(change) => self.publish(domain.clone(), change),
            Step::IfItRuns(change) => {
                if self.runs(domain.uuid).await {
                    self.publish(domain.clone(), change);
                }
            }
            Step::Panic => {
                let (action, kept) = match self.on_crash(domain.uuid).await {
                    Some(LifecycleAction::Preserve) => (PanicAction::Pause, true),
                    Some(LifecycleAction::Destroy) | None => (PanicAction::PowerOff, false),
                    Some(_) => (PanicAction::Pause, false),
                };
                // The daemon keeps what the guest told to itself.
                let info = String::new();
                self.publish(domain.clone(), DomainChange::Panicked { action, info });
                if kept {
                    self.publish(domain.clone(), DomainChange::Crashed(StateReason::Panicked));
                }
            }
        }
    }

    fn publish(&self, domain: DomainRef, change: DomainChange) {
        self.bus.publish(&Event::Domain(DomainEvent::now(domain, change)));
    }

    /// Tells of a network, a pool, a secret, a device.
    fn tell_of_object(&self, event: &RpcEvent) {
        match object_changes::read(event) {
            Some(Ok(told)) => self.bus.publish(&told),
            Some(Err(_)) => self.not_understood(event),
            None => {}
        }
    }

    /// An event is lost to those who listen: they are told.
    fn not_understood(&self, event: &RpcEvent) {
        tracing::warn!(?event, "an event of the daemon is not understood");
        self.bus.publish(&Event::Lagged(1));
    }

    async fn runs(&self, uuid: Uuid) -> bool {
        let dom = objects::domain(uuid);
        let args = DomainGetStateArgs { dom, flags: 0 };
        let asked = self.link.call::<DomainGetState>(&asking(), &args).await;
        asked.is_ok_and(|state| state.state == RUNNING)
    }

    async fn on_crash(&self, uuid: Uuid) -> Option<LifecycleAction> {
        let dom = objects::domain(uuid);
        let args = DomainGetXmlDescArgs { dom, flags: 0 };
        let asked = self.link.call::<DomainGetXmlDesc>(&asking(), &args).await;
        DomainConfig::from_xml(&asked.ok()?.xml.text()).ok()?.on_crash
    }
}

fn asking() -> CallContext {
    CallContext::new("events", CallClass::Query, ASKING)
}
