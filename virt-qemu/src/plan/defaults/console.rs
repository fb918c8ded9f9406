//! Consoles: the first one is the first serial port, seen again.

use virt_core::Result;
use virt_core::model::DomainConfig;
use virt_core::model::domain::devices::{ChardevTarget, ChardevTargetModel, Console, Serial};

use super::super::chardev::{self, Chardev};
use super::super::refusal;

pub(super) fn fill(config: &mut DomainConfig) -> Result<()> {
    for (index, console) in config.devices_mut().consoles.iter_mut().enumerate() {
        let path = refusal::device("console", index);
        chardev::forget_run(console.kind.as_ref(), &mut console.tty, &mut console.sources);
        let target = console.target.get_or_insert_default();
        match target.kind.get_or_insert_with(|| "serial".to_owned()).as_str() {
            "serial" | "virtio" => {}
            other => {
                return Err(refusal::unsupported(
                    format!("{path}/target/@type"),
                    format!("consoles of type {other:?} are not supported; choose \"serial\" or \"virtio\""),
                ));
            }
        }
        Chardev::from(&*console).check(&path, false)?;
    }
    pair(config)?;
    for (index, console) in config.devices_mut().consoles.iter_mut().enumerate() {
        console.target.get_or_insert_default().port = Some(index.to_string());
    }
    Ok(())
}

/// Makes the first serial port and the first console one thing.
fn pair(config: &mut DomainConfig) -> Result<()> {
    let devices = config.devices_mut();
    let first_is_serial = devices.consoles.first().is_some_and(is_serial);
    if devices
        .consoles
        .iter()
        .skip(usize::from(first_is_serial))
        .any(is_serial)
    {
        return Err(refusal::unsupported(
            "/domain/devices/console",
            "only the first console can be a serial port; choose type \"virtio\" for others",
        ));
    }
    if devices.serials.is_empty() {
        if !first_is_serial {
            return Ok(());
        }
        let Some(console) = devices.consoles.first() else {
            return Ok(());
        };
        devices.serials.push(serial_of(console));
    }
    let Some(serial) = devices.serials.first() else {
        return Ok(());
    };
    let console = console_of(serial);
    match devices.consoles.first_mut() {
        Some(first) if first_is_serial => *first = console,
        _ => devices.consoles.insert(0, console),
    }
    Ok(())
}

fn is_serial(console: &Console) -> bool {
    console
        .target
        .as_ref()
        .is_some_and(|target| target.kind.as_deref() == Some("serial"))
}

fn serial_of(console: &Console) -> Serial {
    let mut model = ChardevTargetModel::default();
    model.name = Some("isa-serial".to_owned());
    let mut target = ChardevTarget::default();
    target.kind = Some("isa-serial".to_owned());
    target.port = Some("0".to_owned());
    target.model = Some(model);
    let mut serial = Serial::default();
    serial.kind.clone_from(&console.kind);
    serial.sources.clone_from(&console.sources);
    serial.protocol.clone_from(&console.protocol);
    serial.log.clone_from(&console.log);
    serial.alias.clone_from(&console.alias);
    serial.target = Some(target);
    serial
}

/// How the first serial port looks as a console.
pub(crate) fn console_of(serial: &Serial) -> Console {
    let mut target = ChardevTarget::default();
    target.kind = Some("serial".to_owned());
    target.port = Some("0".to_owned());
    let mut console = Console::default();
    console.kind.clone_from(&serial.kind);
    console.tty.clone_from(&serial.tty);
    console.sources.clone_from(&serial.sources);
    console.protocol.clone_from(&serial.protocol);
    console.log.clone_from(&serial.log);
    console.alias.clone_from(&serial.alias);
    console.address.clone_from(&serial.address);
    console.target = Some(target);
    console
}
