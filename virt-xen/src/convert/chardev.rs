//! Serial and parallel ports as Xen's device model has them in one string: `pty`, `tcp:HOST:PORT,server,nowait`.

use virt_core::Result;
use virt_core::model::domain::devices::{ChardevProtocol, ChardevSource, ChardevType};

use super::problem::{invalid, unsupported, unsupported_key, wrong_key};

/// The host end of a port.
#[derive(Debug, Default)]
pub(super) struct Port {
    pub(super) kind: Option<ChardevType>,
    pub(super) sources: Vec<ChardevSource>,
    pub(super) protocol: Option<ChardevProtocol>,
}

/// What a string of a key describes.
pub(super) fn read(key: &str, text: &str) -> Result<Port> {
    let mut port = Port::default();
    if text.starts_with('/') {
        port.kind = Some(ChardevType::Dev);
        port.sources.push(with_path(text));
        return Ok(port);
    }
    let (word, rest) = text.split_once(':').unwrap_or((text, text));
    let is_telnet = word.starts_with("telnet");
    let kind = if is_telnet {
        ChardevType::Tcp
    } else {
        ChardevType::from(word)
    };
    let malformed = || wrong_key(key, format!("{text:?} says no address"));
    match kind {
        ChardevType::Pty | ChardevType::Null | ChardevType::Stdio | ChardevType::Vc => {}
        ChardevType::File | ChardevType::Pipe => port.sources.push(with_path(rest)),
        ChardevType::Tcp => {
            let (host, rest) = rest.split_once(':').ok_or_else(malformed)?;
            let (service, options) = rest.split_once(',').unwrap_or((rest, ""));
            let is_server =
                options == "server" || options.starts_with("server,") || options.contains(",server");
            let mode = if is_server { "bind" } else { "connect" };
            port.sources.push(end(mode, host, service));
            let mut protocol = ChardevProtocol::default();
            protocol.kind = Some(if is_telnet { "telnet" } else { "raw" }.to_owned());
            port.protocol = Some(protocol);
        }
        ChardevType::Udp => {
            let (far, near) = match rest.split_once('@') {
                Some((far, near)) => (far, Some(near.split_once(':').ok_or_else(malformed)?)),
                None => (rest, None),
            };
            let (host, service) = far.split_once(':').ok_or_else(malformed)?;
            if let Some((host, service)) = near {
                port.sources.push(end("bind", host, service));
            }
            port.sources.push(end("connect", host, service));
        }
        ChardevType::Unix => {
            let (path, options) = rest.split_once(',').unwrap_or((rest, ""));
            let is_server = options.split(',').any(|option| option == "server");
            let mut source = with_path(path);
            source.mode = Some(if is_server { "bind" } else { "connect" }.to_owned());
            port.sources.push(source);
        }
        _ => {
            let text = format!("{word:?} is no port that domains have: say pty, file:PATH, tcp:HOST:PORT …");
            return Err(unsupported_key(key, text));
        }
    }
    port.kind = Some(kind);
    Ok(port)
}

fn with_path(path: &str) -> ChardevSource {
    let mut source = ChardevSource::default();
    source.path = Some(path.to_owned());
    source
}

fn end(mode: &str, host: &str, service: &str) -> ChardevSource {
    let mut source = ChardevSource::default();
    source.mode = Some(mode.to_owned());
    source.host = Some(host.to_owned()).filter(|host| !host.is_empty());
    source.service = Some(service.to_owned()).filter(|service| !service.is_empty());
    source
}

