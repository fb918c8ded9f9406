//! Network interfaces.

use virt_core::Result;
use virt_core::model::domain::devices::{Interface, InterfaceDriver, InterfaceIp, Offloads, Rom};
use virt_core::model::value::{OnOff, YesNo};

use super::boot;
use super::context::{Context, id_of};
use super::line::Arguments;
use super::properties::Properties;
use super::virtio::{self, VirtioOptions};
use crate::plan::refusal;

pub(super) fn render(context: &Context<'_>, args: &mut Arguments) -> Result<()> {
    for (index, interface) in context.devices.interfaces.iter().enumerate() {
        let path = refusal::device("interface", index);
        let id = id_of(interface.alias.as_ref(), &path)?;
        args.netdev(&user(interface, id));
        let driver = driver(interface);
        context.abilities.require(&driver)?;
        let device = Properties::device(driver)
            .with_all(options(interface.driver.as_ref()))
            .with("netdev", format!("host{id}"))
            .with("id", id)
            .with_some(
                "mac",
                interface
                    .mac
                    .as_ref()
                    .and_then(|mac| mac.address)
                    .map(|mac| mac.to_string()),
            )
            .with_some("bootindex", boot::interface_index(context, index))
            .with_all(context.place(interface.address.as_ref(), &path)?);
        args.device(&with_rom(device, interface.rom.as_ref()));
    }
    Ok(())
}

/// The name QEMU has for the model.
fn driver(interface: &Interface) -> String {
    match interface.model.as_ref().and_then(|model| model.kind.as_deref()) {
        Some(model) if model.starts_with("virtio") => virtio::pci_driver("net", Some(model)),
        Some(model) => model.to_owned(),
        None => "rtl8139".to_owned(),
    }
}

/// The settings of `<driver>`, which only virtio interfaces have.
fn options(driver: Option<&InterfaceDriver>) -> Properties {
    let options = VirtioOptions::from(driver).properties();
    let Some(driver) = driver else { return options };
    let iothread = driver
        .txmode
        .as_deref()
        .map(|mode| if mode == "iothread" { "bh" } else { mode });
    let options = options
        .with_some("tx", iothread)
        .with_some("ioeventfd", driver.ioeventfd.map(OnOff::is_set))
        .with_some("event_idx", driver.event_idx.map(OnOff::is_set));
    let options = offloads(options, driver.host.as_ref(), "", "host_");
    offloads(options, driver.guest.as_ref(), "guest_", "guest_")
        .with_some("rx_queue_size", driver.rx_queue_size)
        .with_some("rss", driver.rss.map(OnOff::is_set))
        .with_some("hash", driver.rss_hash_report.map(OnOff::is_set))
}

/// `checksum` and `segmentation` are the prefixes of the two groups of names.
fn offloads(
    device: Properties,
    offloads: Option<&Offloads>,
    checksum: &str,
    segmentation: &str,
) -> Properties {
    let Some(offloads) = offloads else { return device };
    let state = |switch: Option<OnOff>| switch.map(OnOff::is_set);
    device
        .with_some(&format!("{checksum}csum"), state(offloads.csum))
        .with_some("gso", state(offloads.gso))
        .with_some(&format!("{segmentation}tso4"), state(offloads.tso4))
        .with_some(&format!("{segmentation}tso6"), state(offloads.tso6))
        .with_some(&format!("{segmentation}ecn"), state(offloads.ecn))
        .with_some(&format!("{segmentation}ufo"), state(offloads.ufo))
        .with_some("mrg_rxbuf", state(offloads.mrg_rxbuf))
}

/// QEMU's own user network.
fn user(interface: &Interface, id: &str) -> Properties {
    let is_six = |ip: &&InterfaceIp| ip.address.as_deref().is_some_and(|address| address.contains(':'));
    let four = interface.ips.iter().find(|ip| !is_six(ip));
    let six = interface.ips.iter().find(is_six);
    let with_prefix = |ip: &InterfaceIp| {
        let address = ip.address.as_deref().unwrap_or_default();
        ip.prefix
            .map_or_else(|| address.to_owned(), |prefix| format!("{address}/{prefix}"))
    };
    Properties::new()
        .with("type", "user")
        .with_some("net", four.map(with_prefix))
        .with_some("ipv6-prefix", six.and_then(|ip| ip.address.as_deref()))
        .with_some("ipv6-prefixlen", six.and_then(|ip| ip.prefix))
        .with("id", format!("host{id}"))
}

/// The boot ROM of a device on PCI.
fn with_rom(device: Properties, rom: Option<&Rom>) -> Properties {
    let Some(rom) = rom else { return device };
    if rom.enabled.is_some_and(|enabled: YesNo| !enabled.is_set()) {
        return device.with("romfile", "");
    }
    device
        .with_some("rombar", rom.bar.map(|bar: OnOff| u8::from(bar.is_set())))
        .with_some("romfile", rom.file.as_deref())
}
