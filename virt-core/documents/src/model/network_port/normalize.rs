//! A port as libvirt gives it back.

use super::config::NetworkPortConfig;
use crate::model::port_rules::{normalize_bandwidth, normalize_virtualport, normalize_vlan};
use crate::model::value::AddressNumber;

impl NetworkPortConfig {
    /// The document as libvirt gives it back: in its order and spelling, what means nothing left out. What this
    /// version does not understand is kept.
    #[must_use]
    pub fn normalized(&self) -> Self {
        let mut port = self.canonical();
        normalize_virtualport(&mut port.virtualport);
        normalize_bandwidth(&mut port.bandwidth);
        port.vlan.iter_mut().for_each(normalize_vlan);
        port.port = port.port.take().filter(|port| port.isolated.is_some());
        port.rxfilters = port
            .rxfilters
            .take()
            .filter(|filters| filters.trust_guest.is_some());
        if let Some(address) = port.plug.as_mut().and_then(|plug| plug.address.as_mut()) {
            address.kind = None;
            address.multifunction = None;
            address.domain.get_or_insert_default();
            address.function.get_or_insert_default();
            let hexadecimal = |number: Option<AddressNumber>| {
                Some(AddressNumber::hexadecimal(number.unwrap_or_default().value()))
            };
            address.bus = hexadecimal(address.bus);
            address.slot = hexadecimal(address.slot);
        }
        port
    }
}
