//! What a guest's agent sees of its guest.

use super::Guest;
use crate::agent::{GuestAddress, GuestInterface, GuestOs};
use crate::params::Params;
use crate::test::document::Profile;

/// Where the guest has file systems.
pub(in crate::test) const MOUNTPOINTS: &[&str] = &["/", "/srv"];

/// Its network interfaces: loopback, and one per interface of the domain; the first has the guest's addresses.
pub(in crate::test) fn interfaces(guest: &Guest, profile: &Profile) -> Vec<GuestInterface> {
    let loopback = GuestAddress {
        ip: std::net::Ipv4Addr::LOCALHOST.into(),
        prefix: 8,
    };
    let mut interfaces = vec![GuestInterface::new("lo", None, vec![loopback])];
    for (position, interface) in profile.interfaces.iter().enumerate() {
        let addresses = if position == 0 {
            guest.addresses.clone()
        } else {
            Vec::new()
        };
        interfaces.push(GuestInterface::new(
            format!("eth{position}"),
            interface.mac.map(|mac| mac.to_string()),
            addresses,
        ));
    }
    interfaces
}

/// Its operating system.
pub(in crate::test) fn os() -> GuestOs {
    let said = |text: &str| Some(text.to_owned());
    GuestOs {
        id: said("testos"),
        name: said("Test OS"),
        pretty_name: said("Test OS 1.0"),
        version: said("1.0 (Reference)"),
        version_id: said("1.0"),
        machine: said("x86_64"),
        kernel_release: said("1.0.0-test"),
        kernel_version: said("#1 in memory"),
        variant: None,
        rest: Params::new(),
    }
}
