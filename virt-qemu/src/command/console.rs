//! Consoles that are not a serial port.

use virt_core::Result;

use super::channel::virtio_port;
use super::chardev;
use super::context::{Context, id_of};
use super::line::Arguments;
use super::properties::Properties;
use crate::plan::refusal;

pub(super) fn render(context: &Context<'_>, args: &mut Arguments) -> Result<()> {
    for (index, console) in context.devices.consoles.iter().enumerate() {
        if console.target.as_ref().and_then(|target| target.kind.as_deref()) != Some("virtio") {
            continue;
        }
        let path = refusal::device("console", index);
        let id = id_of(console.alias.as_ref(), &path)?;
        let chardev = chardev::render(context, console.into(), id, &path, args)?;
        let device = Properties::device("virtconsole").with_all(virtio_port(
            context,
            console.address.as_ref(),
            &path,
        )?);
        args.device(&device.with("chardev", chardev).with("id", id));
    }
    Ok(())
}
