//! Memory and vCPUs of machines that run: what their configuration lets be added, and taken away, while they do.

use uuid::Uuid;
use virt_core::{CallContext, Result};

use super::{EsxDriver, not_valid};
use crate::extension::{HotAdd, HotAddChange};
use crate::inventory::Machine;
use crate::property;
use crate::vim::{
    AnyValue, ManagedObjectReference, VirtualMachineConfigSpec, VirtualMachinePowerState as Power,
};

const CPUS: &str = "config.cpuHotAddEnabled";
const CPUS_AWAY: &str = "config.cpuHotRemoveEnabled";
const MEMORY: &str = "config.memoryHotAddEnabled";
const MOST_MEMORY: &str = "config.hotPlugMemoryLimit";
const STEP: &str = "config.hotPlugMemoryIncrementSize";

impl EsxDriver {
    pub(crate) async fn hot_add(&self, call: &CallContext, domain: Uuid) -> Result<HotAdd> {
        self.server.check_open()?;
        let (reference, _) = self.server.inventory.machine(domain)?;
        self.hot_add_of(call, &reference).await
    }

    async fn hot_add_of(&self, call: &CallContext, machine: &ManagedObjectReference) -> Result<HotAdd> {
        let paths = [CPUS, CPUS_AWAY, MEMORY, MOST_MEMORY, STEP];
        let read = property::of_object(&self.server.session, call, machine, &paths).await?;
        let is_set = |path: &str| read.get(path).is_some_and(|value| value.text() == "true");
        let mib = |path: &str| {
            let value = read.get(path).map(AnyValue::text)?;
            value.parse().ok().filter(|mib: &u64| *mib > 0)
        };
        let mut found = HotAdd::default();
        (found.vcpus, found.vcpus_away) = (is_set(CPUS), is_set(CPUS_AWAY));
        found.memory = is_set(MEMORY);
        (found.most_memory_mib, found.memory_step_mib) = (mib(MOST_MEMORY), mib(STEP));
        Ok(found)
    }

    pub(crate) async fn set_hot_add(
        &self,
        call: &CallContext,
        domain: Uuid,
        change: &HotAddChange,
    ) -> Result<()> {
        let (reference, machine) = self.to_change(domain)?;
        if machine.is_active() {
            return Err(not_valid(
                &machine,
                "end it first: it is read when a machine is started",
            ));
        }
        let is = self.hot_add_of(call, &reference).await?;
        let differs = |wanted: Option<bool>, is: bool| wanted.filter(|wanted| *wanted != is);
        let spec = VirtualMachineConfigSpec {
            cpu_hot_add_enabled: differs(change.vcpus, is.vcpus),
            cpu_hot_remove_enabled: differs(change.vcpus_away, is.vcpus_away),
            memory_hot_add_enabled: differs(change.memory, is.memory),
            ..VirtualMachineConfigSpec::default()
        };
        if spec == VirtualMachineConfigSpec::default() {
            return Ok(());
        }
        let before = machine.change_version.clone();
        self.reconfigure(call, &reference, spec, |machine| machine.change_version != before)
            .await
    }

    /// Refuses a number of vCPUs that a machine cannot have now.
    pub(super) async fn check_vcpus_can_change(
        &self,
        call: &CallContext,
        reference: &ManagedObjectReference,
        machine: &Machine,
        wanted: u32,
    ) -> Result<()> {
        if machine.power == Power::PoweredOff {
            return Ok(());
        }
        check_not_suspended(machine)?;
        let can = self.hot_add_of(call, reference).await?;
        let way_out = match wanted > machine.cpus {
            true if can.vcpus => return Ok(()),
            true => {
                "its configuration lets no vCPU be added meanwhile: end it first, and let it (set_hot_add)"
            }
            false if can.vcpus_away => return Ok(()),
            false => "its configuration lets no vCPU be taken away meanwhile: end it first",
        };
        Err(not_valid(machine, way_out))
    }

    /// The memory a machine gets, in MiB: what was asked for, or a little more. What it cannot have now is refused.
    pub(super) async fn memory_to_have(
        &self,
        call: &CallContext,
        reference: &ManagedObjectReference,
        machine: &Machine,
        wanted: u64,
    ) -> Result<u64> {
        if machine.power == Power::PoweredOff {
            return Ok(wanted);
        }
        check_not_suspended(machine)?;
        if wanted < machine.memory_mib {
            return Err(not_valid(
                machine,
                "no memory is taken from it meanwhile: end it first",
            ));
        }
        let can = self.hot_add_of(call, reference).await?;
        if !can.memory {
            let way_out =
                "its configuration lets no memory be added meanwhile: end it first, and let it (set_hot_add)";
            return Err(not_valid(machine, way_out));
        }
        let gets = in_steps(machine.memory_mib, wanted, can.memory_step_mib.unwrap_or(1));
        match can.most_memory_mib {
            Some(most) if gets > most => {
                let way_out = format!("it can have {most} MiB meanwhile, and {gets} when it has ended");
                Err(not_valid(machine, &way_out))
            }
            _ => Ok(gets),
        }
    }
}

fn check_not_suspended(machine: &Machine) -> Result<()> {
    match machine.power {
        Power::Suspended => Err(not_valid(
            machine,
            "it is suspended to disk as it is: resume it, or end it, first",
        )),
        _ => Ok(()),
    }
}

/// What is had, and whole steps more until it is enough.
fn in_steps(has: u64, wanted: u64, step: u64) -> u64 {
    let more = wanted.saturating_sub(has).div_ceil(step.max(1));
    has.saturating_add(more.saturating_mul(step.max(1)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_added_in_whole_steps() {
        assert_eq!(in_steps(1024, 1500, 128), 1536);
        assert_eq!(in_steps(1024, 1536, 128), 1536);
        assert_eq!(in_steps(1020, 1024, 0), 1024);
    }
}
