//! Interfaces: their two ends.

use uuid::Uuid;
use virt_core::model::DomainConfig;
use virt_core::model::domain::devices::{Interface, InterfaceType};
use virt_core::model::value::MacAddress;

/// What addresses that are made up begin with, as libvirt's.
const PREFIX: [u8; 3] = [0x52, 0x54, 0x00];

/// An interface as the container sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct GuestEnd {
    /// Its name in the container.
    pub(crate) name: String,
    /// The name of its other end on the host, where it has one that is known.
    pub(crate) host: Option<String>,
    pub(crate) mac: Option<String>,
}

/// The interfaces of a document as the container sees them.
pub(crate) fn guest_ends(config: &DomainConfig) -> Vec<GuestEnd> {
    let interfaces = config.devices.iter().flat_map(|devices| &devices.interfaces);
    (0_u32..)
        .zip(interfaces)
        .map(|(index, interface)| GuestEnd {
            // As liblxc names those without a name: by their number.
            name: guest_name(interface).unwrap_or_else(|| format!("eth{index}")),
            host: interface.target.as_ref().and_then(|target| target.dev.clone()),
            mac: interface
                .mac
                .as_ref()
                .and_then(|mac| mac.address)
                .map(|address| address.to_string()),
        })
        .collect()
}

fn guest_name(interface: &Interface) -> Option<String> {
    interface.guest.as_ref().and_then(|guest| guest.dev.clone())
}

/// Whether it is a pair of virtual interfaces, one of them on the host.
pub(crate) fn is_veth(interface: &Interface) -> bool {
    matches!(
        interface.kind,
        Some(InterfaceType::Bridge | InterfaceType::Ethernet | InterfaceType::Network)
    )
}

/// The name of the host's end of a container's interface: 15 letters at most, and the container's own.
pub(crate) fn host_end(container: Uuid, index: u32) -> String {
    let (start, ..) = container.as_fields();
    format!("lx{start:08x}n{index}")
}

/// Gives every interface an address that it keeps.
pub(crate) fn complete_interfaces(config: &mut DomainConfig) {
    let interfaces = config
        .devices
        .iter_mut()
        .flat_map(|devices| &mut devices.interfaces);
    for interface in interfaces {
        complete_interface(interface);
    }
}

pub(super) fn complete_interface(interface: &mut Interface) {
    interface
        .mac
        .get_or_insert_default()
        .address
        .get_or_insert_with(any_address);
}

fn any_address() -> MacAddress {
    let [a, b, c, ..] = Uuid::new_v4().into_bytes();
    let [x, y, z] = PREFIX;
    MacAddress::new([x, y, z, a, b, c])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_on_the_host_are_short_enough_and_of_one_container() {
        let name = host_end(Uuid::max(), 99);
        assert!(name.len() <= 15, "{name}");
        assert_ne!(
            host_end(Uuid::from_u128(1 << 100), 0),
            host_end(Uuid::from_u128(1 << 99), 0)
        );
    }

    #[test]
    fn addresses_that_are_made_up_are_of_one_interface() {
        assert!(!any_address().is_multicast());
        assert_ne!(any_address(), any_address());
    }
}
