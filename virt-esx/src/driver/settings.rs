//! Settings of machines: name, memory, vCPUs, description.

use uuid::Uuid;
use virt_core::domain::{ConfigScope, DomainName, MetadataItem, VcpuOptions};
use virt_core::model::ByteSize;
use virt_core::{CallContext, Error, ErrorKind, Result};

use super::{EsxDriver, not_valid};
use crate::inventory::{Machine, escaped};
use crate::vim::{
    ManagedObjectReference, ReconfigVmTask, RenameTask, UnregisterVm, VirtualMachineConfigSpec,
};

impl EsxDriver {
    pub(super) async fn rename_machine(
        &self,
        call: &CallContext,
        domain: Uuid,
        name: &DomainName,
    ) -> Result<()> {
        let (reference, machine) = self.to_change(domain)?;
        if machine.is_active() {
            return Err(not_valid(&machine, "end it first"));
        }
        if machine.name == name.as_str() {
            return Ok(());
        }
        if self.server.inventory.has_name(name.as_str()) {
            let message = format!("a domain named {:?} exists already", name.as_str());
            return Err(Error::new(ErrorKind::AlreadyExists, message));
        }
        let rename = RenameTask {
            this: reference.clone(),
            new_name: escaped(name.as_str()),
        };
        self.carry_out(call, &rename).await?;
        let is_so = |machine: Option<&Machine>| machine.is_none_or(|machine| machine.name == name.as_str());
        self.server.inventory.until(call, &reference, is_so).await;
        Ok(())
    }

    pub(super) async fn unregister(&self, call: &CallContext, domain: Uuid) -> Result<()> {
        let (reference, machine) = self.to_change(domain)?;
        if machine.is_active() {
            return Err(not_valid(
                &machine,
                "a machine of ESX is registered for as long as it runs: end it first",
            ));
        }
        let forget = UnregisterVm {
            this: reference.clone(),
        };
        self.server.act(call, &forget).await?;
        self.server
            .inventory
            .until(call, &reference, |machine| machine.is_none())
            .await;
        Ok(())
    }

    /// Changes a machine's configuration, and waits until it is seen.
    pub(super) async fn reconfigure(
        &self,
        call: &CallContext,
        reference: &ManagedObjectReference,
        spec: VirtualMachineConfigSpec,
        is_so: impl Fn(&Machine) -> bool,
    ) -> Result<()> {
        let change = ReconfigVmTask {
            this: reference.clone(),
            spec,
        };
        self.answering(call, reference, self.carry_out(call, &change))
            .await?;
        let seen = |machine: Option<&Machine>| machine.is_none_or(&is_so);
        self.server.inventory.until(call, reference, seen).await;
        Ok(())
    }

    pub(super) async fn set_memory_size(
        &self,
        call: &CallContext,
        domain: Uuid,
        size: ByteSize,
        scope: ConfigScope,
    ) -> Result<()> {
        let (reference, machine) = self.to_change(domain)?;
        check_scope(&machine, scope)?;
        // Servers take multiples of 4 MiB only.
        let mib = size.as_bytes().div_ceil(4 << 20).saturating_mul(4);
        if i64::try_from(mib).is_err() || mib == 0 {
            return Err(Error::new(ErrorKind::InvalidArgument, "a domain has some memory"));
        }
        if machine.memory_mib == mib {
            return Ok(());
        }
        let mib = self.memory_to_have(call, &reference, &machine, mib).await?;
        let spec = VirtualMachineConfigSpec {
            memory_mb: i64::try_from(mib).ok(),
            ..VirtualMachineConfigSpec::default()
        };
        self.reconfigure(call, &reference, spec, |machine| machine.memory_mib == mib)
            .await
    }

    pub(super) async fn set_vcpu_count(
        &self,
        call: &CallContext,
        domain: Uuid,
        count: u32,
        options: &VcpuOptions,
    ) -> Result<()> {
        if options.guest {
            return Err(Error::unsupported("ESX does not take vCPUs away within a guest"));
        }
        let (reference, machine) = self.to_change(domain)?;
        check_scope(&machine, options.scope)?;
        if options.maximum && machine.is_active() {
            return Err(not_valid(&machine, "end it to change how many vCPUs it can have"));
        }
        let wanted = i32::try_from(count).ok().filter(|count| *count > 0);
        let wanted = wanted.ok_or_else(|| {
            Error::new(
                ErrorKind::InvalidArgument,
                format!("{count} vCPUs are no number of vCPUs"),
            )
        })?;
        if machine.cpus == count {
            return Ok(());
        }
        self.check_vcpus_can_change(call, &reference, &machine, count)
            .await?;
        let spec = VirtualMachineConfigSpec {
            num_cpus: Some(wanted),
            ..VirtualMachineConfigSpec::default()
        };
        self.reconfigure(call, &reference, spec, |machine| machine.cpus == count)
            .await
    }

    pub(super) async fn set_annotation(
        &self,
        call: &CallContext,
        domain: Uuid,
        item: &MetadataItem,
        scope: ConfigScope,
    ) -> Result<()> {
        let MetadataItem::Description(text) = item else {
            return Err(Error::unsupported(
                "a machine of ESX has a description, and no other metadata",
            ));
        };
        let (reference, machine) = self.to_change(domain)?;
        check_scope(&machine, scope)?;
        let text = text.clone().unwrap_or_default();
        let spec = VirtualMachineConfigSpec {
            annotation: Some(text.clone()),
            ..VirtualMachineConfigSpec::default()
        };
        self.reconfigure(call, &reference, spec, |machine| machine.annotation == text)
            .await
    }
}

/// A machine of ESX has one configuration, which is that of its run as well.
pub(super) fn check_scope(machine: &Machine, scope: ConfigScope) -> Result<()> {
    match scope {
        ConfigScope::Live | ConfigScope::Both if !machine.is_active() => {
            Err(not_valid(machine, "it does not run"))
        }
        ConfigScope::Config if machine.is_active() => Err(Error::unsupported(
            "a machine of ESX that runs has no other configuration for its next start: change the current one",
        )),
        _ => Ok(()),
    }
}
