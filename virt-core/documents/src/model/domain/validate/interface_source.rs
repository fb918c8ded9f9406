//! What an interface is connected to.

use super::at::{At, Checked};
use crate::model::domain::devices::{Interface, InterfaceSource, InterfaceType};
use crate::model::port_rules::{PortParts, check_virtualport};

pub(super) fn check(at: At<'_>, kind: &InterfaceType, interface: &Interface) -> Checked {
    let empty = InterfaceSource::default();
    let source = interface.source.as_ref().unwrap_or(&empty);
    let at = at.on(&source.rest);
    let text = |name: &str, value: Option<&String>| -> Checked {
        at.need_text(
            &format!("/source/@{name}"),
            &format!("the attribute '{name}'"),
            value,
        )?;
        Ok(())
    };
    match kind {
        InterfaceType::Network => text("network", source.network.as_ref())?,
        InterfaceType::Bridge => text("bridge", source.bridge.as_ref())?,
        InterfaceType::Internal => text("name", source.name.as_ref())?,
        InterfaceType::Vdpa => text("dev", source.dev.as_ref())?,
        InterfaceType::Direct => {
            text("dev", source.dev.as_ref())?;
            let modes = ["vepa", "private", "bridge", "passthrough"];
            at.one_of("/source/@mode", source.mode.as_ref(), &modes)?;
        }
        InterfaceType::Vhostuser => check_vhostuser(at, interface, source)?,
        InterfaceType::Mcast | InterfaceType::Client | InterfaceType::Server | InterfaceType::Udp => {
            check_socket(at, kind, source)?;
        }
        InterfaceType::Hostdev => {
            let has_usb = source.vendor.is_some() && source.product.is_some();
            if source.address.is_none() && !has_usb {
                return Err(at.missing("/source/address", "the address of the device of the host"));
            }
        }
        InterfaceType::Vds => {
            text("switchid", source.switchid.as_ref())?;
        }
        _ => {}
    }
    super::interfaces::check_addresses(at, "/source/ip", &source.ips)?;
    match &interface.virtualport {
        Some(port) => {
            // The port of a network may come from there, in whole or in part.
            let parts = match kind {
                InterfaceType::Network => PortParts::Some,
                _ => PortParts::All,
            };
            check_virtualport(port, parts).map_err(|error| at.on(&port.rest).around("/virtualport", error))
        }
        None => Ok(()),
    }
}

fn check_vhostuser(at: At<'_>, interface: &Interface, source: &InterfaceSource) -> Checked {
    let backend = interface
        .backend
        .as_ref()
        .and_then(|backend| backend.kind.as_deref());
    if backend == Some("passt") {
        return Ok(());
    }
    at.need("/source/@type", "the attribute 'type'", source.kind.as_ref())?;
    at.one_of("/source/@type", source.kind.as_ref(), &["unix"])?;
    at.need_text("/source/@path", "the path of the socket", source.path.as_ref())?;
    let mode = at.need("/source/@mode", "the attribute 'mode'", source.mode.as_ref())?;
    at.one_of("/source/@mode", Some(mode), &["server", "client"])?;
    match &source.reconnect {
        Some(_) if mode == "server" => Err(at.wrong(
            "/source/reconnect",
            "a server does not connect again; a client does",
        )),
        Some(reconnect) => super::chardevs::check_reconnect(at, "/source/reconnect", reconnect),
        None => Ok(()),
    }
}

fn check_socket(at: At<'_>, kind: &InterfaceType, source: &InterfaceSource) -> Checked {
    at.need("/source/@port", "the attribute 'port'", source.port.as_ref())?;
    if *kind != InterfaceType::Server {
        at.need_text(
            "/source/@address",
            "the attribute 'address'",
            source.host.as_ref(),
        )?;
    }
    if *kind == InterfaceType::Udp {
        let local = at.need("/source/local", "the element <local>", source.local.as_ref())?;
        let at = at.on(&local.rest);
        at.need("/source/local/@port", "the attribute 'port'", local.port.as_ref())?;
        at.need_text(
            "/source/local/@address",
            "the attribute 'address'",
            local.address.as_ref(),
        )?;
    }
    Ok(())
}
