//! Network interfaces.

use virt_core::Result;
use virt_core::model::domain::devices::{Interface, InterfaceIp, Rom};
use virt_core::model::value::{OnOff, YesNo};

use super::boot;
use super::context::{Context, id_of};
use super::line::Arguments;
use super::properties::Properties;
use super::virtio;
use crate::plan::refusal;

pub(super) fn render(context: &Context<'_>, args: &mut Arguments) -> Result<()> {
    for (index, interface) in context.devices.interfaces.iter().enumerate() {
        let path = refusal::device("interface", index);
        let id = id_of(interface.alias.as_ref(), &path)?;
        args.netdev(&user(interface, id));
        let driver = driver(interface);
        context.abilities.require(&driver)?;
        let device = Properties::device(driver)
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
