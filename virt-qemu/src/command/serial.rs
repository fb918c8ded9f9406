//! Serial ports.

use virt_core::Result;
use virt_core::model::domain::devices::Serial;

use super::chardev;
use super::context::{Context, id_of};
use super::line::Arguments;
use super::properties::Properties;
use crate::plan::refusal;

pub(super) fn render(context: &Context<'_>, args: &mut Arguments) -> Result<()> {
    for (index, serial) in context.devices.serials.iter().enumerate() {
        let path = refusal::device("serial", index);
        let id = id_of(serial.alias.as_ref(), &path)?;
        let chardev = chardev::render(context, serial.into(), id, &path, args)?;
        let device = Properties::device("isa-serial")
            .with("chardev", chardev)
            .with("id", id)
            .with_some("index", port(serial));
        let address = serial.address.as_ref();
        args.device(
            &device
                .with_some(
                    "iobase",
                    address.and_then(|address| address.iobase).map(|number| number.0),
                )
                .with_some(
                    "irq",
                    address.and_then(|address| address.irq).map(|number| number.0),
                ),
        );
    }
    Ok(())
}

fn port(serial: &Serial) -> Option<u32> {
    serial.target.as_ref()?.port.as_deref()?.parse().ok()
}
