//! `-machine`.

use virt_core::model::domain::TimerName;
use virt_core::model::value::{OnOff, YesNo};

use super::context::Context;
use super::line::Arguments;
use super::option_text::OptionText;
use crate::plan::machine::machine_name;

pub(super) fn render(context: &Context<'_>, args: &mut Arguments) {
    let name = machine_name(context.config);
    let machine = context.abilities.machine(name);
    let features = context.features();
    let backing = context.config.memory_backing.as_ref();
    let dump = context
        .config
        .memory
        .as_ref()
        .and_then(|memory| memory.dump_core)
        .is_some_and(OnOff::is_set);
    let mut option = OptionText::new(name).with("usb", "off");
    if let Some(vmport) = features.and_then(|features| features.vmport.as_ref()) {
        option = option.with_switch("vmport", vmport.state.is_none_or(OnOff::is_set));
    }
    if let Some(smm) = features.and_then(|features| features.smm.as_ref()) {
        option = option.with_switch("smm", smm.state.is_none_or(OnOff::is_set));
    }
    if let Some(ps2) = features.and_then(|features| features.ps2.as_ref()?.state) {
        option = option.with_switch("i8042", ps2.is_set());
    }
    option = option.with_switch("dump-guest-core", dump);
    if backing.is_some_and(|backing| backing.no_share_pages) {
        option = option.with("mem-merge", "off");
    }
    option = option.with_some(
        "memory-backend",
        machine.and_then(|machine| machine.default_ram_id.as_deref()),
    );
    if context.abilities.gates.machine_hpet
        && let Some(present) = hpet(context)
    {
        option = option.with_switch("hpet", present);
    }
    if machine.is_some_and(|machine| machine.acpi) {
        option = option.with_switch("acpi", features.is_some_and(|features| features.acpi));
    }
    args.option("-machine", option);
}

/// Whether the guest has a high precision event timer, if the configuration says.
pub(super) fn hpet(context: &Context<'_>) -> Option<bool> {
    let timers = &context.config.clock.as_ref()?.timers;
    let timer = timers.iter().find(|timer| timer.name == Some(TimerName::Hpet))?;
    timer.present.map(YesNo::is_set)
}
