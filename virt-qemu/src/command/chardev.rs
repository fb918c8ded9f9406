//! `-chardev`.

use virt_core::Result;
use virt_core::model::domain::devices::{ChardevSource, ChardevType, Reconnect};
use virt_core::model::value::{OnOff, YesNo};

use super::context::Context;
use super::line::Arguments;
use super::option_text::OptionText;
use crate::plan::chardev::Chardev;
use crate::plan::refusal;

/// Adds the backend of the device `id` and returns the backend's id.
pub(super) fn render(
    context: &Context<'_>,
    chardev: Chardev<'_>,
    id: &str,
    path: &str,
    args: &mut Arguments,
) -> Result<String> {
    let name = format!("char{id}");
    let Some(kind) = chardev.kind else {
        return Err(refusal::invalid(
            path,
            "it is connected to nothing: the configuration was not completed",
        ));
    };
    let plain = |backend: &str| OptionText::new(backend).with("id", &name);
    let option = match kind {
        ChardevType::Pty | ChardevType::Null | ChardevType::Stdio | ChardevType::Vc => plain(kind.as_str()),
        ChardevType::Dev => plain("serial").with_some("path", chardev.path()),
        ChardevType::Pipe => plain("pipe").with_some("path", chardev.path()),
        ChardevType::File => file(context, chardev, id, plain("file"), args),
        ChardevType::Unix => unix(context, chardev, plain("socket")),
        ChardevType::Tcp => tcp(context, chardev, plain("socket")),
        ChardevType::Udp => udp(chardev, plain("udp")),
        other => {
            return Err(refusal::unsupported(
                path,
                format!("a connection of type {other} is not supported yet"),
            ));
        }
    };
    let option = with_log(context, chardev, id, option, args);
    args.chardev(&option);
    Ok(name)
}

fn file(
    context: &Context<'_>,
    chardev: Chardev<'_>,
    id: &str,
    option: OptionText,
    args: &mut Arguments,
) -> OptionText {
    let append = chardev
        .sources
        .first()
        .and_then(|source| source.append)
        .is_some_and(OnOff::is_set);
    match context.resources.descriptors {
        // The launcher opened and, where wanted, truncated the file.
        Some(descriptors) => option
            .with("path", args.add_fd(descriptors.file, &format!("{id}-source")))
            .with("append", "on"),
        None => option
            .with_some("path", chardev.path())
            .with_switch("append", append),
    }
}

fn unix(context: &Context<'_>, chardev: Chardev<'_>, option: OptionText) -> OptionText {
    let source = chardev.sources.first();
    if source.is_some_and(|source| source.mode.as_deref() == Some("connect")) {
        let option = option.with_some("path", chardev.path());
        return with_reconnect(context, source, option);
    }
    let option = match context.resources.descriptors {
        Some(descriptors) => option.with("fd", descriptors.listen),
        None => option.with_some("path", chardev.path()),
    };
    option.with("server", "on").with("wait", "off")
}

fn tcp(context: &Context<'_>, chardev: Chardev<'_>, option: OptionText) -> OptionText {
    let source = chardev.sources.first();
    let telnet = chardev.protocol.and_then(|protocol| protocol.kind.as_deref()) == Some("telnet");
    let mut option = option
        .with(
            "host",
            source
                .and_then(|source| source.host.as_deref())
                .unwrap_or_default(),
        )
        .with(
            "port",
            source
                .and_then(|source| source.service.as_deref())
                .unwrap_or_default(),
        );
    if telnet {
        option = option.with("telnet", "on");
    }
    if chardev.listens() {
        option = option.with("server", "on").with("wait", "off");
    }
    with_reconnect(context, source, option)
}

fn udp(chardev: Chardev<'_>, option: OptionText) -> OptionText {
    let (connect, bind) = chardev.ends();
    let host =
        |source: Option<&ChardevSource>| source.and_then(|source| source.host.clone()).unwrap_or_default();
    let option = option.with("host", host(connect)).with(
        "port",
        connect
            .and_then(|source| source.service.as_deref())
            .unwrap_or_default(),
    );
    match bind {
        Some(_) => option.with("localaddr", host(bind)).with(
            "localport",
            bind.and_then(|source| source.service.as_deref()).unwrap_or("0"),
        ),
        None => option.with("localaddr", "").with("localport", "0"),
    }
}

fn with_reconnect(context: &Context<'_>, source: Option<&ChardevSource>, option: OptionText) -> OptionText {
    let reconnect: Option<&Reconnect> = source.and_then(|source| source.reconnect.as_ref());
    let Some(reconnect) = reconnect else { return option };
    let seconds = match reconnect.enabled.map(YesNo::is_set) {
        Some(true) => reconnect.timeout.unwrap_or(0),
        Some(false) => 0,
        None => return option,
    };
    if context.abilities.gates.reconnect_ms {
        option.with("reconnect-ms", u64::from(seconds) * 1000)
    } else {
        option.with("reconnect", seconds)
    }
}

fn with_log(
    context: &Context<'_>,
    chardev: Chardev<'_>,
    id: &str,
    option: OptionText,
    args: &mut Arguments,
) -> OptionText {
    let Some(log) = chardev.log else { return option };
    let append = log.append.is_none_or(OnOff::is_set);
    match context.resources.descriptors {
        Some(descriptors) => option
            .with("logfile", args.add_fd(descriptors.log, &format!("{id}-log")))
            .with("logappend", "on"),
        None => option
            .with_some("logfile", log.file.as_deref())
            .with_switch("logappend", append),
    }
}
