//! Network interfaces.

use virt_core::Result;
use virt_core::model::DomainConfig;
use virt_core::model::domain::devices::{
    BackendDomain, Bandwidth, BandwidthLimit, Interface, InterfaceIp, InterfaceMac, InterfaceModel,
    InterfaceScript, InterfaceSource, InterfaceTarget, InterfaceType, VirtualPort, Vlan, VlanTag,
};
use virt_core::model::value::YesNo;

use super::super::problem::wrong_key;
use super::fields::{fields, last};
use super::source::Source;
use crate::config_file::Syntax;

const KEY: &str = "vif";

pub(super) fn read(source: &Source<'_>, domain: &mut DomainConfig) -> Result<()> {
    // What a paravirtual interface is called.
    let vif = match source.syntax() {
        Syntax::Xl => "vif",
        Syntax::Xm => "netfront",
    };
    for text in source.texts(KEY) {
        match interface(&text, vif, source.is_complete()) {
            Ok(interface) => domain.devices_mut().interfaces.push(interface),
            Err(error) => {
                source.lenient::<()>(error)?;
            }
        }
    }
    Ok(())
}

fn interface(text: &str, vif: &str, is_complete: bool) -> Result<Interface> {
    let fields = fields(text);
    if !text.is_empty() && fields.iter().any(|(_, value)| value.is_none()) {
        let text = format!("{text:?} has a part without `=`");
        return Err(wrong_key(KEY, text));
    }
    let said = |key: &str| last(&fields, key).filter(|value| !value.is_empty());
    let mut interface = Interface::default();
    if let Some(address) = said("mac") {
        let mut mac = InterfaceMac::default();
        let parsed = address.parse();
        mac.address =
            Some(parsed.map_err(|_error| wrong_key(KEY, format!("{address:?} is no MAC address")))?);
        interface.mac = Some(mac);
    }
    let script = said("script");
    // libvirt makes a bridge without a name of the scripts of bridges, which nothing can be made of.
    let is_script = matches!(script, Some("vif-bridge" | "vif-vnic")) && !is_complete;
    let is_bridge = said("bridge").is_some() || is_script;
    interface.kind = Some(if is_bridge {
        InterfaceType::Bridge
    } else {
        InterfaceType::Ethernet
    });
    if let Some(bridge) = said("bridge") {
        read_bridge(bridge, &mut interface)?;
    }
    for address in said("ip")
        .into_iter()
        .flat_map(|ips| ips.split(' '))
        .filter(|ip| !ip.is_empty())
    {
        interface.ips.push(ip(address)?);
    }
    if let Some(path) = script {
        let mut script = InterfaceScript::default();
        script.path = Some(path.to_owned());
        interface.script = Some(Box::new(script));
    }
    let model = said("model").or_else(|| said("type").filter(|kind| *kind == vif).map(|_vif| "netfront"));
    if let Some(kind) = model {
        let mut model = InterfaceModel::default();
        model.kind = Some(kind.to_owned());
        interface.model = Some(model);
    }
    if let Some(name) = said("vifname") {
        let mut target = InterfaceTarget::default();
        target.dev = Some(name.to_owned());
        interface.target = Some(target);
    }
    if let Some(text) = said("rate") {
        let mut limit = BandwidthLimit::default();
        limit.average =
            Some(rate(text).ok_or_else(|| wrong_key(KEY, format!("{text:?} is no rate: say 10240KB/s")))?);
        let mut bandwidth = Bandwidth::default();
        bandwidth.outbound = Some(limit);
        interface.bandwidth = Some(Box::new(bandwidth));
    }
    // libvirt has the element, and does not read it.
    if let Some(name) = said("backend").filter(|_name| is_complete) {
        let mut domain = BackendDomain::default();
        domain.name = Some(name.to_owned());
        interface.backenddomain = Some(Box::new(domain));
    }
    Ok(interface)
}

/// `NAME`, `NAME.VLAN`, `NAME:VLAN:VLAN`; the last two are on Open vSwitch.
fn read_bridge(text: &str, interface: &mut Interface) -> Result<()> {
    let (name, tags, is_trunk) = match (text.split_once('.'), text.split_once(':')) {
        (Some((name, tag)), _) => (name, vec![tag], false),
        (None, Some((name, tags))) => (name, tags.split(':').collect(), true),
        (None, None) => (text, Vec::new(), false),
    };
    let tag = |text: &str| {
        let mut tag = VlanTag::default();
        let id = text.parse();
        tag.id = Some(id.map_err(|_error| wrong_key(KEY, format!("{text:?} is no number of a VLAN")))?);
        Ok(tag)
    };
    let mut source = InterfaceSource::default();
    source.bridge = Some(name.to_owned());
    interface.source = Some(source);
    if tags.is_empty() {
        return Ok(());
    }
    let mut vlan = Vlan::default();
    vlan.tags = tags.into_iter().map(tag).collect::<Result<_>>()?;
    vlan.trunk = is_trunk.then_some(YesNo::Yes);
    interface.vlan = Some(vlan);
    let mut port = VirtualPort::default();
    port.kind = Some("openvswitch".to_owned());
    interface.virtualport = Some(Box::new(port));
    Ok(())
}

fn ip(text: &str) -> Result<InterfaceIp> {
    let family = match text.parse() {
        Ok(std::net::IpAddr::V4(_)) => "ipv4",
        Ok(std::net::IpAddr::V6(_)) => "ipv6",
        Err(_) => return Err(wrong_key(KEY, format!("{text:?} is no IP address"))),
    };
    let mut ip = InterfaceIp::default();
    ip.address = Some(text.to_owned());
    ip.family = Some(family.to_owned());
    Ok(ip)
}

/// A rate in KiB a second: `10MB/s`, `800Kb/s`, with or without `@` and an interval behind it.
fn rate(text: &str) -> Option<u64> {
    let rate = text.split('@').next()?;
    let rate = rate.strip_suffix("/s")?;
    let (rate, bits) = match (rate.strip_suffix('B'), rate.strip_suffix('b')) {
        (Some(rate), _) => (rate, 1),
        (None, Some(rate)) => (rate, 8),
        (None, None) => return None,
    };
    let (digits, factor) = match rate.chars().last()? {
        'G' => (rate.strip_suffix('G')?, 1024 * 1024),
        'M' => (rate.strip_suffix('M')?, 1024),
        'K' => (rate.strip_suffix('K')?, 1),
        _ => (rate, 1),
    };
    let is_number = digits.bytes().all(|digit| digit.is_ascii_digit());
    let number: u64 = digits.parse().ok().filter(|_number| is_number)?;
    Some(number.checked_mul(factor)? / bits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_are_in_kib_a_second() {
        for (text, expected) in [
            ("10240KB/s", Some(10240)),
            ("10MB/s@20ms", Some(10240)),
            ("1GB/s", Some(1024 * 1024)),
            ("800Kb/s", Some(100)),
            ("12B/s", Some(12)),
            ("10", None),
            ("KB/s", None),
            ("-1KB/s", None),
            ("99999999999999999999KB/s", None),
        ] {
            assert_eq!(rate(text), expected, "{text}");
        }
    }
}
