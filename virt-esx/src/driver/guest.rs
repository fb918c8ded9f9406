//! What VMware Tools tell of a guest, in the core's words. Pure.

use std::collections::HashMap;
use std::net::IpAddr;

use virt_core::agent::{GuestAddress, GuestInterface, GuestOs};

use crate::vim::{GuestInfo, GuestNicInfo};

/// A guest's interfaces: by the name of the network that each is connected to, as libvirt has it, since Tools do not tell
/// the guest's own names. Interfaces that are none of the machine's cards (VPNs, bridges) are among them.
pub(super) fn guest_interfaces(cards: &[GuestNicInfo]) -> Vec<GuestInterface> {
    cards.iter().map(interface).collect()
}

fn interface(card: &GuestNicInfo) -> GuestInterface {
    let configured = card.ip_config.iter().flat_map(|config| &config.ip_address);
    let mut addresses: Vec<GuestAddress> = configured
        .filter_map(|address| {
            let ip: IpAddr = address.ip_address.parse().ok()?;
            let prefix = u8::try_from(address.prefix_length).ok();
            let prefix = prefix.filter(|prefix| *prefix <= whole(ip));
            let prefix = prefix.unwrap_or_else(|| whole(ip));
            Some(GuestAddress { ip, prefix })
        })
        .collect();
    // Old Tools tell addresses without their networks.
    for text in &card.ip_address {
        let Ok(ip) = text.parse::<IpAddr>() else { continue };
        if !addresses.iter().any(|known| known.ip == ip) {
            addresses.push(GuestAddress {
                ip,
                prefix: whole(ip),
            });
        }
    }
    let mac = card.mac_address.clone().filter(|mac| !mac.is_empty());
    GuestInterface::new(card.network.clone().unwrap_or_default(), mac, addresses)
}

/// The prefix of an address by itself.
fn whole(ip: IpAddr) -> u8 {
    if ip.is_ipv4() { 32 } else { 128 }
}

/// A guest's operating system: what newer Tools tell in detail, else what the machine was said to be for.
pub(super) fn guest_os(guest: &GuestInfo) -> GuestOs {
    let details = guest
        .guest_detailed_data
        .as_deref()
        .map(details)
        .unwrap_or_default();
    let detail = |name: &str| details.get(name).cloned().filter(|value| !value.is_empty());
    let guest_id = guest.guest_id.as_deref().unwrap_or_default();
    let mut os = GuestOs::default();
    os.id = id_of(guest_id);
    os.name = detail("distroName").or_else(|| guest.guest_full_name.clone());
    os.pretty_name = detail("prettyName").or_else(|| guest.guest_full_name.clone());
    os.version = detail("distroVersion");
    os.version_id = detail("distroVersion");
    os.kernel_release = detail("kernelVersion");
    os.machine = match (detail("architecture").as_deref(), detail("bitness").as_deref()) {
        (Some("X86"), Some("64")) => Some("x86_64".to_owned()),
        (Some("X86"), Some("32")) => Some("i686".to_owned()),
        (Some("Arm"), Some("64")) => Some("aarch64".to_owned()),
        _ if guest_id.ends_with("64Guest") || guest_id.ends_with("Guest64") => Some("x86_64".to_owned()),
        _ if guest_id.ends_with("Guest") => Some("i686".to_owned()),
        _ => None,
    };
    os
}

/// `name='value' name='value'`, where `\'` is a quote.
fn details(text: &str) -> HashMap<String, String> {
    let mut found = HashMap::new();
    let mut rest = text.trim_start();
    while let Some((name, after)) = rest.split_once("='") {
        let mut value = String::new();
        let mut letters = after.char_indices();
        let mut end = after.len();
        while let Some((index, letter)) = letters.next() {
            match letter {
                '\'' => {
                    end = index.saturating_add(1);
                    break;
                }
                '\\' => value.extend(letters.next().map(|(_, letter)| letter)),
                letter => value.push(letter),
            }
        }
        found.insert(name.trim().to_owned(), value);
        rest = after.get(end..).unwrap_or_default();
    }
    found
}

