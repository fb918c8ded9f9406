//! Serial ports.

use virt_core::Result;
use virt_core::model::DomainConfig;

use super::super::chardev::{self, Chardev};
use super::super::refusal;

pub(super) fn fill(config: &mut DomainConfig) -> Result<()> {
    let serials = &mut config.devices_mut().serials;
    for position in 0..serials.len() {
        let next = serials
            .iter()
            .filter_map(|serial| port(serial.target.as_ref()?.port.as_deref()?))
            .max();
        let path = refusal::device("serial", position);
        let Some(serial) = serials.get_mut(position) else {
            continue;
        };
        Chardev::from(&*serial).check(&path, false)?;
        chardev::forget_run(serial.kind.as_ref(), &mut serial.tty, &mut serial.sources);
        let target = serial.target.get_or_insert_default();
        match target
            .kind
            .get_or_insert_with(|| "isa-serial".to_owned())
            .as_str()
        {
            "isa-serial" => {}
            other => {
                return Err(refusal::unsupported(
                    format!("{path}/target/@type"),
                    format!("serial ports of type {other:?} are not supported yet; choose \"isa-serial\""),
                ));
            }
        }
        let model = target
            .model
            .get_or_insert_default()
            .name
            .get_or_insert_with(|| "isa-serial".to_owned());
        if model != "isa-serial" {
            return Err(refusal::unsupported(
                format!("{path}/target/model"),
                format!("{model:?} is no model of an ISA serial port"),
            ));
        }
        let given = target
            .port
            .get_or_insert_with(|| next.map_or(0, |last| last + 1).to_string());
        match port(given) {
            Some(0..=3) => {}
            Some(number) => {
                return Err(refusal::invalid(
                    format!("{path}/target/@port"),
                    format!("port {number}: a machine has the four ISA serial ports 0 to 3"),
                ));
            }
            None => {
                return Err(refusal::invalid(
                    format!("{path}/target/@port"),
                    format!("{given:?} is no number"),
                ));
            }
        }
    }
    unique(config)
}

fn port(text: &str) -> Option<u32> {
    text.parse().ok()
}

fn unique(config: &mut DomainConfig) -> Result<()> {
    let mut seen = Vec::new();
    for (index, serial) in config.devices_mut().serials.iter().enumerate() {
        let number = serial.target.as_ref().and_then(|target| target.port.clone());
        if seen.contains(&number) {
            return Err(refusal::invalid(
                format!("{}/target/@port", refusal::device("serial", index)),
                "the port is used twice",
            ));
        }
        seen.push(number);
    }
    Ok(())
}
