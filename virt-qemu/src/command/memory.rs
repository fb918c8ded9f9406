//! `-m`, the memory's backend, `-overcommit`.

use super::context::Context;
use super::line::Arguments;
use super::option_text::OptionText;
use super::properties::Properties;
use crate::plan::machine::machine_name;

pub(super) fn render(context: &Context<'_>, args: &mut Arguments) {
    let mib = context
        .config
        .memory
        .as_ref()
        .map_or(0, |memory| memory.size.as_mib());
    args.option("-m", OptionText::pair("size", format_args!("{}k", mib * 1024)));
    let machine = context.abilities.machine(machine_name(context.config));
    if let Some(id) = machine.and_then(|machine| machine.default_ram_id.as_ref()) {
        args.object(&Properties::object("memory-backend-ram", id).with("size", mib << 20));
    }
    let locked = context
        .config
        .memory_backing
        .as_ref()
        .is_some_and(|backing| backing.locked);
    args.option(
        "-overcommit",
        OptionText::default().with_switch("mem-lock", locked),
    );
}
