//! Displays.

use super::at::{At, Checked};
use crate::model::domain::config::DomainConfig;
use crate::model::domain::devices::{Devices, Graphics, GraphicsListen, GraphicsType};
use crate::model::value::YesNo;
use crate::xml::trimmed;

pub(super) fn check(config: &DomainConfig, devices: &Devices) -> Checked {
    for (index, graphics) in devices.graphics.iter().enumerate() {
        let at = At::nth("/domain/devices/graphics", index, &graphics.rest);
        let kind = at.need("/@type", "the attribute 'type'", graphics.kind.as_ref())?;
        check_words(at, kind, graphics)?;
        check_listens(at, kind, graphics)?;
        if *kind == GraphicsType::Spice {
            check_spice(at, graphics)?;
        }
        if config.is_run_by_qemu() {
            check_headless(at, kind, &devices.graphics)?;
        }
    }
    Ok(())
}

fn check_words(at: At<'_>, kind: &GraphicsType, graphics: &Graphics) -> Checked {
    at.one_of(
        "/@sharePolicy",
        graphics.share_policy.as_ref(),
        &["allow-exclusive", "force-shared", "ignore"],
    )?;
    at.one_of(
        "/@connected",
        graphics.connected.as_ref(),
        &["disconnect", "keep", "fail"],
    )?;
    at.one_of(
        "/@defaultMode",
        graphics.default_mode.as_ref(),
        &["any", "secure", "insecure"],
    )?;
    if let Some(until) = &graphics.passwd_valid_to {
        at.refuse_when(
            !is_time(until),
            "/@passwdValidTo",
            format_args!("'{until}' is no time such as 2027-01-31T23:59:59"),
        )?;
    }
    at.refuse_if(
        *kind == GraphicsType::Dbus && graphics.p2p == Some(YesNo::Yes) && graphics.address.is_some(),
        "/@address",
        "a display for one peer has no address",
    )
}

/// Whether it is `YYYY-MM-DDTHH:MM:SS`.
fn is_time(text: &str) -> bool {
    let text = trimmed(text).trim_end_matches('Z');
    let Some((date, time)) = text.split_once('T') else {
        return false;
    };
    let numbers = |text: &str, mark: char| {
        text.split(mark)
            .filter(|part| part.parse::<u32>().is_ok())
            .count()
    };
    numbers(date, '-') == 3 && numbers(time, ':') == 3
}

fn check_listens(at: At<'_>, kind: &GraphicsType, graphics: &Graphics) -> Checked {
    for (number, listen) in graphics.listens.iter().enumerate() {
        check_listen(at.part("/listen", number, &listen.rest), kind, listen)?;
    }
    let first = graphics
        .listens
        .iter()
        .find(|listen| listen.kind.as_deref() == Some("address") && listen.address.is_some());
    let first = first.and_then(|listen| listen.address.as_ref());
    match (&graphics.listen, first) {
        (Some(said), Some(first)) if said != first && graphics.socket.is_none() => Err(at.wrong(
            "/@listen",
            format!("it is '{said}', but the first <listen> has the address '{first}'"),
        )),
        _ => Ok(()),
    }
}

fn check_listen(at: At<'_>, kind: &GraphicsType, listen: &GraphicsListen) -> Checked {
    let what = at.need("/@type", "the attribute 'type'", listen.kind.as_ref())?;
    at.one_of("/@type", Some(what), &["address", "network", "socket", "none"])?;
    match what.as_str() {
        "socket" => at.refuse_if(
            !matches!(kind, GraphicsType::Vnc | GraphicsType::Spice),
            "/@type",
            "only VNC and SPICE listen on a socket",
        )?,
        "none" => at.refuse_if(
            !matches!(kind, GraphicsType::Spice | GraphicsType::Vnc),
            "/@type",
            "only SPICE and VNC listen nowhere",
        )?,
        _ => {}
    }
    if what == "network" {
        at.need_text("/@network", "the name of the network", listen.network.as_ref())?;
    }
    at.refuse_if(
        listen.network.is_some() && what != "network",
        "/@network",
        "the name of a network is for the type 'network'",
    )?;
    at.refuse_if(
        listen.address.as_ref().is_some_and(|address| !address.is_empty())
            && matches!(what.as_str(), "socket" | "none"),
        "/@address",
        "an address is for the type 'address'",
    )?;
    at.refuse_if(
        listen.socket.is_some() && what != "socket",
        "/@socket",
        "a socket is for the type 'socket'",
    )
}

fn check_spice(at: At<'_>, graphics: &Graphics) -> Checked {
    let names = [
        "main",
        "display",
        "inputs",
        "cursor",
        "playback",
        "record",
        "smartcard",
        "usbredir",
    ];
    for (number, channel) in graphics.channels.iter().enumerate() {
        let at = at.part("/channel", number, &channel.rest);
        at.need("/@name", "the attribute 'name'", channel.name.as_ref())?;
        at.one_of("/@name", channel.name.as_ref(), &names)?;
        at.need("/@mode", "the attribute 'mode'", channel.mode.as_ref())?;
        at.one_of("/@mode", channel.mode.as_ref(), &["any", "secure", "insecure"])?;
    }
    let compressions: [(&str, &Option<_>, &[&str]); 4] = [
        (
            "image",
            &graphics.image,
            &["auto_glz", "auto_lz", "quic", "glz", "lz", "off"],
        ),
        ("jpeg", &graphics.jpeg, &["auto", "never", "always"]),
        ("zlib", &graphics.zlib, &["auto", "never", "always"]),
        ("playback", &graphics.playback, &["on", "off"]),
    ];
    for (name, compression, known) in compressions {
        if let Some(compression) = compression {
            let below = format!("/{name}/@compression");
            let at = at.on(&compression.rest);
            at.need(
                &below,
                "the attribute 'compression'",
                compression.compression.as_ref(),
            )?;
            at.one_of(&below, compression.compression.as_ref(), known)?;
        }
    }
    let modes: [(&str, &Option<_>, &[&str]); 2] = [
        ("streaming", &graphics.streaming, &["filter", "all", "off"]),
        ("mouse", &graphics.mouse, &["client", "server"]),
    ];
    for (name, mode, known) in modes {
        if let Some(mode) = mode {
            let below = format!("/{name}/@mode");
            let at = at.on(&mode.rest);
            at.need(&below, "the attribute 'mode'", mode.mode.as_ref())?;
            at.one_of(&below, mode.mode.as_ref(), known)?;
        }
    }
    Ok(())
}

/// Rendering without a display goes with displays that show what is rendered, and there is one that renders.
fn check_headless(at: At<'_>, kind: &GraphicsType, all: &[Graphics]) -> Checked {
    if *kind != GraphicsType::EglHeadless {
        return Ok(());
    }
    let shows = |other: &Graphics| !matches!(other.kind, Some(GraphicsType::EglHeadless));
    let fits = |other: &Graphics| matches!(other.kind, Some(GraphicsType::Vnc | GraphicsType::Spice));
    at.refuse_if(
        all.iter().any(|other| shows(other) && !fits(other)),
        "/@type",
        "egl-headless goes with VNC or SPICE only",
    )?;
    let renders = |other: &Graphics| {
        let gl = other.gl.as_ref().and_then(|gl| gl.enable);
        shows(other) && gl == Some(YesNo::Yes)
    };
    at.refuse_if(
        all.iter().any(renders),
        "/@type",
        "two displays render with OpenGL",
    )
}
