//! Asking a guest to shut down, or to reboot.

use std::sync::Arc;
use std::time::Duration;

use uuid::Uuid;
use virt_core::domain::machine::Request;
use virt_core::domain::{DomainState, ShutdownMode};
use virt_core::event::{DomainChange, Event, EventFilter, EventStream};
use virt_core::{CallClass, CallContext, Result};

use crate::driver::link::Link;
use crate::driver::{RemoteConnection, objects, refusal};
use crate::protocol::remote::domain_lifecycle::{
    DomainReboot, DomainRebootArgs, DomainShutdownFlags, DomainShutdownFlagsArgs,
};
use crate::rpc::{RpcError, RpcResult};

/// `virDomainShutdownFlagValues` and `virDomainRebootFlagValues`, which are the same here.
const ACPI: u32 = 1 << 0;
const AGENT: u32 = 1 << 1;
const INIT_CONTROL: u32 = 1 << 2;
const SIGNAL: u32 = 1 << 3;

/// How long the agent's way is given until it counts as without effect.
const EFFECT: Duration = Duration::from_secs(10);

/// What the guest is asked to do.
#[derive(Debug, Clone, Copy)]
enum Stop {
    Shutdown,
    Reboot,
}

impl Stop {
    async fn ask(self, link: &Link, call: &CallContext, domain: Uuid, flags: u32) -> RpcResult<()> {
        let dom = objects::domain(domain);
        match self {
            Self::Shutdown => {
                let args = DomainShutdownFlagsArgs { dom, flags };
                link.call::<DomainShutdownFlags>(call, &args).await
            }
            Self::Reboot => {
                link.call::<DomainReboot>(call, &DomainRebootArgs { dom, flags })
                    .await
            }
        }
    }

    /// Whether the guest did it, or ended otherwise.
    fn is_done_by(self, change: &DomainChange) -> bool {
        match change {
            DomainChange::Stopped(_) | DomainChange::ShutdownFinished => true,
            DomainChange::Rebooted => matches!(self, Self::Reboot),
            _ => false,
        }
    }
}

impl RemoteConnection {
    pub(super) async fn shut_down(&self, call: &CallContext, domain: Uuid, mode: ShutdownMode) -> Result<()> {
        self.stop_guest(call, (domain, Request::Shutdown), mode, Stop::Shutdown)
            .await
    }

    pub(super) async fn reboot_guest(
        &self,
        call: &CallContext,
        domain: Uuid,
        mode: ShutdownMode,
    ) -> Result<()> {
        self.stop_guest(call, (domain, Request::Reboot), mode, Stop::Reboot)
            .await
    }

    async fn stop_guest(
        &self,
        call: &CallContext,
        (domain, request): (Uuid, Request),
        mode: ShutdownMode,
        stop: Stop,
    ) -> Result<()> {
        let asked = match mode {
            ShutdownMode::Acpi => stop.ask(&self.link, call, domain, ACPI).await,
            ShutdownMode::Agent => stop.ask(&self.link, call, domain, AGENT).await,
            ShutdownMode::Signal => stop.ask(&self.link, call, domain, SIGNAL).await,
            ShutdownMode::InitControl => stop.ask(&self.link, call, domain, INIT_CONTROL).await,
            ShutdownMode::AgentThenAcpi => return self.agent_then_acpi(call, (domain, request), stop).await,
            // The daemon takes the agent where it is connected, too.
            _ => stop.ask(&self.link, call, domain, 0).await,
        };
        match asked {
            Err(error) if self.has_obeyed(call, domain, &error).await => Ok(()),
            Err(error) if refusal::may_be_about_state(&error) => {
                Err(self.state_or(call, domain, request, error).await)
            }
            Err(error) if mode == ShutdownMode::Agent => Err(refusal::of_agent(error)),
            Err(error) => Err(error.into()),
            Ok(()) => {
                if matches!(stop, Stop::Reboot) {
                    self.has_rebooted(call, domain).await;
                }
                Ok(())
            }
        }
    }

    /// Whether a guest did what it was asked so quickly that its agent was gone before it could say so.
    async fn has_obeyed(&self, call: &CallContext, domain: Uuid, error: &RpcError) -> bool {
        if !refusal::is_agent_gone(error) {
            return false;
        }
        let state = self.state_of_domain(call, objects::domain(domain)).await;
        state.is_ok_and(|(state, _)| matches!(state, DomainState::ShuttingDown | DomainState::ShutOff))
    }

    async fn agent_then_acpi(
        &self,
        call: &CallContext,
        (domain, request): (Uuid, Request),
        stop: Stop,
    ) -> Result<()> {
        let events = self
            .events
            .subscribe(call, EventFilter::domain(domain), &self.background);
        let events = events.await?;
        let asked = stop.ask(&self.link, call, domain, AGENT).await;
        if let Err(error) = &asked
            && self.has_obeyed(call, domain, error).await
        {
            return Ok(());
        }
        if asked.is_ok() {
            let link = Arc::clone(&self.link);
            self.background.spawn(async move {
                if !shows_effect(stop, events).await {
                    let call = CallContext::new("shutdown", CallClass::Change, EFFECT);
                    // Nobody waits for this any more: the guest ended meanwhile, or does not react to this either.
                    let _asked = stop.ask(&link, &call, domain, ACPI).await;
                }
            });
            return Ok(());
        }
        match stop.ask(&self.link, call, domain, ACPI).await {
            Err(error) if refusal::may_be_about_state(&error) => {
                Err(self.state_or(call, domain, request, error).await)
            }
            asked => Ok(asked?),
        }
    }
}

async fn shows_effect(stop: Stop, mut events: EventStream) -> bool {
    let done = async {
        while let Some(event) = events.next().await {
            if let Event::Domain(event) = event
                && stop.is_done_by(&event.change)
            {
                return;
            }
        }
    };
    tokio::time::timeout(EFFECT, done).await.is_ok()
}
