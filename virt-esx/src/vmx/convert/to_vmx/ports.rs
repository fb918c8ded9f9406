//! Serial and parallel ports.

use virt_core::Result;
use virt_core::model::domain::devices::{
    ChardevProtocol, ChardevSource, ChardevTarget, ChardevType, Console, Devices, Serial,
};

use super::super::lines::Lines;
use super::super::problem::{invalid, unsupported};
use super::Context;

pub(super) fn write(devices: &Devices, context: &Context<'_>, out: &mut Lines) -> Result<()> {
    let console = devices.consoles.first().filter(|_| devices.serials.is_empty());
    let of_console = console.map(serial_of);
    let mut next = 0;
    for serial in devices.serials.iter().chain(&of_console) {
        let number = number(serial.target.as_ref(), &mut next, 4, "serial")?;
        let device = format!("serial{number}");
        check_is_free(&device, "serial", out)?;
        if serial.log.is_some() {
            let text = "what comes out of a port is not logged beside";
            return Err(unsupported("/domain/devices/serial/log", text));
        }
        write_serial(serial, &device, context, out)?;
        out.add_flag(format!("{device}.yieldOnMsrRead"), true);
    }
    let mut next = 0;
    for parallel in &devices.parallels {
        let number = number(parallel.target.as_ref(), &mut next, 3, "parallel")?;
        let device = format!("parallel{number}");
        check_is_free(&device, "parallel", out)?;
        out.add_flag(format!("{device}.present"), true);
        let end = parallel.sources.first();
        match &parallel.kind {
            Some(ChardevType::Dev) => write_path("device", end, &device, out),
            Some(ChardevType::File) => write_file(end, &device, "parallel", context, out)?,
            kind => return Err(bad_kind("parallel", kind.as_ref(), "dev and file")),
        }
    }
    check_consoles(devices)
}

/// The number of a port, or the one behind the last.
fn number(target: Option<&ChardevTarget>, next: &mut u32, most: u32, name: &str) -> Result<u32> {
    let said = target.and_then(|target| target.port.as_deref());
    let number = match said {
        Some(said) => said.trim().parse().ok(),
        None => Some(*next),
    };
    let Some(number) = number.filter(|number| *number < most) else {
        let text = format!("a machine has {name} ports 0 to {}", most - 1);
        return Err(unsupported(format!("/domain/devices/{name}/target/@port"), text));
    };
    *next = number + 1;
    Ok(number)
}

/// Refuses a second port of one number: it would take the place of the first.
fn check_is_free(device: &str, name: &str, out: &Lines) -> Result<()> {
    match out.is_present(device) {
        true => Err(invalid(
            format!("/domain/devices/{name}/target/@port"),
            format!("two ports are {device}"),
        )),
        false => Ok(()),
    }
}

/// A console without a serial port is one.
fn serial_of(console: &Console) -> Serial {
    let mut serial = Serial::default();
    serial.kind.clone_from(&console.kind);
    serial.sources.clone_from(&console.sources);
    serial.protocol.clone_from(&console.protocol);
    serial.log.clone_from(&console.log);
    serial
}

/// The console of a machine is its first serial port.
fn check_consoles(devices: &Devices) -> Result<()> {
    let place = "/domain/devices/console";
    if devices.consoles.len() > 1 {
        let text = "the console is the first serial port: say <serial> for others";
        return Err(unsupported(format!("{place}[2]"), text));
    }
    let kind = devices
        .consoles
        .first()
        .and_then(|console| console.target.as_ref()?.kind.as_deref());
    match kind {
        None | Some("serial") => Ok(()),
        Some(kind) => {
            let text = format!("the console is a serial port, not {kind}");
            Err(unsupported(format!("{place}/target/@type"), text))
        }
    }
}

fn write_serial(serial: &Serial, device: &str, context: &Context<'_>, out: &mut Lines) -> Result<()> {
    let key = |name: &str| format!("{device}.{name}");
    out.add_flag(key("present"), true);
    let end = serial.sources.first();
    match &serial.kind {
        Some(ChardevType::Dev) => write_path("device", end, device, out),
        Some(ChardevType::File) => write_file(end, device, "serial", context, out)?,
        Some(ChardevType::Pipe) => {
            out.add(key("fileType"), "pipe");
            out.add(key("pipe.endPoint"), "client");
            out.add_flag(key("tryNoRxLoss"), false);
            if let Some(path) = end.and_then(|end| end.path.as_deref()) {
                out.add_text(key("fileName"), path);
            }
        }
        Some(ChardevType::Tcp) => write_network(end, serial.protocol.as_ref(), device, out)?,
        Some(ChardevType::Null) => {
            out.add(key("fileType"), "network");
            out.add(key("fileName"), "");
        }
        kind => return Err(bad_kind("serial", kind.as_ref(), "dev, file, pipe, tcp and null")),
    }
    Ok(())
}

fn bad_kind(name: &str, kind: Option<&ChardevType>, known: &str) -> virt_core::Error {
    let kind = kind.map_or("pty", |kind| kind.as_str());
    unsupported(
        format!("/domain/devices/{name}/@type"),
        format!("the other end is one of {known}, not {kind}"),
    )
}

fn write_path(kind: &str, end: Option<&ChardevSource>, device: &str, out: &mut Lines) {
    out.add(format!("{device}.fileType"), kind);
    if let Some(path) = end.and_then(|end| end.path.as_deref()) {
        out.add_text(format!("{device}.fileName"), path);
    }
}

fn write_file(
    end: Option<&ChardevSource>,
    device: &str,
    element: &str,
    context: &Context<'_>,
    out: &mut Lines,
) -> Result<()> {
    let place = format!("/domain/devices/{element}/source/@path");
    let path = end.and_then(|end| end.path.as_deref());
    let path = path.ok_or_else(|| invalid(place, "it is missing"))?;
    out.add(format!("{device}.fileType"), "file");
    out.add_text(format!("{device}.fileName"), &context.files.name(path)?);
    Ok(())
}

fn write_network(
    end: Option<&ChardevSource>,
    protocol: Option<&ChardevProtocol>,
    device: &str,
    out: &mut Lines,
) -> Result<()> {
    let place = |name: &str| format!("/domain/devices/serial/{name}");
    let scheme = match protocol.and_then(|protocol| protocol.kind.as_deref()) {
        None | Some("raw") => "tcp",
        Some("telnet") => "telnet",
        Some("telnets") => "telnets",
        Some("tls") => "ssl",
        Some(other) => {
            let text = format!("protocols are raw, telnet, telnets and tls, not {other}");
            return Err(unsupported(place("protocol/@type"), text));
        }
    };
    let service = end.and_then(|end| end.service.as_deref());
    let service = service.ok_or_else(|| invalid(place("source/@service"), "it is missing"))?;
    let host = end.and_then(|end| end.host.as_deref()).unwrap_or_default();
    // An IPv6 address has colons of its own.
    let host = match host.contains(':') {
        true => format!("[{host}]"),
        false => host.to_owned(),
    };
    let listens = end.is_some_and(|end| end.mode.as_deref() == Some("bind"));
    let key = |name: &str| format!("{device}.{name}");
    out.add(key("fileType"), "network");
    out.add_text(key("fileName"), &format!("{scheme}://{host}:{service}"));
    out.add(key("network.endPoint"), if listens { "server" } else { "client" });
    Ok(())
}
