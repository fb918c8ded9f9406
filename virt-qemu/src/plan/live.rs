//! What a run adds to a configuration.

use virt_core::Result;
use virt_core::model::DomainConfig;
use virt_core::model::domain::devices::{Alias, ChardevSource, ChardevType, Devices};

use super::defaults::console_of;
use super::machine::MachineFamily;
use super::resources::Resources;
use super::supported::disk::file_of;
use super::{alias, chardev::Chardev};

/// The configuration of a run: number, aliases, the sockets channels are given, the numbers of block nodes.
///
/// `config` is one that [`complete`](super::complete) made. Terminals QEMU allocates are not known yet.
///
/// # Errors
/// [`Unsupported`](virt_core::ErrorKind::Unsupported) when `config` was not completed.
pub fn live(config: &DomainConfig, resources: &Resources) -> Result<DomainConfig> {
    let family = MachineFamily::of_config(config)?;
    let mut config = config.clone();
    config.id = resources.domain_id;
    alias::assign(&mut config, family);
    let devices = config.devices_mut();
    number_nodes(devices);
    channel_sockets(devices, resources);
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

/// Channels of type unix without a path get a socket QEMU listens on.
fn channel_sockets(devices: &mut Devices, resources: &Resources) {
    for (index, channel) in devices.channels.iter_mut().enumerate() {
        if channel.kind != Some(ChardevType::Unix) || Chardev::from(&*channel).path().is_some() {
            continue;
        }
        let name = channel.target.as_ref().and_then(|target| target.name.as_deref());
        let safe = |name: &&str| {
            !name.is_empty() && !name.contains('/') && !name.starts_with('.') && name.len() <= 64
        };
        let file = name
            .filter(safe)
            .map_or_else(|| format!("channel{index}"), str::to_owned);
        let mut source = ChardevSource::default();
        source.mode = Some("bind".to_owned());
        source.path = Some(format!("{}/{file}", resources.channel_dir));
        channel.sources = vec![source];
    }
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
