//! Watchdogs.

use virt_core::Result;
use virt_core::model::DomainConfig;
use virt_core::model::domain::devices::WatchdogAction;

use super::super::machine::MachineFamily;
use super::super::refusal;

pub(super) fn fill(config: &mut DomainConfig, family: MachineFamily) -> Result<()> {
    let watchdogs = &mut config.devices_mut().watchdogs;
    let mut action = None;
    for (index, watchdog) in watchdogs.iter_mut().enumerate() {
        let path = refusal::device("watchdog", index);
        match watchdog.model.as_deref() {
            Some("i6300esb" | "ib700") => {}
            Some("itco") if family == MachineFamily::Q35 => {}
            Some("itco") => return Err(refusal::invalid(path, "the itco watchdog is part of q35")),
            Some(other) => {
                return Err(refusal::unsupported(
                    path,
                    format!("watchdog model {other:?} is not supported; choose \"i6300esb\""),
                ));
            }
            None => return Err(refusal::invalid(path, "a watchdog needs a model")),
        }
        let chosen = watchdog.action.get_or_insert(WatchdogAction::Reset);
        if let WatchdogAction::Unknown(other) = chosen {
            return Err(refusal::unsupported(
                format!("{path}/@action"),
                format!("watchdog action {other:?} is not known"),
            ));
        }
        if action.get_or_insert_with(|| chosen.clone()) != chosen {
            return Err(refusal::invalid(
                format!("{path}/@action"),
                "all watchdogs of a guest share one action",
            ));
        }
    }
    Ok(())
}
