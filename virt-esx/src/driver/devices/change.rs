//! A machine made what a document says, by one reconfiguration.

use std::sync::Arc;

use uuid::Uuid;
use virt_core::model::DomainConfig;
use virt_core::{CallContext, Error, ErrorKind, Outcome, Result};

use super::super::EsxDriver;
use super::super::document::Described;
use crate::devices::{Hardware, HotAdd, Plan};
use crate::inventory::Machine;
use crate::property;
use crate::vim::{AnyVirtualDevice, Fault, ManagedObjectReference, ReconfigVmTask};
use crate::vmx::ToVmx;
use crate::vmx::convert::{PlainNames, compared};

/// What is read of a machine before it is changed.
const PROPERTIES: &[&str] = &[
    "config.changeVersion",
    "config.hardware.device",
    "config.cpuHotAddEnabled",
    "config.memoryHotAddEnabled",
    "config.guestId",
];
/// How often a change is made anew of what somebody else has changed meanwhile.
const MOST_ATTEMPTS: u32 = 4;

/// A machine as it is.
#[derive(Debug)]
pub(in crate::driver) struct Present {
    pub(in crate::driver) reference: ManagedObjectReference,
    pub(in crate::driver) machine: Machine,
    pub(in crate::driver) document: DomainConfig,
    pub(in crate::driver) hardware: Hardware,
    pub(super) guest: String,
    described: Described,
    pub(super) change_version: Option<String>,
    hot_add: HotAdd,
}

impl Present {
    /// What has to change for it to be what a document says.
    fn plan(&self, wanted: &DomainConfig) -> Result<Plan> {
        let options = ToVmx::new().with_files(Arc::new(PlainNames));
        let (before, after) = compared(&self.described.vmx, wanted, &self.described.reading, &options)?;
        Ok(Plan::between(&before, &after).with_controllers_of(wanted))
    }
}

impl EsxDriver {
    /// Reads what a machine is.
    pub(in crate::driver) async fn present(&self, call: &CallContext, domain: Uuid) -> Result<Box<Present>> {
        let (reference, machine) = self.server.inventory.machine(domain)?;
        let session = &self.server.session;
        // First the version: what changes while the rest is read is found out by it.
        let mut read = property::of_object(session, call, &reference, PROPERTIES).await?;
        let described = self.described(call, &reference, &machine).await?;
        let document = described.document(&machine, domain)?;
        let devices = read
            .remove("config.hardware.device")
            .and_then(|list| list.list().ok());
        let devices: Vec<AnyVirtualDevice> = devices.unwrap_or_default();
        let mut flag = |name: &str| read.remove(name).is_some_and(|flag| flag.text() == "true");
        let hot_add = HotAdd {
            memory: flag("config.memoryHotAddEnabled"),
            cpus: flag("config.cpuHotAddEnabled"),
        };
        let mut text = |name: &str| read.remove(name).map(|value| value.text());
        Ok(Box::new(Present {
            guest: text("config.guestId").unwrap_or_default(),
            change_version: text("config.changeVersion"),
            hardware: Hardware::new(devices),
            reference,
            machine,
            document,
            described,
            hot_add,
        }))
    }

    /// Makes a machine what `made` makes of its document, and tells what that took.
    ///
    /// `refuse` makes the error for what cannot be done while it runs. Where somebody else changes the machine at the same
    /// time, it is begun again.
    pub(in crate::driver) async fn turn(
        &self,
        call: &CallContext,
        domain: Uuid,
        force: bool,
        made: &(dyn Fn(&Present) -> Result<Box<DomainConfig>> + Send + Sync),
        refuse: &(dyn Fn(String) -> Error + Send + Sync),
    ) -> Result<Plan> {
        for _ in 1..MOST_ATTEMPTS {
            match self.turn_once(call, domain, force, made, refuse).await {
                Err(error) if is_overtaken(&error) => {
                    tracing::debug!(%domain, "a machine was changed by somebody else: the change is made anew");
                }
                turned => return turned,
            }
        }
        self.turn_once(call, domain, force, made, refuse).await
    }

    async fn turn_once(
        &self,
        call: &CallContext,
        domain: Uuid,
        force: bool,
        made: &(dyn Fn(&Present) -> Result<Box<DomainConfig>> + Send + Sync),
        refuse: &(dyn Fn(String) -> Error + Send + Sync),
    ) -> Result<Plan> {
        let present = self.present(call, domain).await?;
        let wanted = made(&present)?;
        let plan = present.plan(&wanted)?;
        if plan.is_empty() {
            return Ok(plan);
        }
        if present.machine.is_active()
            && let Some(why) = plan.needs_an_end(present.hot_add)
        {
            return Err(refuse(why).with_outcome(Outcome::NotApplied));
        }
        let means = self.means_for(call, &present, &plan).await?;
        let mut spec = plan.spec(&present.hardware, &means)?;
        spec.change_version.clone_from(&present.change_version);
        let change = Box::new(ReconfigVmTask {
            this: present.reference.clone(),
            spec,
        });
        self.carry_out_change(call, &present, &change, force).await?;
        Ok(plan)
    }

    /// Has a machine reconfigured, and waits until that is seen.
    pub(super) async fn carry_out_change(
        &self,
        call: &CallContext,
        present: &Present,
        change: &ReconfigVmTask,
        force: bool,
    ) -> Result<()> {
        let reference = &present.reference;
        let work = Box::pin(self.carry_out(call, change));
        match force {
            true => self.forcing(call, reference, work).await?,
            false => self.answering(call, reference, work).await?,
        }
        let known = present.machine.change_version.clone();
        let read = present.change_version.clone().unwrap_or_default();
        let is_new = |machine: Option<&Machine>| {
            machine.is_none_or(|machine| machine.change_version != known && machine.change_version != read)
        };
        self.server.inventory.until(call, reference, is_new).await;
        Ok(())
    }
}

/// Whether a machine is another one than was read.
fn is_overtaken(error: &Error) -> bool {
    let fault = error.native::<Fault>();
    error.kind() == ErrorKind::Busy && fault.is_some_and(|fault| fault.is_a("ConcurrentAccess"))
}
