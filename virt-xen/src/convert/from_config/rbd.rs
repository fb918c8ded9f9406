//! Images of Ceph in QEMU's string: `rbd:POOL/IMAGE:option=value`, where `\` escapes.

use virt_core::model::domain::devices::{Disk, DiskSource, DiskType, SourceAuth, SourceConfig, SourceHost};

use super::super::to_config::is_image_name;

/// The parts between those characters that are not escaped, escapes and all.
fn split(text: &str, at: char) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut is_escaped = false;
    for one in text.chars() {
        if one == at && !is_escaped {
            parts.push(String::new());
            continue;
        }
        is_escaped = one == '\\' && !is_escaped;
        if let Some(part) = parts.last_mut() {
            part.push(one);
        }
    }
    parts
}

fn unescaped(text: &str) -> String {
    let mut out = String::new();
    let mut chars = text.chars();
    while let Some(one) = chars.next() {
        match one {
            '\\' => out.extend(chars.next()),
            one => out.push(one),
        }
    }
    out
}

/// Makes it the image of a disk. What else is said of it has no element.
pub(super) fn read(text: &str, disk: &mut Disk) {
    let mut parts = split(text, ':').into_iter();
    let mut source = DiskSource::default();
    source.protocol = Some("rbd".to_owned());
    source.name = parts.next().map(|name| unescaped(&name));
    for option in parts {
        let Some((key, value)) = option.split_once('=') else {
            continue;
        };
        match key {
            "mon_host" => source.hosts = hosts(value),
            "id" => {
                let mut auth = SourceAuth::default();
                auth.username = Some(unescaped(value));
                disk.auth = Some(Box::new(auth));
            }
            "conf" => {
                let mut config = SourceConfig::default();
                config.file = Some(unescaped(value));
                source.config = Some(Box::new(config));
            }
            _ => {}
        }
    }
    disk.kind = Some(DiskType::Network);
    disk.source = Some(source);
}

/// Whether its image, if it is one of Ceph, has a name a file can be written with.
pub(super) fn is_named(disk: &Disk) -> bool {
    if disk.kind != Some(DiskType::Network) {
        return true;
    }
    let name = disk.source.as_ref().and_then(|source| source.name.as_deref());
    name.is_some_and(is_image_name)
}

/// Hosts, between which stands `;`, each with a port behind `:`; all of that is escaped once.
fn hosts(text: &str) -> Vec<SourceHost> {
    let text = unescaped(text);
    let parts = text
        .split([';', ','])
        .map(str::trim)
        .filter(|part| !part.is_empty());
    let host = |part: &str| {
        let (name, port) = match part.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
            Some((name, rest)) => (name, rest.strip_prefix(':')),
            None => match part.rsplit_once(':') {
                Some((name, port)) => (name, Some(port)),
                None => (part, None),
            },
        };
        let mut host = SourceHost::default();
        host.name = Some(name.to_owned());
        host.port = port.map(ToOwned::to_owned);
        host
    };
    parts.map(host).collect()
}
