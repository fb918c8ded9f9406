//! Addresses lent to guests.

use std::time::{Duration, SystemTime};

use uuid::Uuid;

use super::addresses::offer;
use super::record::NetworkRun;
use crate::error::Result;
use crate::model::MacAddress;
use crate::network::DhcpLease;
use crate::test::world::World;

/// An interface of a guest, waiting for an address.
struct Client {
    network: String,
    mac: MacAddress,
    hostname: String,
}

impl World {
    /// The addresses lent by an active network: those of guests that still run are renewed as guests do.
    pub(in crate::test) fn network_leases(
        &mut self,
        network: Uuid,
        mac: Option<MacAddress>,
    ) -> Result<Vec<DhcpLease>> {
        let domains: Vec<Uuid> = self.domains.keys().copied().collect();
        for domain in domains {
            self.lend_addresses(domain);
        }
        let run = self.network_mut(network)?.active()?;
        let now = SystemTime::now();
        run.leases
            .retain(|lease| lease.expires.is_none_or(|expires| expires > now));
        let wanted = run
            .leases
            .iter()
            .filter(|lease| mac.is_none() || lease.mac == mac);
        let mut leases: Vec<DhcpLease> = wanted.cloned().collect();
        leases.sort_by_key(|lease| lease.ip);
        Ok(leases)
    }

    /// A guest that has booted asks for an address on each of its interfaces on a network.
    pub(in crate::test) fn lend_addresses(&mut self, domain: Uuid) {
        for client in self.clients(domain) {
            let mut records = self.networks.values_mut();
            let record = records.find(|record| record.reference().name == client.network);
            if let Some(run) = record.and_then(|record| record.run.as_mut()) {
                run.lend(&client);
            }
        }
    }

    fn clients(&self, domain: Uuid) -> Vec<Client> {
        let Some(record) = self.domains.get(&domain) else {
            return Vec::new();
        };
        if !record.run.as_ref().is_some_and(|run| run.booted) || !record.is_moving() {
            return Vec::new();
        }
        let interfaces = record.profile().interfaces.into_iter();
        interfaces
            .filter_map(|interface| {
                Some(Client {
                    network: interface.network?,
                    mac: interface.mac?,
                    hostname: record.name().to_owned(),
                })
            })
            .collect()
    }
}

impl NetworkRun {
    /// Lends an address, or renews one that is more than half used up.
    fn lend(&mut self, client: &Client) {
        let now = SystemTime::now();
        let taken: Vec<(std::net::IpAddr, Option<MacAddress>)> =
            self.leases.iter().map(|lease| (lease.ip, lease.mac)).collect();
        let is_taken = |address| {
            taken
                .iter()
                .any(|(ip, mac)| *ip == address && *mac != Some(client.mac))
        };
        let known = self.leases.iter_mut().find(|lease| lease.mac == Some(client.mac));
        let guest = (client.mac, client.hostname.as_str());
        let Some(offer) = offer(&self.config.ips, guest, is_taken) else {
            return;
        };
        let expires = |time: Option<Duration>| time.and_then(|time| now.checked_add(time));
        if let Some(lease) = known {
            let left = lease
                .expires
                .map(|end| end.duration_since(now).unwrap_or_default());
            if left.is_some_and(|left| offer.time.is_none_or(|time| left < time / 2)) {
                lease.expires = expires(offer.time);
            }
            return;
        }
        let device = self.bridge().unwrap_or_default().to_owned();
        let mut lease = DhcpLease::new(device, offer.ip, offer.prefix);
        lease.mac = Some(client.mac);
        lease.hostname = offer.hostname.or_else(|| Some(client.hostname.clone()));
        // 01 is the type of Ethernet addresses, as udhcpc and others make their ids.
        lease.client_id = Some(format!("01:{}", client.mac));
        lease.expires = expires(offer.time);
        self.leases.push(lease);
    }
}
