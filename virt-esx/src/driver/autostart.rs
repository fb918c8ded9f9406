//! Whether machines start by themselves, with their host.

use uuid::Uuid;
use virt_core::{CallContext, Error, ErrorKind, Outcome, Result};

use super::{EsxDriver, not_valid};
use crate::inventory::does_start;
use crate::property;
use crate::vim::{
    AutoStartDefaults, AutoStartPowerInfo, AutoStartWaitHeartbeatSetting, HostAutoStartManagerConfig,
    ManagedObjectReference, ReconfigureAutostart,
};

impl EsxDriver {
    pub(super) async fn set_start_by_itself(
        &self,
        call: &CallContext,
        domain: Uuid,
        autostart: bool,
    ) -> Result<()> {
        let (reference, machine) = self.to_change(domain)?;
        let Some(host) = machine.host.clone() else {
            return Err(not_valid(&machine, "it is on no host that is connected"));
        };
        let manager = self.manager_of_host(call, &host, "autoStartManager").await?;
        let config = self.autostart_config(call, &manager).await?;
        let is_on = config
            .defaults
            .as_ref()
            .is_some_and(|defaults| defaults.enabled == Some(true));
        let starts = is_on
            && config
                .power_info
                .iter()
                .any(|info| info.key == reference && does_start(info));
        if starts == autostart {
            self.server.inventory.starts_with(&host, &config);
            // Where a host starts none, one that is not to start may have been meant to before.
            if autostart || !has_entry(&config, &reference) {
                return Ok(());
            }
        }
        let defaults = if autostart && !is_on {
            Some(switched_on(&config, &reference)?)
        } else {
            None
        };
        let change = ReconfigureAutostart {
            this: manager.clone(),
            spec: HostAutoStartManagerConfig {
                defaults,
                power_info: vec![entry(reference.clone(), autostart)],
            },
        };
        self.server.act(call, &change).await?;
        // The method says nothing of what came of it.
        let config = self.autostart_config(call, &manager).await;
        let config = config.map_err(|error| error.with_outcome(Outcome::Unknown))?;
        self.server.inventory.starts_with(&host, &config);
        let info = self.server.inventory.info(domain)?;
        if info.autostart != autostart {
            let message = "the host has taken the change, and its configuration is as it was: a cluster with high \
                           availability starts its machines itself";
            return Err(Error::new(ErrorKind::Failed, message).with_outcome(Outcome::NotApplied));
        }
        Ok(())
    }

    async fn autostart_config(
        &self,
        call: &CallContext,
        manager: &ManagedObjectReference,
    ) -> Result<HostAutoStartManagerConfig> {
        let mut read = property::of_object(&self.server.session, call, manager, &["config"]).await?;
        let config = read.remove("config").and_then(|config| config.read().ok());
        // What it may not tell is not as if there were nothing: others might begin to start.
        config.ok_or_else(|| {
            let message = "the host does not say which machines start by themselves";
            Error::new(ErrorKind::InvalidState, message)
        })
    }
}

fn has_entry(config: &HostAutoStartManagerConfig, machine: &ManagedObjectReference) -> bool {
    let mut infos = config.power_info.iter();
    infos.any(|info| info.key == *machine && does_start(info))
}

/// The defaults of a host that starts machines from now on. Where others would begin to start by that, it is refused.
fn switched_on(
    config: &HostAutoStartManagerConfig,
    machine: &ManagedObjectReference,
) -> Result<AutoStartDefaults> {
    let is_other = |info: &&AutoStartPowerInfo| does_start(info) && info.key != *machine;
    let others = config.power_info.iter().filter(is_other).count();
    if others > 0 {
        let message = format!(
            "machines do not start by themselves on this host, and {others} others would begin to: see to those first, \
             and switch it on there"
        );
        return Err(Error::new(ErrorKind::InvalidState, message));
    }
    Ok(AutoStartDefaults {
        enabled: Some(true),
        ..config.defaults.clone().unwrap_or_default()
    })
}

/// What of a machine is to be done when its host comes up.
fn entry(machine: ManagedObjectReference, autostart: bool) -> AutoStartPowerInfo {
    AutoStartPowerInfo {
        key: machine,
        start_order: -1,
        start_delay: -1,
        wait_for_heartbeat: AutoStartWaitHeartbeatSetting::SystemDefault,
        start_action: if autostart { "powerOn" } else { "none" }.to_owned(),
        stop_delay: -1,
        stop_action: "none".to_owned(),
    }
}
