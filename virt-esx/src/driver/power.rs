//! Power: machines started, ended, suspended to disk, reset; guests asked to shut down or to reboot.

use uuid::Uuid;
use virt_core::domain::{DestroyOptions, RebootOptions, ShutdownMode, ShutdownOptions, StartOptions};
use virt_core::event::StoppedReason;
use virt_core::{CallContext, Error, ErrorKind, Outcome, Result, Subject};

use super::{EsxDriver, not_valid};
use crate::inventory::Machine;
use crate::vim::{
    ManagedObjectReference, PowerOffVmTask, PowerOnVmTask, RebootGuest, ResetVmTask, ShutdownGuest,
    SuspendVmTask, VirtualMachinePowerState as Power,
};

impl EsxDriver {
    pub(super) async fn power_on(
        &self,
        call: &CallContext,
        domain: Uuid,
        options: &StartOptions,
    ) -> Result<()> {
        if options.paused {
            return Err(Error::unsupported("ESX cannot start a machine paused"));
        }
        if options.auto_destroy {
            return Err(Error::unsupported(
                "ESX cannot tie a machine's life to a connection's",
            ));
        }
        let (reference, machine) = self.to_change(domain)?;
        match machine.power {
            Power::PoweredOff => {}
            Power::Suspended if options.force_boot => {
                self.power_off(call, &reference).await?;
                // What it had saved is gone, whatever comes of the start.
                let started = self.turn_on(call, &reference).await;
                return started.map_err(|error| error.with_outcome(Outcome::Unknown));
            }
            Power::Suspended if self.server.inventory.is_paused(&reference) => {
                return Err(not_valid(&machine, "resume it, or force a boot"));
            }
            // It goes on from where it was saved.
            Power::Suspended => {}
            _ => return Err(not_valid(&machine, "it runs already")),
        }
        self.turn_on(call, &reference).await
    }

    pub(super) async fn turn_on(&self, call: &CallContext, reference: &ManagedObjectReference) -> Result<()> {
        let on = PowerOnVmTask {
            this: reference.clone(),
            host: None,
        };
        self.answering(call, reference, self.carry_out(call, &on)).await?;
        self.until_power(call, reference, &Power::PoweredOn).await;
        Ok(())
    }

    pub(super) async fn power_off(
        &self,
        call: &CallContext,
        reference: &ManagedObjectReference,
    ) -> Result<()> {
        let off = PowerOffVmTask {
            this: reference.clone(),
        };
        let inventory = &self.server.inventory;
        let ending = inventory.will_end(reference, StoppedReason::Destroyed);
        if let Err(error) = self.answering(call, reference, self.carry_out(call, &off)).await {
            if error.outcome() == Outcome::NotApplied {
                ending.call_off();
            }
            return Err(error);
        }
        self.until_power(call, reference, &Power::PoweredOff).await;
        Ok(())
    }

    pub(super) async fn until_power(
        &self,
        call: &CallContext,
        reference: &ManagedObjectReference,
        power: &Power,
    ) {
        let is_so = |machine: Option<&Machine>| machine.is_none_or(|machine| &machine.power == power);
        self.server.inventory.until(call, reference, is_so).await;
    }

    pub(super) async fn end(&self, call: &CallContext, domain: Uuid, options: &DestroyOptions) -> Result<()> {
        let (reference, machine) = self.to_change(domain)?;
        if !machine.is_active() {
            return Err(not_valid(&machine, "only what was started can end"));
        }
        if !options.graceful {
            return self.power_off(call, &reference).await;
        }
        if machine.power == Power::Suspended {
            return Err(not_valid(&machine, "it cannot end by itself: resume it first"));
        }
        let inventory = &self.server.inventory;
        let ending = inventory.will_end(&reference, StoppedReason::Destroyed);
        let ended = async {
            self.ask_to_shut_down(call, &reference).await?;
            let ended = inventory.when(&reference, |machine| {
                machine.is_none_or(|machine| machine.power == Power::PoweredOff)
            });
            call.bound(Outcome::Unknown, async {
                ended.await;
                Ok(())
            })
            .await
        };
        let ended = ended.await;
        if ended.is_err() {
            ending.call_off();
        }
        ended
    }

