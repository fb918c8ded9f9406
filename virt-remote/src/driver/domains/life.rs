//! The life of a domain: start, pause, end.

use uuid::Uuid;
use virt_core::domain::machine::{Admission, Machine, Request};
use virt_core::domain::{DestroyOptions, StartOptions};
use virt_core::event::{DomainChange, DomainEvent};
use virt_core::{CallContext, Error, ErrorKind, Outcome, Result};

use crate::driver::hypervisor::Hypervisor;
use crate::driver::{RemoteConnection, flags, objects, refusal};
use crate::protocol::Procedure;
use crate::protocol::remote::domain_lifecycle::{
    DomainCreateWithFlags, DomainCreateWithFlagsArgs, DomainDestroyFlags, DomainDestroyFlagsArgs,
    DomainReset, DomainResetArgs, DomainResume, DomainResumeArgs, DomainSuspend, DomainSuspendArgs,
};
use crate::protocol::remote::object::Domain;
use crate::rpc::RpcError;

/// `virDomainCreateFlags`.
const PAUSED: u32 = 1 << 0;
const AUTO_DESTROY: u32 = 1 << 1;
const FORCE_BOOT: u32 = 1 << 3;

/// `VIR_DOMAIN_DESTROY_GRACEFUL`.
const GRACEFUL: u32 = 1;

pub(super) fn start_flags(options: &StartOptions) -> u32 {
    flags::set(&[
        (options.paused, PAUSED),
        (options.auto_destroy, AUTO_DESTROY),
        (options.force_boot, FORCE_BOOT),
    ])
}

impl RemoteConnection {
    pub(super) async fn start_domain(
        &self,
        call: &CallContext,
        domain: Uuid,
        options: &StartOptions,
    ) -> Result<()> {
        let args = DomainCreateWithFlagsArgs {
            dom: objects::domain(domain),
            flags: start_flags(options),
        };
        let started = self.ask::<DomainCreateWithFlags>(call, (domain, Request::Start), &args);
        if let Some(started) = started.await? {
            self.mark(call, &started.dom, options).await;
        }
        Ok(())
    }

    /// Keeps in mind what the daemon does not tell of a run that was started so.
    pub(super) async fn mark(&self, call: &CallContext, started: &Domain, options: &StartOptions) {
        if !options.auto_destroy && !options.paused {
            return;
        }
        let run = match objects::run_id(started) {
            // A daemon's LXC driver leaves it out.
            None => {
                let found = self.found_by_uuid(call, started.uuid).await;
                found.ok().and_then(|found| objects::run_id(&found))
            }
            known => known,
        };
        let Some(run) = run else { return };
        if options.auto_destroy {
            self.auto_destroyed.add(started.uuid, run);
        }
        if options.paused {
            self.started_paused.add(started.uuid, run);
        }
    }

    pub(super) async fn reset_machine(&self, call: &CallContext, domain: Uuid) -> Result<()> {
        let args = DomainResetArgs {
            dom: objects::domain(domain),
            flags: 0,
        };
        self.ask::<DomainReset>(call, (domain, Request::Reset), &args)
            .await?;
        self.has_rebooted(call, domain).await;
        Ok(())
    }

    /// libvirt's test driver reboots at once, and does not tell.
    pub(super) async fn has_rebooted(&self, call: &CallContext, domain: Uuid) {
        if self.hypervisor == Hypervisor::Test
            && let Ok(found) = self.found_by_uuid(call, domain).await
            && found.id >= 0
        {
            let domain = objects::domain_ref(&found);
            self.events.tell(DomainEvent::now(domain, DomainChange::Rebooted));
        }
    }

    pub(super) async fn suspend_domain(&self, call: &CallContext, domain: Uuid) -> Result<()> {
        let args = DomainSuspendArgs {
            dom: objects::domain(domain),
        };
        self.ask::<DomainSuspend>(call, (domain, Request::Suspend), &args)
            .await
            .map(drop)
    }

    pub(super) async fn resume_domain(&self, call: &CallContext, domain: Uuid) -> Result<()> {
        let args = DomainResumeArgs {
            dom: objects::domain(domain),
        };
        let resumed = self.ask::<DomainResume>(call, (domain, Request::Resume), &args);
        resumed.await?;
        self.started_paused.remove(domain);
        Ok(())
    }

    pub(super) async fn destroy_domain(
        &self,
        call: &CallContext,
        domain: Uuid,
        options: &DestroyOptions,
    ) -> Result<()> {
        let args = DomainDestroyFlagsArgs {
            dom: objects::domain(domain),
            flags: flags::set(&[(options.graceful, GRACEFUL)]),
        };
        let destroyed = self.ask::<DomainDestroyFlags>(call, (domain, Request::Destroy), &args);
        destroyed.await.map(drop).map_err(|error| match error.kind() {
            // The daemon gives it 15 s of its own.
            ErrorKind::Busy if options.graceful => {
                let message = "the hypervisor did not end in good order in time: destroy it without waiting";
                Error::new(ErrorKind::Timeout, message)
                    .with_outcome(Outcome::NotApplied)
                    .with_source(error)
            }
            _ => error,
        })
    }

    /// Has the daemon do what a domain's state has a say in. `None` where it was so already, and that is success.
    pub(super) async fn ask<P: Procedure>(
        &self,
        call: &CallContext,
        (domain, request): (Uuid, Request),
        args: &P::Args,
    ) -> Result<Option<P::Ret>> {
        match self.link.call::<P>(call, args).await {
            Ok(returned) => Ok(Some(returned)),
            Err(error) if refusal::may_be_about_state(&error) => {
                match self.admission(call, domain, request).await {
                    Some(Ok(Admission::AlreadyThere)) => Ok(None),
                    Some(Err(refused)) => Err(refused.with_source(error)),
                    _ => Err(error.into()),
                }
            }
            Err(error) => Err(error.into()),
        }
    }

    /// The error of something that was refused: that of the domain's state, if this is what did not allow it.
    pub(super) async fn state_or(
        &self,
        call: &CallContext,
        domain: Uuid,
        request: Request,
        error: RpcError,
    ) -> Error {
        match self.admission(call, domain, request).await {
            Some(Err(refused)) => refused.with_source(error),
            _ => error.into(),
        }
    }

    /// What the domain's state has to say; `None` where it can't be told.
    async fn admission(
        &self,
        call: &CallContext,
        domain: Uuid,
        request: Request,
    ) -> Option<Result<Admission>> {
        let state = self.state_of_domain(call, objects::domain(domain)).await;
        let (state, reason) = state.ok()?;
        Some(Machine::at(state, reason).admit(request))
    }
}
