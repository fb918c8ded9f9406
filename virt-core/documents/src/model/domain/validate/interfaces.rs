//! Network interfaces.

use super::at::{At, Checked};
use super::{interface_source, memory};
use crate::model::domain::config::DomainConfig;
use crate::model::domain::devices::{
    Devices, Interface, InterfaceDriver, InterfaceIp, InterfaceType, PortForward,
};
use crate::model::port_rules::{Floor, check_bandwidth, check_vlan};

pub(super) fn check(config: &DomainConfig, devices: &Devices) -> Checked {
    for (index, interface) in devices.interfaces.iter().enumerate() {
        let at = At::nth("/domain/devices/interface", index, &interface.rest);
        let kind = at.need("/@type", "the attribute 'type'", interface.kind.as_ref())?;
        check_mac(at, interface)?;
        interface_source::check(at, kind, interface)?;
        check_options(at, interface)?;
        check_addresses(at, "/ip", &interface.ips)?;
        if let Some(driver) = &interface.driver {
            check_driver(at.on(&driver.rest), interface, driver)?;
        }
        if let Some(vlan) = &interface.vlan {
            check_vlan(vlan).map_err(|error| at.on(&vlan.rest).around("/vlan", error))?;
        }
        if let Some(bandwidth) = &interface.bandwidth {
            check_bandwidth(bandwidth, Floor::Allowed)
                .map_err(|error| at.on(&bandwidth.rest).around("/bandwidth", error))?;
        }
        check_port_forwards(at, interface)?;
        check_shared_memory(config, at, kind, interface)?;
    }
    Ok(())
}

fn is_passt(interface: &Interface) -> bool {
    let backend = interface.backend.as_ref();
    backend.is_some_and(|backend| backend.kind.as_deref() == Some("passt"))
}

fn check_mac(at: At<'_>, interface: &Interface) -> Checked {
    let Some(mac) = &interface.mac else { return Ok(()) };
    let at = at.on(&mac.rest);
    at.one_of("/mac/@type", mac.kind.as_ref(), &["generated", "static"])?;
    match &mac.address {
        Some(address) if address.is_multicast() => Err(at.wrong(
            "/mac/@address",
            format!("{address} is the address of a group; that of an interface has an even first byte"),
        )),
        _ => Ok(()),
    }
}

fn check_options(at: At<'_>, interface: &Interface) -> Checked {
    if let Some(filter) = &interface.filterref {
        at.on(&filter.rest).need_text(
            "/filterref/@filter",
            "the name of the filter",
            filter.filter.as_ref(),
        )?;
    }
    if let Some(mtu) = &interface.mtu {
        at.on(&mtu.rest)
            .need("/mtu/@size", "the attribute 'size'", mtu.size.as_ref())?;
    }
    if let Some(teaming) = &interface.teaming {
        check_teaming(
            at.on(&teaming.rest),
            teaming.kind.as_ref(),
            teaming.persistent.as_ref(),
        )?;
    }
    if let Some(backend) = &interface.backend {
        let at = at.on(&backend.rest);
        at.one_of("/backend/@type", backend.kind.as_ref(), &["default", "passt"])?;
        at.refuse_if(
            backend.log_file.is_some() && !is_passt(interface),
            "/backend/@logFile",
            "a log file is for the backend passt",
        )?;
    }
    match &interface.model {
        Some(model) => {
            let kind = model.kind.as_deref().unwrap_or_default();
            let fits = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
            at.on(&model.rest).refuse_when(
                !kind.bytes().all(fits),
                "/model/@type",
                format_args!("'{kind}' has other characters than letters, digits, '-' and '_'"),
            )
        }
        None => Ok(()),
    }
}

/// The pair of devices of which one takes over from the other.
pub(super) fn check_teaming(at: At<'_>, kind: Option<&String>, persistent: Option<&String>) -> Checked {
    let kind = at.need("/teaming/@type", "the attribute 'type'", kind)?;
    at.one_of("/teaming/@type", Some(kind), &["persistent", "transient"])?;
    match kind.as_str() {
        "transient" => {
            at.need_text(
                "/teaming/@persistent",
                "the alias of the persistent device",
                persistent,
            )?;
            Ok(())
        }
        _ => at.refuse_if(
            persistent.is_some(),
            "/teaming/@persistent",
            "the persistent device names no other",
        ),
    }
}