    async fn ask_to_shut_down(&self, call: &CallContext, reference: &ManagedObjectReference) -> Result<()> {
        let ask = ShutdownGuest {
            this: reference.clone(),
        };
        self.server.act(call, &ask).await
    }

    pub(super) async fn ask_guest_to_end(
        &self,
        call: &CallContext,
        domain: Uuid,
        options: &ShutdownOptions,
    ) -> Result<()> {
        check_mode(options.mode)?;
        let (reference, machine) = self.to_change(domain)?;
        self.check_guest_hears(&machine)?;
        self.ask_to_shut_down(call, &reference).await
    }

    pub(super) async fn ask_guest_to_reboot(
        &self,
        call: &CallContext,
        domain: Uuid,
        options: &RebootOptions,
    ) -> Result<()> {
        check_mode(options.mode)?;
        let (reference, machine) = self.to_change(domain)?;
        self.check_guest_hears(&machine)?;
        let ask = RebootGuest { this: reference };
        self.server.act(call, &ask).await
    }

    fn check_guest_hears(&self, machine: &Machine) -> Result<()> {
        match machine.power {
            Power::PoweredOn if machine.tools_run => Ok(()),
            Power::PoweredOn => Err(Error::new(
                ErrorKind::AgentUnavailable,
                "VMware Tools do not run in the guest, and nothing else hears the request",
            )
            .with_outcome(Outcome::NotApplied)
            .with_subject(Subject::Domain(machine.name.clone()))),
            Power::Suspended => Err(not_valid(machine, "resume it first")),
            _ => Err(not_valid(machine, "start it first")),
        }
    }

    pub(super) async fn reset_machine(&self, call: &CallContext, domain: Uuid) -> Result<()> {
        let (reference, machine) = self.to_change(domain)?;
        if machine.power != Power::PoweredOn {
            return Err(not_valid(&machine, "only what was started is reset"));
        }
        let reset = ResetVmTask {
            this: reference.clone(),
        };
        let resetting = self.server.inventory.will_be_reset(&reference);
        self.answering(call, &reference, self.carry_out(call, &reset))
            .await?;
        resetting.succeed();
        Ok(())
    }

    pub(super) async fn suspend_to_disk(&self, call: &CallContext, domain: Uuid) -> Result<()> {
        let (reference, machine) = self.to_change(domain)?;
        match machine.power {
            Power::Suspended => {
                self.server.inventory.set_paused(&reference, true);
                return Ok(());
            }
            Power::PoweredOn => {}
            _ => return Err(not_valid(&machine, "start it first")),
        }
        let suspend = SuspendVmTask {
            this: reference.clone(),
        };
        self.answering(call, &reference, self.carry_out(call, &suspend))
            .await?;
        self.until_power(call, &reference, &Power::Suspended).await;
        self.server.inventory.set_paused(&reference, true);
        Ok(())
    }

    pub(super) async fn resume_from_disk(&self, call: &CallContext, domain: Uuid) -> Result<()> {
        let (reference, machine) = self.to_change(domain)?;
        match machine.power {
            Power::PoweredOn => Ok(()),
            Power::Suspended => self.turn_on(call, &reference).await,
            _ => Err(not_valid(&machine, "it does not run: start it")),
        }
    }
}

fn check_mode(mode: ShutdownMode) -> Result<()> {
    match mode {
        ShutdownMode::Auto | ShutdownMode::Agent => Ok(()),
        _ => Err(Error::unsupported(
            "a guest on ESX is asked through VMware Tools (mode agent) and by no other way",
        )),
    }
}
