//! Settings of machines: name, memory, vCPUs, description, whether they start by themselves.

use uuid::Uuid;
use virt_core::domain::{ConfigScope, DomainName, MetadataItem, VcpuOptions};
use virt_core::model::ByteSize;
use virt_core::{CallContext, Error, ErrorKind, Result};

use super::{EsxDriver, not_valid};
use crate::inventory::{Machine, escaped};
use crate::property;
use crate::vim::{
    AutoStartDefaults, AutoStartPowerInfo, AutoStartWaitHeartbeatSetting, HostAutoStartManagerConfig,
    ManagedObjectReference, ReconfigVmTask, ReconfigureAutostart, RenameTask, UnregisterVm,
    VirtualMachineConfigSpec,
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
    async fn reconfigure(
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
        let megabytes = i64::try_from(mib).ok().filter(|mib| *mib > 0);
        let megabytes =
            megabytes.ok_or_else(|| Error::new(ErrorKind::InvalidArgument, "a domain has some memory"))?;
        let spec = VirtualMachineConfigSpec {
            memory_mb: Some(megabytes),
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
        let wanted = i32::try_from(count).ok().filter(|count| *count > 0);
        let wanted = wanted.ok_or_else(|| {
            Error::new(
                ErrorKind::InvalidArgument,
                format!("{count} vCPUs are no number of vCPUs"),
            )
        })?;
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

    pub(super) async fn set_start_by_itself(
        &self,
        call: &CallContext,
        domain: Uuid,
        autostart: bool,
    ) -> Result<()> {
        let (reference, machine) = self.to_change(domain)?;
        let host = machine.host.ok_or_else(|| {
            Error::new(
                ErrorKind::InvalidState,
                "the machine is on no host that is connected",
            )
        })?;
        let manager = self.manager_of_host(call, &host, "autoStartManager").await?;
        let defaults = if autostart {
            self.defaults_that_count(call, &manager, &reference).await?
        } else {
            None
        };
        let info = AutoStartPowerInfo {
            key: reference.clone(),
            start_order: -1,
            start_delay: -1,
            wait_for_heartbeat: AutoStartWaitHeartbeatSetting::SystemDefault,
            start_action: if autostart { "powerOn" } else { "none" }.to_owned(),
            stop_delay: -1,
            stop_action: "none".to_owned(),
        };
        let change = ReconfigureAutostart {
            this: manager,
            spec: HostAutoStartManagerConfig {
                defaults,
                power_info: vec![info],
            },
        };
        self.server.act(call, &change).await?;
        self.server
            .inventory
            .until_starter(call, &reference, autostart)
            .await;
        Ok(())
    }
}

impl EsxDriver {
    /// What has to be set of a host for any machine of it to start by itself: nothing, where that is so. Where others would
    /// begin to start by that, it is refused.
    async fn defaults_that_count(
        &self,
        call: &CallContext,
        manager: &ManagedObjectReference,
        machine: &ManagedObjectReference,
    ) -> Result<Option<AutoStartDefaults>> {
        let mut read = property::of_object(&self.server.session, call, manager, &["config"]).await?;
        let config = read.remove("config").and_then(|config| config.read().ok());
        let config: HostAutoStartManagerConfig = config.unwrap_or_default();
        let defaults = config.defaults.unwrap_or_default();
        if defaults.enabled == Some(true) {
            return Ok(None);
        }
        let is_other = |info: &&AutoStartPowerInfo| info.start_action == "powerOn" && info.key != *machine;
        let others = config.power_info.iter().filter(is_other).count();
        if others > 0 {
            let message = format!(
                "machines do not start by themselves on this host, and {others} others would begin to: see to those first, \
                 and switch it on there"
            );
            return Err(Error::new(ErrorKind::InvalidState, message));
        }
        Ok(Some(AutoStartDefaults {
            enabled: Some(true),
            ..defaults
        }))
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
