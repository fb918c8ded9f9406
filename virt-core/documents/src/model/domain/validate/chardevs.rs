//! Serial ports, parallel ports, consoles, channels, and every other device with a character device of the host behind it.

use super::at::{At, Checked};
use super::security;
use crate::model::domain::devices::{
    ChardevLog, ChardevProtocol, ChardevSource, ChardevTarget, ChardevType, Devices, Reconnect,
    RngBackendModel,
};
use crate::model::value::YesNo;
use crate::xml::trimmed;

pub(super) fn check(devices: &Devices) -> Checked {
    check_ports(devices)?;
    check_channels(devices)?;
    check_backends(devices)?;
    for (index, card) in devices.smartcards.iter().enumerate() {
        let at = At::nth("/domain/devices/smartcard", index, &card.rest);
        let mode = at.need("/@mode", "the attribute 'mode'", card.mode.as_ref())?;
        at.one_of(
            "/@mode",
            Some(mode),
            &["host", "host-certificates", "passthrough"],
        )?;
        match mode.as_str() {
            "host-certificates" => {
                let count = card.certificates.len();
                at.refuse_when(
                    count != 3,
                    "/certificate",
                    format_args!("the mode host-certificates needs 3 certificates, not {count}"),
                )?;
            }
            "passthrough" => {
                at.need("/@type", "the attribute 'type'", card.kind.as_ref())?;
                backend(
                    at,
                    "",
                    card.kind.as_ref(),
                    &card.sources,
                    card.protocol.as_ref(),
                    card.log.as_ref(),
                )
                .check(false)?;
            }
            _ => {}
        }
    }
    Ok(())
}

fn check_ports(devices: &Devices) -> Checked {
    for (index, port) in devices.serials.iter().enumerate() {
        let at = At::nth("/domain/devices/serial", index, &port.rest);
        backend(
            at,
            "",
            port.kind.as_ref(),
            &port.sources,
            port.protocol.as_ref(),
            port.log.as_ref(),
        )
        .check(false)?;
        let kinds = [
            "none",
            "isa-serial",
            "usb-serial",
            "pci-serial",
            "spapr-vio-serial",
            "system-serial",
            "sclp-serial",
            "isa-debug",
        ];
        check_target(at, port.target.as_ref(), &kinds)?;
    }
    for (index, port) in devices.parallels.iter().enumerate() {
        let at = At::nth("/domain/devices/parallel", index, &port.rest);
        backend(
            at,
            "",
            port.kind.as_ref(),
            &port.sources,
            port.protocol.as_ref(),
            port.log.as_ref(),
        )
        .check(false)?;
        check_target(at, port.target.as_ref(), &[])?;
    }
    for (index, port) in devices.consoles.iter().enumerate() {
        let at = At::nth("/domain/devices/console", index, &port.rest);
        // A console without a backend is the other side of the first serial port.
        backend(
            at,
            "",
            port.kind.as_ref(),
            &port.sources,
            port.protocol.as_ref(),
            port.log.as_ref(),
        )
        .check(false)?;
        let kinds = [
            "none", "serial", "xen", "xvmcloud", "uml", "virtio", "lxc", "openvz", "sclp", "sclplm",
        ];
        check_target(at, port.target.as_ref(), &kinds)?;
    }
    Ok(())
}

