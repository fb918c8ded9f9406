//! Numbers of serial and parallel ports and consoles, and the console that is the other side of a serial port.

use crate::model::domain::devices::{ChardevTarget, Console, Devices, Serial};

pub(super) fn fill(devices: &mut Devices, is_machine: bool) {
    if is_machine {
        pair_console(devices);
    }
    number(devices.serials.iter_mut().map(|port| &mut port.target));
    number(devices.parallels.iter_mut().map(|port| &mut port.target));
    number(devices.consoles.iter_mut().map(|port| &mut port.target));
    if is_machine {
        for console in &mut devices.consoles {
            if let Some(target) = &mut console.target {
                target.kind.get_or_insert_with(|| "serial".to_owned());
            }
        }
    }
}

/// The first console of a machine is its first serial port, and the other way round.
fn pair_console(devices: &mut Devices) {
    let is_serial = |console: &Console| {
        let kind = console.target.as_ref().and_then(|target| target.kind.as_deref());
        matches!(kind, None | Some("serial"))
    };
    match (devices.serials.first(), devices.consoles.first()) {
        (Some(serial), console) if has_console(serial) && !console.is_some_and(is_serial) => {
            let stub = Console {
                kind: serial.kind.clone(),
                tty: serial.tty.clone(),
                sources: serial.sources.clone(),
                protocol: serial.protocol.clone(),
                log: serial.log.clone(),
                target: Some(target("serial")),
                alias: serial.alias.clone(),
                ..Console::default()
            };
            devices.consoles.insert(0, stub);
        }
        (None, Some(console)) if is_serial(console) => devices.serials.push(Serial {
            kind: console.kind.clone(),
            tty: console.tty.clone(),
            sources: console.sources.clone(),
            protocol: console.protocol.clone(),
            log: console.log.clone(),
            alias: console.alias.clone(),
            ..Serial::default()
        }),
        _ => {}
    }
}

/// Whether a serial port is one that a machine has its console on: none on a bus that comes up late.
fn has_console(serial: &Serial) -> bool {
    let kind = serial.target.as_ref().and_then(|target| target.kind.as_deref());
    !matches!(kind, Some("pci-serial" | "usb-serial" | "isa-debug"))
}

fn target(kind: &str) -> ChardevTarget {
    ChardevTarget {
        kind: Some(kind.to_owned()),
        ..ChardevTarget::default()
    }
}

/// Gives each port without a number the one after the greatest before it.
fn number<'d>(targets: impl Iterator<Item = &'d mut Option<ChardevTarget>>) {
    let mut next = 0_u32;
    for target in targets {
        let target = target.get_or_insert_default();
        let said = target.port.as_deref().and_then(|port| port.parse::<u32>().ok());
        let own = said.unwrap_or(next);
        if target.port.is_none() {
            target.port = Some(own.to_string());
        }
        next = next.max(own.saturating_add(1));
    }
}
