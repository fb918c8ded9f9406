//! Serial and parallel ports, and the console on the first serial port.

use virt_core::Result;
use virt_core::model::DomainConfig;
use virt_core::model::domain::devices::{
    ChardevProtocol, ChardevSource, ChardevTarget, ChardevType, Console, Parallel, Serial,
};

use super::super::problem::{unsupported_key, wrong_key};
use super::source::Source;

/// What is at the other end of a port.
struct End {
    kind: ChardevType,
    source: Option<ChardevSource>,
    protocol: Option<&'static str>,
}

pub(super) fn read(source: &Source<'_>, domain: &mut DomainConfig) -> Result<()> {
    for number in 0..4 {
        if let Some(end) = source.device(|| read_end(source, &format!("serial{number}"), Port::Serial))? {
            let mut serial = Serial::default();
            serial.protocol = end.protocol.map(protocol);
            serial.kind = Some(end.kind);
            serial.sources = end.source.into_iter().collect();
            serial.target = Some(target(number));
            domain.devices_mut().serials.push(serial);
        }
    }
    for number in 0..3 {
        if let Some(end) = source.device(|| read_end(source, &format!("parallel{number}"), Port::Parallel))? {
            let mut parallel = Parallel::default();
            parallel.kind = Some(end.kind);
            parallel.sources = end.source.into_iter().collect();
            parallel.target = Some(target(number));
            domain.devices_mut().parallels.push(parallel);
        }
    }
    let devices = domain.devices_mut();
    if let Some(first) = devices.serials.first() {
        let mut console = Console::default();
        console.kind.clone_from(&first.kind);
        console.sources.clone_from(&first.sources);
        console.protocol.clone_from(&first.protocol);
        let mut place = target(0);
        place.kind = Some("serial".to_owned());
        console.target = Some(place);
        devices.consoles.push(console);
    }
    Ok(())
}

fn target(number: u32) -> ChardevTarget {
    let mut target = ChardevTarget::default();
    target.port = Some(number.to_string());
    target
}

fn protocol(kind: &str) -> ChardevProtocol {
    let mut protocol = ChardevProtocol::default();
    protocol.kind = Some(kind.to_owned());
    protocol
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Port {
    Serial,
    Parallel,
}

fn read_end(source: &Source<'_>, device: &str, port: Port) -> Result<Option<End>> {
    if !source.is_present(device)? {
        return Ok(None);
    }
    let key = |name: &str| format!("{device}.{name}");
    source.flag(&key("startConnected"))?;
    let name = source.text(&key("fileName"));
    // VMware leaves out the type of a new serial port on a device.
    let said = match port {
        Port::Serial => source
            .text(&key("fileType"))
            .unwrap_or_else(|| "device".to_owned()),
        Port::Parallel => source.needed(&key("fileType"))?,
    };
    let of_path = |kind: ChardevType, path: Option<String>| {
        let mut end = ChardevSource::default();
        end.path = path;
        End {
            kind,
            source: Some(end),
            protocol: None,
        }
    };
    let end = match (said.to_ascii_lowercase().as_str(), port) {
        ("device", _) => of_path(ChardevType::Dev, name),
        ("file", _) => {
            let name = source.needed(&key("fileName"))?;
            of_path(ChardevType::File, Some(source.options.files.path(&name)?))
        }
        ("pipe", Port::Serial) => of_path(ChardevType::Pipe, name),
        ("network", Port::Serial) => read_network(source, device, name)?,
        _ => {
            let kinds = match port {
                Port::Serial => "device, file, pipe, network",
                Port::Parallel => "device, file",
            };
            let text = format!("{said:?} is none of {kinds}");
            return Err(unsupported_key(&key("fileType"), text));
        }
    };
    Ok(Some(end))
}

/// A connection. One through a proxy, or to nowhere, is none that a domain can have.
fn read_network(source: &Source<'_>, device: &str, name: Option<String>) -> Result<End> {
    let key = |name: &str| format!("{device}.{name}");
    let name = name.filter(|name| !name.is_empty());
    let (Some(name), None) = (name, source.raw(&key("vspc"))) else {
        return Ok(End {
            kind: ChardevType::Null,
            source: None,
            protocol: None,
        });
    };
    let bad = |text: &str| wrong_key(&key("fileName"), format!("{name:?} {text}"));
    let (scheme, rest) = name.split_once("://").ok_or_else(|| bad("is no URI"))?;
    let protocol = match scheme.to_ascii_lowercase().as_str() {
        "tcp" | "tcp4" | "tcp6" => "raw",
        "telnet" => "telnet",
        "telnets" => "telnets",
        "ssl" | "tcp+ssl" | "tcp4+ssl" | "tcp6+ssl" => "tls",
        _ => {
            return Err(unsupported_key(
                &key("fileName"),
                format!("the scheme {scheme:?} is not known"),
            ));
        }
    };
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let authority = rest.get(..end).unwrap_or(rest);
    let authority = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let (host, port) = authority.rsplit_once(':').ok_or_else(|| bad("has no port"))?;
    let port: u16 = port.parse().map_err(|_| bad("has no port"))?;
    if port == 0 {
        return Err(bad("has no port"));
    }
    let host = host
        .strip_prefix('[')
        .and_then(|host| host.strip_suffix(']'))
        .unwrap_or(host);
    let mode = match source.raw(&key("network.endPoint")) {
        None => "bind",
        Some(end) if end.eq_ignore_ascii_case("server") => "bind",
        Some(end) if end.eq_ignore_ascii_case("client") => "connect",
        Some(other) => {
            let text = format!("{other:?} is neither server nor client");
            return Err(wrong_key(&key("network.endPoint"), text));
        }
    };
    let mut end = ChardevSource::default();
    end.mode = Some(mode.to_owned());
    end.host = Some(host.to_owned()).filter(|host| !host.is_empty());
    end.service = Some(port.to_string());
    Ok(End {
        kind: ChardevType::Tcp,
        source: Some(end),
        protocol: Some(protocol),
    })
}
