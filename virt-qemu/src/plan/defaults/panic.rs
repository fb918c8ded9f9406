//! Panic notifiers.

use virt_core::Result;
use virt_core::model::DomainConfig;
use virt_core::model::domain::devices::PanicModel;

use super::super::abilities::Abilities;
use super::super::refusal;

pub(super) fn fill(config: &mut DomainConfig, abilities: &Abilities) -> Result<()> {
    let mut seen = Vec::new();
    for (index, panic) in config.devices_mut().panics.iter_mut().enumerate() {
        let path = refusal::device("panic", index);
        let model = panic.model.get_or_insert(PanicModel::Isa);
        match model {
            PanicModel::Isa => abilities.require("pvpanic")?,
            PanicModel::Pvpanic => abilities.require("pvpanic-pci")?,
            other => {
                let other = other.as_str();
                return Err(refusal::unsupported(
                    path,
                    format!("panic model {other:?} is not supported yet; choose \"isa\" or \"pvpanic\""),
                ));
            }
        }
        if seen.contains(model) {
            return Err(refusal::invalid(
                path,
                "a guest has one panic notifier of each model",
            ));
        }
        seen.push(model.clone());
    }
    Ok(())
}
