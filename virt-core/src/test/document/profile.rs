//! What matters of a document while the domain lives.

use super::live::{disk_alias, interface_alias};
use crate::domain::machine::LifecyclePolicy;
use crate::domain::{LifecycleAction, LifecycleEvent};
use crate::model::domain::LifecycleAction as Written;
use crate::model::domain::devices::{Devices, InterfaceType, MemBalloonModel};
use crate::model::{ByteSize, Console, DomainConfig, MacAddress};

/// A disk, as far as statistics show it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::test) struct DiskProfile {
    pub(in crate::test) alias: String,
    pub(in crate::test) target: String,
    pub(in crate::test) path: Option<String>,
}

/// A network interface, as far as statistics and the agent show it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::test) struct InterfaceProfile {
    pub(in crate::test) alias: String,
    pub(in crate::test) mac: Option<MacAddress>,
    /// The network it is on.
    pub(in crate::test) network: Option<String>,
}

/// What matters of a document while the domain lives.
#[derive(Debug, Clone, Default)]
pub(in crate::test) struct Profile {
    pub(in crate::test) title: Option<String>,
    pub(in crate::test) max_memory: ByteSize,
    pub(in crate::test) memory: ByteSize,
    pub(in crate::test) vcpus: u32,
    pub(in crate::test) max_vcpus: u32,
    pub(in crate::test) policy: LifecyclePolicy,
    pub(in crate::test) has_agent_channel: bool,
    pub(in crate::test) has_balloon: bool,
    pub(in crate::test) disks: Vec<DiskProfile>,
    pub(in crate::test) interfaces: Vec<InterfaceProfile>,
    /// Consoles and serial ports by alias, in the order in which one is chosen when none is named.
    pub(in crate::test) consoles: Vec<String>,
}

impl Profile {
    /// Of a document that was accepted.
    pub(in crate::test) fn of(config: &DomainConfig) -> Self {
        let max_memory = config
            .memory
            .as_ref()
            .map(|memory| memory.size)
            .unwrap_or_default();
        let none = Devices::default();
        let devices = config.devices.as_ref().unwrap_or(&none);
        Self {
            title: config.title.clone(),
            max_memory,
            memory: config
                .current_memory
                .as_ref()
                .map_or(max_memory, |memory| memory.size),
            vcpus: config
                .vcpu
                .as_ref()
                .map_or(1, |vcpu| vcpu.current.unwrap_or(vcpu.count)),
            max_vcpus: config.vcpu.as_ref().map_or(1, |vcpu| vcpu.count),
            policy: policy(config),
            has_agent_channel: devices.channels.iter().any(|channel| channel.is_guest_agent()),
            has_balloon: devices
                .memballoon
                .as_ref()
                .and_then(|balloon| balloon.model.as_ref())
                != Some(&MemBalloonModel::None),
            disks: disks(devices),
            interfaces: interfaces(devices),
            consoles: consoles(devices),
        }
    }
}

/// What is done at the end of the guest.
fn policy(config: &DomainConfig) -> LifecyclePolicy {
    [
        (LifecycleEvent::Poweroff, &config.on_poweroff),
        (LifecycleEvent::Reboot, &config.on_reboot),
        (LifecycleEvent::Crash, &config.on_crash),
    ]
    .into_iter()
    .filter_map(|(event, written)| Some((event, action(written.as_ref()?)?)))
    .fold(LifecyclePolicy::default(), |policy, (event, action)| {
        policy.with(event, action)
    })
}

/// What a document says is done then; `None` for what is no such action.
pub(super) fn action(written: &Written) -> Option<LifecycleAction> {
    match written {
        Written::Destroy => Some(LifecycleAction::Destroy),
        Written::Restart => Some(LifecycleAction::Restart),
        Written::Preserve => Some(LifecycleAction::Preserve),
        Written::RenameRestart => Some(LifecycleAction::RestartRename),
        Written::CoredumpDestroy => Some(LifecycleAction::CoredumpDestroy),
        Written::CoredumpRestart => Some(LifecycleAction::CoredumpRestart),
        _ => None,
    }
}

fn disks(devices: &Devices) -> Vec<DiskProfile> {
    let profile = |(index, disk): (usize, &crate::model::Disk)| DiskProfile {
        alias: disk_alias(disk, index),
        target: disk
            .target
            .as_ref()
            .and_then(|target| target.dev.clone())
            .unwrap_or_default(),
        path: disk
            .source
            .as_ref()
            .and_then(|source| source.file.clone().or_else(|| source.dev.clone())),
    };
    devices.disks.iter().enumerate().map(profile).collect()
}

fn interfaces(devices: &Devices) -> Vec<InterfaceProfile> {
    let profile = |(index, interface): (usize, &crate::model::Interface)| InterfaceProfile {
        alias: interface_alias(interface, index),
        mac: interface.mac.as_ref().and_then(|mac| mac.address),
        network: interface
            .source
            .as_ref()
            .filter(|_| interface.kind == Some(InterfaceType::Network))
            .and_then(|source| source.network.clone()),
    };
    devices.interfaces.iter().enumerate().map(profile).collect()
}

/// Consoles that are not a serial port as well, then serial ports.
fn consoles(devices: &Devices) -> Vec<String> {
    let own = |console: &Console| !is_serial(console);
    let mut aliases: Vec<String> = devices
        .consoles
        .iter()
        .enumerate()
        .filter(|(_, console)| own(console))
        .map(|(index, console)| super::live::alias_or(console.alias.as_ref(), "console", index))
        .collect();
    let serials = devices.serials.iter().enumerate();
    aliases
        .extend(serials.map(|(index, serial)| super::live::alias_or(serial.alias.as_ref(), "serial", index)));
    // A console that is a serial port nobody wrote down is one all the same.
    if devices.serials.is_empty() && devices.consoles.iter().any(is_serial) {
        aliases.push("serial0".to_owned());
    }
    aliases
}

/// Whether this console is only another name of a serial port.
pub(super) fn is_serial(console: &Console) -> bool {
    let kind = console.target.as_ref().and_then(|target| target.kind.as_deref());
    matches!(kind, None | Some("serial"))
}
