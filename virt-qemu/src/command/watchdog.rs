//! Watchdogs.

use virt_core::Result;
use virt_core::model::domain::devices::WatchdogAction;

use super::context::{Context, id_of};
use super::line::Arguments;
use super::properties::Properties;
use crate::plan::refusal;

pub(super) fn render(context: &Context<'_>, args: &mut Arguments) -> Result<()> {
    let mut action = None;
    for (index, watchdog) in context.devices.watchdogs.iter().enumerate() {
        let path = refusal::device("watchdog", index);
        let id = id_of(watchdog.alias.as_ref(), &path)?;
        action = action.or(watchdog.action.as_ref());
        match watchdog.model.as_deref() {
            Some("itco") => args.option("-global", "ICH9-LPC.noreboot=off"),
            Some("i6300esb") => {
                context.abilities.require("i6300esb")?;
                let place = context.place(watchdog.address.as_ref(), &path)?;
                args.device(&Properties::device("i6300esb").with("id", id).with_all(place));
            }
            Some(model) => args.device(&Properties::device(model).with("id", id)),
            None => {}
        }
    }
    if let Some(action) = action {
        // The manager writes the dump when the guest has been paused.
        let name = if action == &WatchdogAction::Dump {
            "pause"
        } else {
            action.as_str()
        };
        args.option("-watchdog-action", name);
    }
    Ok(())
}
