//! Channels.

use virt_core::Result;
use virt_core::model::domain::devices::{Address, AddressType, ControllerType};

use super::chardev;
use super::context::{Context, id_of};
use super::line::Arguments;
use super::properties::Properties;
use crate::plan::refusal;

pub(super) fn render(context: &Context<'_>, args: &mut Arguments) -> Result<()> {
    for (index, channel) in context.devices.channels.iter().enumerate() {
        let path = refusal::device("channel", index);
        let id = id_of(channel.alias.as_ref(), &path)?;
        let chardev = chardev::render(context, channel.into(), id, &path, args)?;
        let name = channel.target.as_ref().and_then(|target| target.name.as_deref());
        let device = Properties::device("virtserialport")
            .with_all(virtio_port(context, channel.address.as_ref(), &path)?)
            .with("chardev", chardev)
            .with("id", id)
            .with_some("name", name);
        args.device(&device);
    }
    Ok(())
}

/// Bus and port on a virtio-serial controller; none where QEMU chooses.
pub(super) fn virtio_port(
    context: &Context<'_>,
    address: Option<&Address>,
    path: &str,
) -> Result<Properties> {
    let Some(address) = address.filter(|address| address.kind == Some(AddressType::VirtioSerial)) else {
        return Ok(Properties::new());
    };
    let index = address.controller.unwrap_or(0);
    let Some(controller) = context.controller(&ControllerType::VirtioSerial, index) else {
        return Err(refusal::invalid(
            format!("{path}/address/@controller"),
            format!("there is no virtio-serial controller {index}"),
        ));
    };
    let line = address.bus.map_or(0, |bus| bus.value());
    let port: Option<u32> = address.port.as_deref().and_then(|port| port.parse().ok());
    Ok(Properties::new()
        .with("bus", format!("{controller}.{line}"))
        .with_some("nr", port))
}
