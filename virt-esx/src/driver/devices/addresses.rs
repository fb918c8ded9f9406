//! The addresses of guests.

use std::net::IpAddr;

use uuid::Uuid;
use virt_core::agent::{GuestAddress, GuestInterface};
use virt_core::domain::AddressSource;
use virt_core::{CallContext, Error, ErrorKind, Outcome, Result, Subject};

use super::super::{EsxDriver, not_valid};
use crate::property;
use crate::vim::{GuestNicInfo, VirtualMachinePowerState as Power};

impl EsxDriver {
    /// What VMware Tools tell of the interfaces of the guest.
    pub(super) async fn addresses(
        &self,
        call: &CallContext,
        domain: Uuid,
        source: AddressSource,
    ) -> Result<Vec<GuestInterface>> {
        if source != AddressSource::Agent {
            return Err(Error::unsupported(
                "ESX knows the addresses of guests through VMware Tools (source agent) and by no other way",
            ));
        }
        let (reference, machine) = self.server.inventory.machine(domain)?;
        if machine.power != Power::PoweredOn {
            return Err(not_valid(&machine, "only a guest that runs has addresses"));
        }
        if !machine.tools_run {
            let message = "VMware Tools do not run in the guest, and nothing else tells its addresses";
            return Err(Error::new(ErrorKind::AgentUnavailable, message)
                .with_outcome(Outcome::NotApplied)
                .with_subject(Subject::Domain(machine.name)));
        }
        let mut read = property::of_object(&self.server.session, call, &reference, &["guest.net"]).await?;
        let cards = read.remove("guest.net").and_then(|list| list.list().ok());
        let cards: Vec<GuestNicInfo> = cards.unwrap_or_default();
        Ok(cards.iter().map(interface).collect())
    }
}

/// The tools do not tell the names that interfaces have in the guest: it is the network's, as with libvirt.
fn interface(card: &GuestNicInfo) -> GuestInterface {
    let mac = card.mac_address.clone();
    let name = card.network.clone().filter(|name| !name.is_empty());
    let name = name.or_else(|| mac.clone()).unwrap_or_default();
    let configured = card.ip_config.as_ref().map(|config| &config.ip_address);
    let addresses = match configured {
        Some(configured) => configured
            .iter()
            .filter_map(|address| {
                let ip = parsed(&address.ip_address)?;
                let prefix = u8::try_from(address.prefix_length).unwrap_or_else(|_| whole(ip));
                Some(GuestAddress { ip, prefix })
            })
            .collect(),
        // Older tools tell no prefix.
        None => card
            .ip_address
            .iter()
            .filter_map(|address| {
                let ip = parsed(address)?;
                Some(GuestAddress {
                    ip,
                    prefix: whole(ip),
                })
            })
            .collect(),
    };
    GuestInterface::new(name, mac, addresses)
}

/// An address, which may have a zone.
fn parsed(text: &str) -> Option<IpAddr> {
    let address = text.split_once('%').map_or(text, |(address, _)| address);
    address.trim().parse().ok()
}

fn whole(ip: IpAddr) -> u8 {
    match ip {
        IpAddr::V4(_) => 32,
        IpAddr::V6(_) => 128,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_told_with_their_prefix() {
        let card = GuestNicInfo {
            ip_address: vec!["10.0.0.5".to_owned(), "fe80::1%eth0".to_owned(), "x".to_owned()],
            mac_address: Some("00:50:56:00:00:01".to_owned()),
            ..GuestNicInfo::default()
        };
        let told = interface(&card);
        assert_eq!(told.name, "00:50:56:00:00:01");
        let prefixes: Vec<u8> = told.addresses.iter().map(|address| address.prefix).collect();
        assert_eq!(prefixes, [32, 128]);
    }
}
