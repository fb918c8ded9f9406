//! What of a document this driver understands: everything else is refused by name, nothing is ignored.

mod address;
mod controller;
pub(crate) mod disk;
mod paths;

use virt_core::Result;
use virt_core::model::DomainConfig;
use virt_core::model::domain::devices::{Devices, InterfaceType};
use virt_core::xml::FoundKind;

use super::refusal;

/// Refuses the first element or attribute that would have no effect.
pub(super) fn check(config: &DomainConfig) -> Result<()> {
    kinds(config)?;
    for found in config.present() {
        if found.kind == FoundKind::Text && found.known {
            continue;
        }
        if paths::is_supported(&found.schema_path) {
            continue;
        }
        let position = found
            .position
            .map(|position| format!(" ({position})"))
            .unwrap_or_default();
        let error = format!(
            "<{}> is not supported by this driver yet; leave it out{position}",
            last(&found.schema_path)
        );
        return Err(refusal::unsupported(found.path, error));
    }
    Ok(())
}

/// Refuses devices of another kind by their kind, not by the first detail that goes with it.
fn kinds(config: &DomainConfig) -> Result<()> {
    let Some(devices) = &config.devices else {
        return Ok(());
    };
    for (index, interface) in devices.interfaces.iter().enumerate() {
        if let Some(kind) = interface
            .kind
            .as_ref()
            .filter(|kind| **kind != InterfaceType::User)
        {
            return Err(refusal::unsupported(
                format!("{}/@type", refusal::device("interface", index)),
                format!("interfaces of type {kind} are not supported yet; choose \"user\""),
            ));
        }
    }
    for (index, one) in devices.disks.iter().enumerate() {
        disk::check_kind(one, &refusal::device("disk", index))?;
    }
    for (index, one) in devices.controllers.iter().enumerate() {
        controller::check(one, &refusal::device("controller", index))?;
    }
    address::check(devices)?;
    aliases(devices)
}

fn aliases(devices: &Devices) -> Result<()> {
    let mut seen = Vec::new();
    macro_rules! list {
        ($($name:literal: $field:ident),+) => { $(
            for (index, one) in devices.$field.iter().enumerate() {
                address::check_alias(one.alias.as_ref(), &refusal::device($name, index), &mut seen)?;
            }
        )+ };
    }
    list!(
        "disk": disks, "controller": controllers, "interface": interfaces, "serial": serials, "channel": channels,
        "watchdog": watchdogs, "memballoon": memballoon, "rng": rngs, "panic": panics
    );
    // The first console is the first serial port and has its name.
    for (index, one) in devices.consoles.iter().enumerate().skip(1) {
        address::check_alias(one.alias.as_ref(), &refusal::device("console", index), &mut seen)?;
    }
    Ok(())
}

fn last(schema_path: &str) -> String {
    let element = schema_path.rsplit('/').next().unwrap_or(schema_path);
    match element.split_once('@') {
        Some((element, attribute)) => format!("{element} {attribute}=…"),
        None => element.to_owned(),
    }
}
