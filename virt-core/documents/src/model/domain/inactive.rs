//! What of a running domain is left when it is off.

use super::config::DomainConfig;
use super::devices::{
    Alias, ChardevSource, ChardevTarget, ChardevType, Devices, Disk, DiskSource, Graphics, GraphicsType,
    Interface, InterfaceType,
};
use super::security::{SecurityLabel, SecurityLabelType};
use crate::model::value::YesNo;

/// Names of network devices that libvirt makes up.
const GENERATED_DEVICES: [&str; 3] = ["vnet", "macvtap", "macvlan"];

impl DomainConfig {
    /// The document of a running domain as it reads with `VIR_DOMAIN_XML_INACTIVE`: without number, aliases that were
    /// not chosen by people, terminals, states of channels, mirrors, dynamic labels, generated device names and chosen
    /// ports.
    ///
    /// Only what belongs to a run is left out. What the run changed (a hot plugged device, a CPU the host made other)
    /// is not undone: the configuration for the next start is another document.
    #[must_use]
    pub fn inactive(&self) -> Self {
        let mut copy = self.clone();
        copy.id = None;
        for label in &mut copy.seclabels {
            if matches!(label.kind, None | Some(SecurityLabelType::Dynamic)) {
                label.label = None;
                label.imagelabel = None;
            }
        }
        if let Some(devices) = &mut copy.devices {
            forget_aliases(devices);
            devices.disks.iter_mut().for_each(leave_disk);
            devices.interfaces.iter_mut().for_each(leave_interface);
            devices.graphics.iter_mut().for_each(leave_graphics);
            leave_character_devices(devices);
        }
        copy
    }
}

/// Aliases chosen by people begin with `ua-`.
fn forget(alias: &mut Option<Alias>) {
    let is_chosen = |alias: &Alias| alias.name.as_deref().is_some_and(|name| name.starts_with("ua-"));
    if !alias.as_ref().is_some_and(is_chosen) {
        *alias = None;
    }
}

fn forget_aliases(devices: &mut Devices) {
    macro_rules! of_all {
        ($($field:ident)+) => { $(for device in devices.$field.iter_mut() { forget(&mut device.alias); })+ };
    }
    of_all! {
        disks controllers filesystems interfaces smartcards serials parallels consoles channels inputs tpms sounds videos
        hostdevs redirdevs hubs watchdogs memballoon rngs nvram panics shmems memories iommus vsock cryptos pstore
    }
}

fn leave_disk(disk: &mut Disk) {
    disk.mirror = None;
    if let Some(source) = &mut disk.source {
        leave_labels(source);
    }
    if let Some(store) = &mut disk.backing_store {
        leave_store(store);
    }
}

fn leave_store(store: &mut super::devices::BackingStore) {
    if let Some(source) = &mut store.source {
        leave_labels(source);
    }
    store.backing_store.iter_mut().for_each(leave_store);
}

/// A label that was skipped says nothing about the next start.
fn leave_labels(source: &mut DiskSource) {
    let says = |label: &SecurityLabel| label.label.is_some() || label.relabel == Some(YesNo::No);
    source.seclabels.retain(says);
}

fn leave_interface(interface: &mut Interface) {
    if let Some(target) = &mut interface.target {
        let is_generated = |name: &String| GENERATED_DEVICES.iter().any(|prefix| name.starts_with(prefix));
        target.dev = target.dev.take().filter(|name| !is_generated(name));
        if target.dev.is_none() && target.managed.is_none() {
            interface.target = None;
        }
    }
    if interface.kind == Some(InterfaceType::Network)
        && let Some(source) = &mut interface.source
    {
        source.portid = None;
        source.bridge = None;
    }
}

fn leave_graphics(graphics: &mut Graphics) {
    let is_chosen = graphics.autoport == Some(YesNo::Yes);
    if is_chosen {
        // SPICE is without a port then, the others have one that says "any".
        let is_spice = graphics.kind == Some(GraphicsType::Spice);
        graphics.port = graphics.port.map(|_| -1).filter(|_| !is_spice);
        graphics.tls_port = None;
    }
    let by_network: Vec<String> = graphics
        .listens
        .iter_mut()
        .filter(|listen| listen.kind.as_deref() == Some("network"))
        .filter_map(|listen| listen.address.take())
        .collect();
    graphics.listen = graphics
        .listen
        .take()
        .filter(|address| !by_network.contains(address));
}

fn leave_character_devices(devices: &mut Devices) {
    for console in &mut devices.consoles {
        console.tty = None;
        leave_source(console.kind.as_ref(), &mut console.sources);
    }
    for serial in &mut devices.serials {
        leave_source(serial.kind.as_ref(), &mut serial.sources);
    }
    for parallel in &mut devices.parallels {
        leave_source(parallel.kind.as_ref(), &mut parallel.sources);
    }
    for channel in &mut devices.channels {
        leave_source(channel.kind.as_ref(), &mut channel.sources);
    }
    let targets = devices
        .channels
        .iter_mut()
        .filter_map(|channel| channel.target.as_mut());
    targets.for_each(|target: &mut ChardevTarget| target.state = None);
}

/// A pseudo terminal is another one at each start.
fn leave_source(kind: Option<&ChardevType>, sources: &mut Vec<ChardevSource>) {
    if kind != Some(&ChardevType::Pty) {
        return;
    }
    for source in &mut *sources {
        source.path = None;
    }
    sources.retain(|source| *source != ChardevSource::default());
}
