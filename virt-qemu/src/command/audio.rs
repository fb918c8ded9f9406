//! Audio backends.

use virt_core::model::domain::devices::AudioType;

use super::context::Context;
use super::line::Arguments;
use super::properties::Properties;

pub(super) fn render(context: &Context<'_>, args: &mut Arguments) {
    for audio in &context.devices.audios {
        let driver = audio.kind.as_ref().map_or("none", AudioType::as_str);
        args.option(
            "-audiodev",
            Properties::new()
                .with("id", format!("audio{}", audio.id.unwrap_or(1)))
                .with("driver", driver),
        );
    }
}