fn check_driver(at: At<'_>, interface: &Interface, driver: &InterfaceDriver) -> Checked {
    at.one_of(
        "/driver/@name",
        driver.name.as_ref(),
        &["qemu", "vhost", "vfio", "kvm", "xen"],
    )?;
    at.one_of("/driver/@txmode", driver.txmode.as_ref(), &["iothread", "timer"])?;
    let sizes = [
        ("rx_queue_size", driver.rx_queue_size),
        ("tx_queue_size", driver.tx_queue_size),
    ];
    for (name, size) in sizes {
        if let Some(size) = size
            && size != 0
            && !size.is_power_of_two()
        {
            return Err(at.wrong(&format!("/driver/@{name}"), format!("{size} is no power of two")));
        }
    }
    let model = interface.model.as_ref().and_then(|model| model.kind.as_deref());
    let is_virtio = model.is_none_or(|model| model.starts_with("virtio"));
    let options = [
        ("iommu", driver.iommu.is_some()),
        ("ats", driver.ats.is_some()),
        ("packed", driver.packed.is_some()),
        ("page_per_vq", driver.page_per_vq.is_some()),
    ];
    for (name, is_said) in options {
        if is_said && !is_virtio {
            let sentence = format!("'{name}' is for virtio interfaces");
            return Err(at.wrong(&format!("/driver/@{name}"), sentence));
        }
    }
    Ok(())
}

/// The addresses of an interface.
pub(super) fn check_addresses(at: At<'_>, below: &'static str, ips: &[InterfaceIp]) -> Checked {
    for (number, ip) in ips.iter().enumerate() {
        let at = at.part(below, number, &ip.rest);
        let text = at.need_text("/@address", "the attribute 'address'", ip.address.as_ref())?;
        let Ok(address) = text.parse::<std::net::IpAddr>() else {
            return Err(at.wrong("/@address", format!("'{text}' is no IP address")));
        };
        let bits = if address.is_ipv4() { 32 } else { 128 };
        at.refuse_when(
            ip.prefix.is_some_and(|prefix| prefix > bits),
            "/@prefix",
            format_args!("the prefix has more than {bits} bits"),
        )?;
        at.one_of("/@family", ip.family.as_ref(), &["ipv4", "ipv6"])?;
    }
    Ok(())
}

fn check_port_forwards(at: At<'_>, interface: &Interface) -> Checked {
    for (number, forward) in interface.port_forwards.iter().enumerate() {
        let at = at.part("/portForward", number, &forward.rest);
        at.refuse_if(
            !is_passt(interface),
            "",
            "ports are forwarded by the backend passt only",
        )?;
        check_port_forward(at, forward)?;
    }
    Ok(())
}

fn check_port_forward(at: At<'_>, forward: &PortForward) -> Checked {
    at.need("/@proto", "the attribute 'proto'", forward.proto.as_ref())?;
    at.one_of("/@proto", forward.proto.as_ref(), &["tcp", "udp"])?;
    if let Some(address) = &forward.address
        && address.parse::<std::net::IpAddr>().is_err()
    {
        return Err(at.wrong("/@address", format!("'{address}' is no IP address")));
    }
    for (number, range) in forward.ranges.iter().enumerate() {
        let below = format!("/range[{}]", number + 1);
        let at = at.on(&range.rest);
        let start = *at.need(
            &format!("{below}/@start"),
            "the attribute 'start'",
            range.start.as_ref(),
        )?;
        at.refuse_if(
            range.end.is_some_and(|end| end < start),
            &format!("{below}/@end"),
            "the range ends before it starts",
        )?;
    }
    Ok(())
}

/// What passt does for a guest needs memory shared with it.
fn check_shared_memory(
    config: &DomainConfig,
    at: At<'_>,
    kind: &InterfaceType,
    interface: &Interface,
) -> Checked {
    match *kind == InterfaceType::Vhostuser && is_passt(interface) {
        true => memory::check_shared(config, at, "/@type"),
        false => Ok(()),
    }
}
