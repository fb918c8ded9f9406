//! What a run adds to a configuration.

use virt_core::Result;
use virt_core::model::DomainConfig;
use virt_core::model::domain::devices::{Alias, ChardevSource, ChardevType, Devices};

use super::chardev::{Chardev, LONGEST_SOCKET_PATH};
use super::defaults::console_of;
use super::machine::MachineFamily;
use super::resources::Resources;
use super::supported::disk::file_of;
use super::{alias, refusal};

/// The configuration of a run: number, aliases, the sockets channels are given, the numbers of block nodes.
///
/// `config` is one that [`complete`](super::complete) made. Terminals QEMU allocates are not known yet.
///
/// # Errors
/// [`Unsupported`](virt_core::ErrorKind::Unsupported) when `config` was not completed;
/// [`InvalidConfig`](virt_core::ErrorKind::InvalidConfig) when a socket's path would be too long.
pub fn live(config: &DomainConfig, resources: &Resources) -> Result<DomainConfig> {
    let family = MachineFamily::of_config(config)?;
    let mut config = config.clone();
    config.id = resources.domain_id;
    alias::assign(&mut config, family);
    let devices = config.devices_mut();
    number_nodes(devices);
    channel_sockets(devices, resources)?;
    console_logs(devices, resources);
    if let (Some(serial), Some(console)) = (devices.serials.first(), devices.consoles.first_mut()) {
        *console = console_of(serial);
    }
    Ok(config)
}

/// Numbers the block nodes, the last disk's first.
fn number_nodes(devices: &mut Devices) {
    let mut next = 1;
    for disk in devices.disks.iter_mut().rev() {
        if file_of(disk).is_none() {
            continue;
        }
        if let Some(source) = &mut disk.source {
            source.index = Some(next);
            next += 1;
        }
    }
}

/// Channels of type unix without a path get a socket QEMU listens on: named for the channel if the name will do, else
/// numbered.
fn channel_sockets(devices: &mut Devices, resources: &Resources) -> Result<()> {
    let mut taken = Vec::new();
    for (index, channel) in devices.channels.iter_mut().enumerate() {
        if channel.kind != Some(ChardevType::Unix) || Chardev::from(&*channel).path().is_some() {
            continue;
        }
        let in_directory = |file: &str| format!("{}/{file}", resources.channel_dir);
        let name = channel.target.as_ref().and_then(|target| target.name.as_deref());
        let named = name
            .filter(|name| !name.is_empty() && !name.contains('/') && !name.starts_with('.'))
            .map(in_directory)
            .filter(|path| path.len() <= LONGEST_SOCKET_PATH && !taken.contains(path));
        let path = named.unwrap_or_else(|| in_directory(&format!("channel{index}")));
        if path.len() > LONGEST_SOCKET_PATH {
            return Err(refusal::invalid(
                refusal::device("channel", index),
                format!(
                    "the path {path:?} is longer than a socket's can be, {LONGEST_SOCKET_PATH}; choose a root with a shorter path"
                ),
            ));
        }
        taken.push(path.clone());
        let mut source = ChardevSource::default();
        source.mode = Some("bind".to_owned());
        source.path = Some(path);
        channel.sources = vec![source];
    }
    Ok(())
}

/// Serial ports and consoles that a terminal or socket shows keep what they print in a file.
fn console_logs(devices: &mut Devices, resources: &Resources) {
    let Some(directory) = &resources.console_log_dir else {
        return;
    };
    let kept = |kind: &Option<ChardevType>| matches!(kind, Some(ChardevType::Pty | ChardevType::Unix));
    let file = |alias: &Option<Alias>| {
        let name = alias
            .as_ref()
            .and_then(|alias| alias.name.clone())
            .unwrap_or_default();
        format!("{directory}/{name}.log")
    };
    for serial in &mut devices.serials {
        if kept(&serial.kind) && serial.log.is_none() {
            serial.log.get_or_insert_default().file = Some(file(&serial.alias));
        }
    }
    for console in devices.consoles.iter_mut().skip(1) {
        if kept(&console.kind) && console.log.is_none() {
            console.log.get_or_insert_default().file = Some(file(&console.alias));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_channel_gets_a_socket_of_its_own() {
        let mut config = DomainConfig::from_xml(
            "<domain type='kvm'><name>g</name><devices>\
             <channel type='unix'><target type='virtio' name='a'/></channel>\
             <channel type='unix'><target type='virtio' name='a'/></channel>\
             <channel type='unix'><target type='virtio' name='../b'/></channel>\
             <channel type='unix'><target type='virtio'/></channel></devices></domain>",
        )
        .unwrap();
        let resources = Resources::in_directory("/run/g");
        channel_sockets(config.devices_mut(), &resources).unwrap();
        let paths: Vec<&str> = config
            .devices_mut()
            .channels
            .iter()
            .filter_map(|channel| Chardev::from(channel).path())
            .collect();
        let expected = ["a", "channel1", "channel2", "channel3"].map(|file| format!("/run/g/channel/{file}"));
        assert_eq!(paths, expected);
        let far = Resources::in_directory(format!("/run/{}", "x".repeat(100)));
        config
            .devices_mut()
            .channels
            .iter_mut()
            .for_each(|channel| channel.sources.clear());
        assert!(channel_sockets(config.devices_mut(), &far).is_err());
    }
}
