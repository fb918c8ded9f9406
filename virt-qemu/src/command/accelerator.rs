//! `-accel`.

use virt_core::model::domain::DomainType;

use super::context::Context;
use super::line::Arguments;

pub(super) fn render(context: &Context<'_>, args: &mut Arguments) {
    args.option(
        "-accel",
        if context.config.kind == DomainType::Kvm {
            "kvm"
        } else {
            "tcg"
        },
    );
}