/// The string of a port.
pub(super) fn write(
    place: &str,
    kind: Option<&ChardevType>,
    sources: &[ChardevSource],
    protocol: Option<&ChardevProtocol>,
    no_service: &str,
) -> Result<String> {
    let path = || {
        sources
            .iter()
            .find_map(|source| source.path.as_deref())
            .unwrap_or_default()
    };
    let is = |source: &&ChardevSource, mode: &str| source.mode.as_deref() == Some(mode);
    let bound = sources.iter().find(|source| is(source, "bind"));
    let connected = sources.iter().find(|source| !is(source, "bind"));
    let server = if bound.is_some() { ",server,nowait" } else { "" };
    let host =
        |source: Option<&ChardevSource>| source.and_then(|source| source.host.clone()).unwrap_or_default();
    let service = |source: Option<&ChardevSource>| source.and_then(|source| source.service.clone());
    let kind = kind.unwrap_or(&ChardevType::Pty);
    if matches!(kind, ChardevType::Tcp | ChardevType::Udp)
        && let Some(host) = sources
            .iter()
            .filter_map(|source| source.host.as_deref())
            .find(|host| host.contains(':'))
    {
        let text = format!("{host:?} has a `:`, which ends a host here: say its name");
        return Err(unsupported(format!("{place}/source/@host"), text));
    }
    if *kind == ChardevType::Unix && path().contains(',') {
        let text = "the path has a comma, which ends it here";
        return Err(unsupported(format!("{place}/source/@path"), text));
    }
    if *kind == ChardevType::Dev && !path().starts_with('/') {
        let text = format!("{:?} is no path of a device: it begins with /", path());
        return Err(invalid(format!("{place}/source/@path"), text));
    }
    Ok(match kind {
        ChardevType::Null | ChardevType::Stdio | ChardevType::Vc | ChardevType::Pty => kind.to_string(),
        ChardevType::File | ChardevType::Pipe => format!("{kind}:{}", path()),
        ChardevType::Dev => path().to_owned(),
        ChardevType::Tcp => {
            let word = match protocol.and_then(|protocol| protocol.kind.as_deref()) {
                None | Some("raw") => "tcp",
                Some("telnet") => "telnet",
                Some(other) => {
                    let text = format!("the protocol is raw or telnet, not {other}");
                    return Err(unsupported(format!("{place}/protocol/@type"), text));
                }
            };
            let source = bound.or(connected);
            let service = service(source).unwrap_or_default();
            format!("{word}:{}:{service}{server}", host(source))
        }
        ChardevType::Udp => {
            let (far, near) = (service(connected), service(bound));
            format!(
                "udp:{}:{}@{}:{}",
                host(connected),
                far.unwrap_or_default(),
                host(bound),
                near.unwrap_or_else(|| no_service.to_owned())
            )
        }
        ChardevType::Unix => format!("unix:{}{server}", path()),
        other => {
            let text = format!("Xen has no port of type {other}: say pty, file, dev, tcp, udp, unix …");
            return Err(unsupported(format!("{place}/@type"), text));
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_read_is_written() {
        for text in [
            "pty",
            "null",
            "stdio",
            "vc",
            "/dev/ttyS2",
            "file:/tmp/a",
            "pipe:/tmp/a",
            "tcp:127.0.0.1:7777",
            "tcp::7777,server,nowait",
            "telnet:h:9999,server,nowait",
            "udp:127.0.0.1:9999@0.0.0.0:9998",
            "udp::9999@:9998",
            "unix:/tmp/a",
            "unix:/tmp/a,server,nowait",
        ] {
            let port = read("serial", text).unwrap();
            let again = write(
                "/domain",
                port.kind.as_ref(),
                &port.sources,
                port.protocol.as_ref(),
                "",
            );
            assert_eq!(again.unwrap(), text);
        }
    }

    #[test]
    fn what_would_be_read_as_something_else_is_refused() {
        for (kind, source) in [
            (ChardevType::Dev, with_path("pty")),
            (ChardevType::Unix, with_path("/a,server")),
            (ChardevType::Tcp, end("connect", "::1", "7777")),
            (ChardevType::Udp, end("bind", "::1", "7777")),
        ] {
            assert!(
                write("/domain", Some(&kind), &[source], None, "").is_err(),
                "{kind}"
            );
        }
    }

    #[test]
    fn what_is_no_port_is_refused() {
        for text in ["", "x", "tcp:7777", "udp:9", "udp:a:1@b", "spicevmc"] {
            let error = read("serial", text).unwrap_err();
            assert!(error.to_string().contains("serial"), "{text}: {error}");
        }
    }
}
