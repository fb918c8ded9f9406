//! Which PCI controllers are plugged into which.

use super::at::{At, Checked};
use crate::model::domain::devices::{AddressType, Controller, ControllerType, Devices};

pub(super) fn check(devices: &Devices) -> Checked {
    let controllers = &devices.controllers;
    for (index, controller) in controllers.iter().enumerate() {
        let at = At::nth("/domain/devices/controller", index, &controller.rest);
        let Some(model) = pci_model(controller) else {
            continue;
        };
        let address = controller.address.as_ref();
        let Some(address) = address.filter(|address| address.kind == Some(AddressType::Pci)) else {
            continue;
        };
        let bus = address.bus.unwrap_or_default().value();
        let on_bus =
            |other: &&Controller| pci_model(other).is_some() && other.index.unwrap_or_default() == bus;
        let parent = controllers.iter().find(on_bus).and_then(pci_model);
        let (Some(parent), Some(parents)) = (parent, parents(model)) else {
            continue;
        };
        if !parents.contains(&parent) {
            return Err(at.on(&address.rest).wrong(
                "/address/@bus",
                format!(
                    "a {model} does not go into a {parent}, but into a {}",
                    parents.join(" or a ")
                ),
            ));
        }
    }
    Ok(())
}

fn pci_model(controller: &Controller) -> Option<&str> {
    match controller.kind {
        Some(ControllerType::Pci) => controller.model.as_deref(),
        _ => None,
    }
}

/// What the controllers that fit into few others fit into.
fn parents(model: &str) -> Option<&'static [&'static str]> {
    Some(match model {
        "dmi-to-pci-bridge" => &["pcie-root", "pcie-expander-bus"],
        "pci-expander-bus" => &["pci-root"],
        "pcie-expander-bus" => &["pcie-root"],
        "pcie-root-port" => &["pcie-root", "pcie-expander-bus"],
        "pcie-switch-upstream-port" => &["pcie-root-port", "pcie-switch-downstream-port"],
        "pcie-switch-downstream-port" => &["pcie-switch-upstream-port"],
        _ => return None,
    })
}
