//! Network interfaces.

use virt_core::Result;
use virt_core::model::DomainConfig;
use virt_core::model::domain::devices::Interface;

use super::super::made::Made;
use super::super::network::{BRIDGE_SCRIPT, connection, host_name};
use super::super::options::ToConfig;
use super::super::problem::unsupported;
use super::super::words::Kind;
use super::is_machine;
use crate::config_file::Syntax;

pub(super) fn write(domain: &DomainConfig, kind: Kind, options: &ToConfig, out: &mut Made) -> Result<()> {
    let interfaces = domain.devices.iter().flat_map(|devices| &devices.interfaces);
    let vifs = interfaces.enumerate().map(|(number, interface)| {
        let place = format!("/domain/devices/interface[{}]", number + 1);
        vif(&place, interface, kind, options)
    });
    out.add_list("vif", vifs.collect::<Result<_>>()?);
    Ok(())
}

fn vif(place: &str, interface: &Interface, kind: Kind, options: &ToConfig) -> Result<String> {
    let connection = connection(place, interface, &options.bridges)?;
    let mut parts = Vec::new();
    if let Some(mac) = interface.mac.as_ref().and_then(|mac| mac.address) {
        parts.push(format!("mac={mac}"));
    }
    let ip = || (!connection.ips.is_empty()).then(|| format!("ip={}", connection.ips.join(" ")));
    let script = |script: &str| format!("script={script}");
    if let Some(bridge) = &connection.bridge {
        parts.push(format!("bridge={bridge}"));
        parts.extend(ip());
        parts.push(script(connection.script.as_deref().unwrap_or(BRIDGE_SCRIPT)));
    } else {
        parts.extend(connection.script.as_deref().map(script));
        parts.extend(ip());
    }
    if let Some(model) = interface.model.as_ref().and_then(|model| model.kind.as_deref()) {
        let is_paravirtual = is_machine(kind) && model == "netfront";
        parts.push(match (is_paravirtual, options.syntax) {
            (true, Syntax::Xl) => "type=vif".to_owned(),
            (true, Syntax::Xm) => "type=netfront".to_owned(),
            (false, _) => format!("model={model}"),
        });
    }
    if let Some(name) = host_name(interface) {
        parts.push(format!("vifname={name}"));
    }
    let outbound = interface
        .bandwidth
        .as_ref()
        .and_then(|bandwidth| bandwidth.outbound.as_ref());
    if let Some(average) = outbound
        .and_then(|limit| limit.average)
        .filter(|average| *average > 0)
    {
        parts.push(format!("rate={average}KB/s"));
    }
    if let Some(name) = interface
        .backenddomain
        .as_ref()
        .and_then(|domain| domain.name.as_deref())
    {
        parts.push(format!("backend={name}"));
    }
    if let Some(part) = parts.iter().find(|part| part.contains(',')) {
        let text = format!("{part:?} has a comma, which ends a part of vif");
        return Err(unsupported(place, text));
    }
    Ok(parts.join(","))
}