fn check_channels(devices: &Devices) -> Checked {
    for (index, channel) in devices.channels.iter().enumerate() {
        let at = At::nth("/domain/devices/channel", index, &channel.rest);
        let target = at.need("/target", "the element <target>", channel.target.as_ref())?;
        let target_at = at.on(&target.rest);
        let kind = target_at.need("/target/@type", "the attribute 'type'", target.kind.as_ref())?;
        target_at.one_of(
            "/target/@type",
            Some(kind),
            &["none", "guestfwd", "virtio", "xen"],
        )?;
        // The guest agent's socket and its like are chosen by the driver.
        let chosen = matches!(kind.as_str(), "virtio" | "xen");
        backend(
            at,
            "",
            channel.kind.as_ref(),
            &channel.sources,
            channel.protocol.as_ref(),
            channel.log.as_ref(),
        )
        .check(chosen)?;
        if kind == "guestfwd" {
            let address = target_at.need_text("/target/@address", "the address", target.address.as_ref())?;
            let is_v4 = address.parse::<std::net::Ipv4Addr>().is_ok();
            target_at.refuse_when(
                !is_v4,
                "/target/@address",
                format_args!("'{address}' is no IPv4 address"),
            )?;
            target_at.need_text("/target/@port", "the port", target.port.as_ref())?;
            check_number(target_at, target)?;
        }
    }
    Ok(())
}

fn check_backends(devices: &Devices) -> Checked {
    for (index, device) in devices.redirdevs.iter().enumerate() {
        let at = At::nth("/domain/devices/redirdev", index, &device.rest);
        at.one_of("/@bus", device.bus.as_ref(), &["usb"])?;
        at.need("/@type", "the attribute 'type'", device.kind.as_ref())?;
        backend(
            at,
            "",
            device.kind.as_ref(),
            &device.sources,
            device.protocol.as_ref(),
            device.log.as_ref(),
        )
        .check(false)?;
    }
    for (index, rng) in devices.rngs.iter().enumerate() {
        let at = At::nth("/domain/devices/rng", index, &rng.rest);
        let Some(source) = &rng.backend else { continue };
        if source.model == Some(RngBackendModel::Egd) {
            let at = at.on(&source.rest);
            at.need("/backend/@type", "the attribute 'type'", source.kind.as_ref())?;
            backend(
                at,
                "/backend",
                source.kind.as_ref(),
                &source.sources,
                source.protocol.as_ref(),
                source.log.as_ref(),
            )
            .check(false)?;
        }
    }
    Ok(())
}

fn check_target(at: At<'_>, target: Option<&ChardevTarget>, kinds: &[&str]) -> Checked {
    let Some(target) = target else { return Ok(()) };
    let at = at.on(&target.rest);
    if !kinds.is_empty() {
        at.one_of("/target/@type", target.kind.as_ref(), kinds)?;
    }
    check_number(at, target)
}

fn check_number(at: At<'_>, target: &ChardevTarget) -> Checked {
    let is_number = |port: &String| trimmed(port).parse::<u32>().is_ok();
    match &target.port {
        Some(port) if !is_number(port) => {
            Err(at.wrong("/target/@port", format!("'{port}' is no number of a port")))
        }
        _ => Ok(()),
    }
}

/// How often a client that lost its server tries again.
pub(super) fn check_reconnect(at: At<'_>, below: &str, reconnect: &Reconnect) -> Checked {
    let at = at.on(&reconnect.rest);
    let word = format!("{below}/@enabled");
    let enabled = *at.need(&word, "the attribute 'enabled'", reconnect.enabled.as_ref())?;
    if enabled == YesNo::Yes && reconnect.timeout.is_none() && reconnect.delay.is_none() {
        return Err(at.missing(&format!("{below}/@timeout"), "the time between two attempts"));
    }
    at.refuse_if(
        enabled == YesNo::Yes && reconnect.timeout == Some(0),
        &format!("{below}/@timeout"),
        "the time between two attempts is 0",
    )
}

/// The character device of the host behind a device.
struct Backend<'a> {
    at: At<'a>,
    below: &'a str,
    kind: Option<&'a ChardevType>,
    sources: &'a [ChardevSource],
    protocol: Option<&'a ChardevProtocol>,
    log: Option<&'a ChardevLog>,
}

fn backend<'a>(
    at: At<'a>,
    below: &'a str,
    kind: Option<&'a ChardevType>,
    sources: &'a [ChardevSource],
    protocol: Option<&'a ChardevProtocol>,
    log: Option<&'a ChardevLog>,
) -> Backend<'a> {
    Backend {
        at,
        below,
        kind,
        sources,
        protocol,
        log,
    }
}