/// An id as agents of QEMU tell it: `debian` of `debian10_64Guest`, `mswindows` of all of Windows.
fn id_of(guest_id: &str) -> Option<String> {
    if guest_id.starts_with("win") {
        return Some("mswindows".to_owned());
    }
    let name = guest_id.strip_suffix("Guest").unwrap_or(guest_id);
    let name: String = name
        .chars()
        .take_while(|letter| letter.is_ascii_alphabetic())
        .collect();
    let name = name.to_ascii_lowercase();
    (!name.is_empty() && !name.starts_with("other")).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vim::{NetIpConfigInfo, NetIpConfigInfoIpAddress};

    #[test]
    fn interfaces_have_their_addresses_with_prefixes() {
        let address = |ip: &str, prefix_length: i32| NetIpConfigInfoIpAddress {
            ip_address: ip.to_owned(),
            prefix_length,
            ..NetIpConfigInfoIpAddress::default()
        };
        let card = GuestNicInfo {
            network: Some("VM Network".to_owned()),
            mac_address: Some("00:50:56:00:00:01".to_owned()),
            ip_address: vec!["10.0.0.5".to_owned(), "192.0.2.7".to_owned(), "?".to_owned()],
            ip_config: Some(NetIpConfigInfo {
                ip_address: vec![address("10.0.0.5", 8), address("fe80::1", 64)],
                ..NetIpConfigInfo::default()
            }),
            ..GuestNicInfo::default()
        };
        let interfaces = guest_interfaces(&[card, GuestNicInfo::default()]);
        let told: Vec<(String, u8)> = interfaces[0]
            .addresses
            .iter()
            .map(|address| (address.ip.to_string(), address.prefix))
            .collect();
        let wanted = [("10.0.0.5", 8), ("fe80::1", 64), ("192.0.2.7", 32)];
        assert_eq!(told, wanted.map(|(ip, prefix)| (ip.to_owned(), prefix)));
        assert_eq!(interfaces[0].name, "VM Network");
        assert_eq!(
            (interfaces[1].mac.as_ref(), interfaces[1].addresses.len()),
            (None, 0)
        );
    }

    #[test]
    fn a_system_is_told_in_detail_where_tools_do() {
        let mut guest = GuestInfo {
            guest_id: Some("debian10_64Guest".to_owned()),
            guest_full_name: Some("Debian GNU/Linux 10 (64-bit)".to_owned()),
            ..GuestInfo::default()
        };
        let os = guest_os(&guest);
        assert_eq!(os.id.as_deref(), Some("debian"));
        assert_eq!(os.name.as_deref(), Some("Debian GNU/Linux 10 (64-bit)"));
        assert_eq!(os.machine.as_deref(), Some("x86_64"));
        guest.guest_detailed_data = Some(
            "architecture='X86' bitness='64' distroName='Debian' distroVersion='10' kernelVersion='4.19.0-8' \
             prettyName='Debian\\'s own'"
                .to_owned(),
        );
        let os = guest_os(&guest);
        assert_eq!(
            (
                os.name.as_deref(),
                os.version.as_deref(),
                os.kernel_release.as_deref()
            ),
            (Some("Debian"), Some("10"), Some("4.19.0-8"))
        );
        assert_eq!(os.pretty_name.as_deref(), Some("Debian's own"));
    }

    #[test]
    fn ids_are_as_other_agents_tell_them() {
        for (guest_id, id) in [
            ("windows9Server64Guest", Some("mswindows")),
            ("ubuntu64Guest", Some("ubuntu")),
            ("rhel7_64Guest", Some("rhel")),
            ("otherGuest", None),
            ("other3xLinux64Guest", None),
            ("", None),
        ] {
            assert_eq!(id_of(guest_id).as_deref(), id, "{guest_id}");
        }
        for broken in ["=", "a='", "a='b", "a=b", "a='\\"] {
            let _whatever = details(broken);
        }
    }
}
