//! Sleep states.

use virt_core::model::domain::SuspendTarget;
use virt_core::model::value::YesNo;

use super::context::Context;
use super::line::Arguments;
use crate::plan::machine::MachineFamily;

pub(super) fn render(context: &Context<'_>, args: &mut Arguments) {
    let Some(pm) = &context.config.pm else { return };
    let device = match context.family {
        MachineFamily::Pc => "PIIX4_PM",
        MachineFamily::Q35 => "ICH9-LPC",
    };
    for (property, target) in [
        ("disable_s3", &pm.suspend_to_mem),
        ("disable_s4", &pm.suspend_to_disk),
    ] {
        let enabled = target.as_ref().and_then(|target: &SuspendTarget| target.enabled);
        if let Some(enabled) = enabled.map(YesNo::is_set) {
            args.option(
                "-global",
                format_args!("{device}.{property}={}", u8::from(!enabled)),
            );
        }
    }
}
