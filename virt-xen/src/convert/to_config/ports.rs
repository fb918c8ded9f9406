//! Serial and parallel ports, and channels.

use virt_core::Result;
use virt_core::model::DomainConfig;
use virt_core::model::domain::devices::{ChardevTarget, ChardevType, Serial};

use super::super::chardev;
use super::super::made::Made;
use super::super::problem::{invalid, unsupported};
use super::super::words::Kind;
use super::is_machine;
use crate::config_file::Value;

/// The string of a serial port.
pub(in super::super) fn serial_text(number: usize, serial: &Serial, no_service: &str) -> Result<String> {
    let place = format!("/domain/devices/serial[{}]", number + 1);
    let protocol = serial.protocol.as_ref();
    chardev::write(
        &place,
        serial.kind.as_ref(),
        &serial.sources,
        protocol,
        no_service,
    )
}

fn number(target: Option<&ChardevTarget>) -> usize {
    let port = target.and_then(|target| target.port.as_deref());
    port.and_then(|port| port.parse().ok()).unwrap_or(0)
}

/// More serial ports than any device model has.
pub(in super::super) const MOST_PORTS: usize = 256;

pub(super) fn write(domain: &DomainConfig, kind: Kind, is_xl: bool, out: &mut Made) -> Result<()> {
    let Some(devices) = &domain.devices else {
        return Ok(());
    };
    if !is_machine(kind) {
        let ports = [
            (!devices.serials.is_empty(), "serial"),
            (!devices.parallels.is_empty(), "parallel"),
        ];
        return match ports.into_iter().find(|(is_there, _)| *is_there) {
            Some((_, name)) => {
                let text = "a paravirtual guest has a console, and no ports";
                Err(unsupported(format!("/domain/devices/{name}"), text))
            }
            None => Ok(()),
        };
    }
    match devices.parallels.as_slice() {
        [] => out.add("parallel", "none"),
        [port] => {
            let place = "/domain/devices/parallel";
            let protocol = port.protocol.as_ref();
            let text = chardev::write(place, port.kind.as_ref(), &port.sources, protocol, "")?;
            out.add("parallel", text);
        }
        _ => {
            let text = "a guest of Xen has one parallel port";
            return Err(unsupported("/domain/devices/parallel[2]", text));
        }
    }
    match devices.serials.as_slice() {
        [] => out.add("serial", "none"),
        [serial] if number(serial.target.as_ref()) == 0 => out.add("serial", serial_text(0, serial, "")?),
        _ if !is_xl => {
            let text = "xm has one serial port, of number 0";
            return Err(unsupported("/domain/devices/serial", text));
        }
        serials => {
            let last = serials
                .iter()
                .map(|serial| number(serial.target.as_ref()))
                .max()
                .unwrap_or(0);
            if last >= MOST_PORTS {
                let text = format!("there is no serial port of number {last}");
                return Err(invalid("/domain/devices/serial/target/@port", text));
            }
            let mut texts = vec!["none".to_owned(); last + 1];
            // Of two of one number the first one counts, as in libvirt; here the second is refused.
            for (place, serial) in serials.iter().enumerate() {
                let text = serial_text(place, serial, "")?;
                let number = number(serial.target.as_ref());
                match texts.get_mut(number) {
                    Some(slot) if slot == "none" => *slot = text,
                    _ => {
                        let text = format!("there are two serial ports of number {number}");
                        return Err(invalid("/domain/devices/serial/target/@port", text));
                    }
                }
            }
            out.add("serial", Value::texts(texts));
        }
    }
    Ok(())
}

pub(super) fn write_channels(domain: &DomainConfig, out: &mut Made) -> Result<()> {
    let channels = domain.devices.iter().flat_map(|devices| &devices.channels);
    let mut list = Vec::new();
    for (number, channel) in channels.enumerate() {
        let place = format!("/domain/devices/channel[{}]", number + 1);
        let target = channel.target.as_ref();
        if target.and_then(|target| target.kind.as_deref()) != Some("xen") {
            let text = "channels of Xen have a target of type xen";
            return Err(unsupported(format!("{place}/target/@type"), text));
        }
        let name = target
            .and_then(|target| target.name.as_deref())
            .unwrap_or_default();
        if name.is_empty() || name.contains(',') {
            let text = format!("{name:?} is no name of a channel");
            return Err(invalid(format!("{place}/target/@name"), text));
        }
        let connection = match &channel.kind {
            None | Some(ChardevType::Pty) => "pty".to_owned(),
            Some(ChardevType::Unix) => {
                let path = channel.sources.iter().find_map(|source| source.path.as_deref());
                if path.is_some_and(|path| path.contains(',')) {
                    let text = "the path has a comma, which ends a part of channel";
                    return Err(unsupported(format!("{place}/source/@path"), text));
                }
                path.map_or_else(|| "socket".to_owned(), |path| format!("socket,path={path}"))
            }
            Some(kind) => {
                let text = format!("channels of Xen are pty or unix, not {kind}");
                return Err(unsupported(format!("{place}/@type"), text));
            }
        };
        list.push(format!("connection={connection},name={name}"));
    }
    out.add_list("channel", list);
    Ok(())
}
