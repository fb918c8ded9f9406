//! Network interfaces: address and model.

use virt_core::Result;
use virt_core::model::domain::devices::Interface;
use virt_core::model::{DomainConfig, MacAddress};

use super::super::refusal;

pub(super) fn fill(config: &mut DomainConfig) -> Result<()> {
    for (index, interface) in config.devices_mut().interfaces.iter_mut().enumerate() {
        let path = refusal::device("interface", index);
        check(interface, &path)?;
        let mac = interface.mac.get_or_insert_default();
        let address = *mac.address.get_or_insert_with(random_mac);
        if address.is_multicast() {
            return Err(refusal::invalid(
                format!("{path}/mac/@address"),
                format!("{address} is an address of a group"),
            ));
        }
        mac.kind = None;
        let model = interface.model.get_or_insert_default();
        let model = model.kind.get_or_insert_with(|| "rtl8139".to_owned());
        if ![
            "virtio",
            "virtio-transitional",
            "virtio-non-transitional",
            "e1000",
            "e1000e",
            "rtl8139",
        ]
        .contains(&model.as_str())
        {
            return Err(refusal::unsupported(
                format!("{path}/model/@type"),
                format!(
                    "interface model {model:?} is not supported yet; choose \"virtio\", \"e1000\", \"e1000e\" or \"rtl8139\""
                ),
            ));
        }
    }
    Ok(())
}

fn check(interface: &Interface, path: &str) -> Result<()> {
    if interface.kind.is_none() {
        return Err(refusal::invalid(path, "an interface needs a type"));
    }
    if interface
        .backend
        .as_ref()
        .and_then(|backend| backend.kind.as_deref())
        .is_some_and(|kind| kind != "default")
    {
        return Err(refusal::unsupported(
            format!("{path}/backend/@type"),
            "only QEMU's own user network is supported yet; leave it out",
        ));
    }
    driver(interface, path)?;
    let mut families = Vec::new();
    for (nth, ip) in interface.ips.iter().enumerate() {
        let ip_path = format!("{path}/ip[{}]", nth + 1);
        let Some(address) = ip.address.as_deref() else {
            return Err(refusal::invalid(ip_path, "say the address"));
        };
        let six = match address.parse::<std::net::IpAddr>() {
            Ok(parsed) => parsed.is_ipv6(),
            Err(_) => return Err(refusal::invalid(ip_path, format!("{address:?} is no IP address"))),
        };
        if ip
            .prefix
            .is_some_and(|prefix| prefix > if six { 128 } else { 32 })
        {
            return Err(refusal::invalid(ip_path, "the prefix is longer than the address"));
        }
        if ip
            .family
            .as_deref()
            .is_some_and(|family| family != if six { "ipv6" } else { "ipv4" })
        {
            return Err(refusal::invalid(ip_path, "the address is not of the family"));
        }
        if families.contains(&six) {
            return Err(refusal::invalid(
                ip_path,
                "a user network takes one address of each family",
            ));
        }
        families.push(six);
    }
    Ok(())
}

fn driver(interface: &Interface, path: &str) -> Result<()> {
    let Some(driver) = &interface.driver else {
        return Ok(());
    };
    let at = |what: &str| format!("{path}/driver/{what}");
    let model = interface
        .model
        .as_ref()
        .and_then(|model| model.kind.as_deref())
        .unwrap_or_default();
    if !model.starts_with("virtio") {
        return Err(refusal::unsupported(
            format!("{path}/driver"),
            "only virtio interfaces have driver settings; choose model \"virtio\"",
        ));
    }
    if driver.name.as_deref().is_some_and(|name| name != "qemu") {
        return Err(refusal::unsupported(
            at("@name"),
            "a user network is served by QEMU alone; choose \"qemu\" or leave it out",
        ));
    }
    if driver
        .txmode
        .as_deref()
        .is_some_and(|mode| !matches!(mode, "iothread" | "timer"))
    {
        return Err(refusal::invalid(
            at("@txmode"),
            "choose \"iothread\" or \"timer\"",
        ));
    }
    if driver
        .rx_queue_size
        .is_some_and(|size| !size.is_power_of_two() || !(256..=1024).contains(&size))
    {
        return Err(refusal::invalid(at("@rx_queue_size"), "choose 256, 512 or 1024"));
    }
    Ok(())
}

/// An address in the range QEMU and KVM guests use.
fn random_mac() -> MacAddress {
    let [a, b, c, ..] = *uuid::Uuid::new_v4().as_bytes();
    MacAddress::new([0x52, 0x54, 0x00, a, b, c])
}