impl Backend<'_> {
    /// What each type has to say; `chosen` when a driver chooses the path of a socket.
    fn check(&self, chosen: bool) -> Checked {
        let Some(kind) = self.kind else { return Ok(()) };
        self.check_count(kind)?;
        for source in self.sources {
            let modes = ["connect", "bind"];
            if matches!(kind, ChardevType::Tcp | ChardevType::Udp | ChardevType::Unix) {
                self.at
                    .on(&source.rest)
                    .one_of(&self.path("/@mode"), source.mode.as_ref(), &modes)?;
            }
            security::check_device(self.at, &self.path(""), &source.seclabels)?;
        }
        if let Some(protocol) = self.protocol {
            let kinds = ["raw", "telnet", "telnets", "tls"];
            let path = format!("{}/protocol/@type", self.below);
            self.at
                .on(&protocol.rest)
                .one_of(&path, protocol.kind.as_ref(), &kinds)?;
        }
        if let Some(log) = self.log {
            let path = format!("{}/log/@file", self.below);
            self.at
                .on(&log.rest)
                .need_text(&path, "the file of the log", log.file.as_ref())?;
        }
        match kind {
            ChardevType::File | ChardevType::Pipe | ChardevType::Dev => {
                self.need("path", |source| source.path.as_ref())
            }
            ChardevType::Tcp => {
                self.need("host", |source| source.host.as_ref())?;
                self.need("service", |source| source.service.as_ref())?;
                self.check_reconnect()
            }
            ChardevType::Udp => self.check_udp(),
            ChardevType::Unix => {
                if !chosen {
                    self.need("path", |source| source.path.as_ref())?;
                }
                self.check_reconnect()
            }
            ChardevType::SpicePort => self.need("channel", |source| source.channel.as_ref()),
            _ => Ok(()),
        }
    }

    fn path(&self, below: &str) -> String {
        format!("{}/source{below}", self.below)
    }

    fn check_count(&self, kind: &ChardevType) -> Checked {
        let bound = if *kind == ChardevType::Udp { 2 } else { 1 };
        // Consoles and their like may have sources that say nothing to their type.
        let many = matches!(
            kind,
            ChardevType::Tcp | ChardevType::Udp | ChardevType::Unix | ChardevType::File | ChardevType::Dev
        );
        match self.sources.get(bound) {
            Some(surplus) if many => Err(self.at.on(&surplus.rest).wrong(
                &format!("{}[{}]", self.path(""), bound + 1),
                format!("a character device of the type '{kind}' has up to {bound} sources"),
            )),
            _ => Ok(()),
        }
    }

    fn need(&self, name: &str, part: fn(&ChardevSource) -> Option<&String>) -> Checked {
        let value = self.sources.iter().find_map(part);
        let what = format!("the attribute '{name}'");
        self.at
            .need_text(&self.path(&format!("/@{name}")), &what, value)?;
        Ok(())
    }

    fn check_udp(&self) -> Checked {
        let connects = |source: &&ChardevSource| source.mode.as_deref() != Some("bind");
        let service = self
            .sources
            .iter()
            .find(connects)
            .and_then(|source| source.service.as_ref());
        self.at.need_text(
            &self.path("/@service"),
            "the attribute 'service' of the end to send to",
            service,
        )?;
        Ok(())
    }

    fn check_reconnect(&self) -> Checked {
        for source in self.sources {
            let Some(reconnect) = &source.reconnect else {
                continue;
            };
            let path = self.path("/reconnect");
            check_reconnect(self.at, &path, reconnect)?;
            self.at.on(&reconnect.rest).refuse_if(
                reconnect.enabled == Some(YesNo::Yes) && source.mode.as_deref() == Some("bind"),
                &path,
                "a server does not connect again; mode='connect' does",
            )?;
        }
        Ok(())
    }
}
