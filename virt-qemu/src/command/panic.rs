//! Panic notifiers.

use virt_core::Result;
use virt_core::model::domain::devices::PanicModel;

use super::context::Context;
use super::line::Arguments;
use super::properties::Properties;
use crate::plan::refusal;

pub(super) fn render(context: &Context<'_>, args: &mut Arguments) -> Result<()> {
    for (index, panic) in context.devices.panics.iter().enumerate() {
        let path = refusal::device("panic", index);
        match panic.model {
            Some(PanicModel::Pvpanic) => {
                args.device(
                    &Properties::device("pvpanic-pci")
                        .with_all(context.place(panic.address.as_ref(), &path)?),
                );
            }
            _ => {
                let port = panic
                    .address
                    .as_ref()
                    .and_then(|address| address.iobase)
                    .map(|port| port.0);
                args.device(&Properties::device("pvpanic").with_some("ioport", port));
            }
        }
    }
    Ok(())
}
