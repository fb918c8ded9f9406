//! The monitors: the main one, and one for when that is lost.

use super::context::Context;
use super::line::Arguments;
use super::option_text::OptionText;
use crate::plan::MonitorEndpoint;

pub(super) fn render(context: &Context<'_>, args: &mut Arguments) {
    monitor(&context.resources.main_monitor, "charmonitor", "monitor", args);
    if let Some(rescue) = &context.resources.rescue_monitor {
        monitor(rescue, "charrescue", "rescue", args);
    }
}

fn monitor(endpoint: &MonitorEndpoint, chardev: &str, id: &str, args: &mut Arguments) {
    let socket = OptionText::new("socket").with("id", chardev);
    let socket = match endpoint {
        MonitorEndpoint::Path(path) => socket.with("path", path),
        MonitorEndpoint::Fd(number) => socket.with("fd", number),
    };
    args.chardev(&socket.with("server", "on").with("wait", "off"));
    args.option(
        "-mon",
        OptionText::pair("chardev", chardev)
            .with("id", id)
            .with("mode", "control"),
    );
}
