//! Which address a guest gets.

use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use crate::model::MacAddress;
use crate::model::network::{Dhcp, DhcpHost, DhcpLease as LeaseTime, DhcpRange, LeaseUnit, NetworkIp};

/// How long an address is lent where the network does not say.
const DEFAULT_TIME: Duration = Duration::from_secs(3600);

/// An address for a guest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Offer {
    pub(super) ip: IpAddr,
    pub(super) prefix: u8,
    /// The name the network has for the guest.
    pub(super) hostname: Option<String>,
    /// For how long; `None` for ever.
    pub(super) time: Option<Duration>,
}

/// The address this guest gets: the one that is kept for it, else the first of the ranges that is free. IPv4 only.
pub(super) fn offer(
    ips: &[NetworkIp],
    (mac, name): (MacAddress, &str),
    is_taken: impl Fn(IpAddr) -> bool,
) -> Option<Offer> {
    let mut served = ips.iter().filter_map(|ip| {
        let is_v4 = ip.address.is_some_and(|address| address.is_ipv4());
        Some((ip, ip.dhcp.as_ref().filter(|_| is_v4)?))
    });
    served.find_map(|(ip, dhcp)| {
        let prefix = ip.prefix_len()?;
        if let Some(host) = kept_for(dhcp, mac, name) {
            return Some(Offer {
                ip: host.ip?,
                prefix,
                hostname: host.name.clone(),
                time: time_of(host.lease.as_ref()),
            });
        }
        let is_kept = |address: IpAddr| dhcp.hosts.iter().any(|host| host.ip == Some(address));
        let free = |range: &DhcpRange| {
            let address = addresses(range)?.find(|address| !is_taken(*address) && !is_kept(*address))?;
            Some((address, time_of(range.lease.as_ref())))
        };
        let (address, time) = dhcp.ranges.iter().find_map(free)?;
        Some(Offer {
            ip: address,
            prefix,
            hostname: None,
            time,
        })
    })
}

fn kept_for<'a>(dhcp: &'a Dhcp, mac: MacAddress, name: &str) -> Option<&'a DhcpHost> {
    let by_mac = dhcp.hosts.iter().find(|host| host.mac == Some(mac));
    by_mac.or_else(|| {
        let mut unbound = dhcp.hosts.iter().filter(|host| host.mac.is_none());
        unbound.find(|host| host.name.as_deref() == Some(name))
    })
}

/// The addresses of a range, one after the other.
fn addresses(range: &DhcpRange) -> Option<impl Iterator<Item = IpAddr> + use<>> {
    match (range.start?, range.end?) {
        (IpAddr::V4(start), IpAddr::V4(end)) => {
            let numbers = u32::from(start)..=u32::from(end);
            Some(numbers.map(|number| IpAddr::V4(Ipv4Addr::from(number))))
        }
        _ => None,
    }
}

fn time_of(lease: Option<&LeaseTime>) -> Option<Duration> {
    let Some(lease) = lease else {
        return Some(DEFAULT_TIME);
    };
    let seconds_each = match lease.unit {
        Some(LeaseUnit::Seconds) => 1,
        Some(LeaseUnit::Hours) => 3600,
        _ => 60,
    };
    match lease.expiry {
        None => Some(DEFAULT_TIME),
        Some(0) => None,
        Some(count) => Some(Duration::from_secs(count.saturating_mul(seconds_each))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::NetworkConfig;

    fn ips() -> Vec<NetworkIp> {
        let address = |last| Ipv4Addr::new(10, 0, 0, last);
        let kept = DhcpHost::new(MacAddress::new([2, 0, 0, 0, 0, 9]), address(10)).with_name("kept");
        let config = NetworkConfig::builder("lab")
            .ip(address(1), 24)
            .dhcp_range(address(10), address(12))
            .dhcp_host(kept)
            .build()
            .unwrap();
        config.ips
    }

    fn given(mac: u8, taken: &[u8]) -> Option<Ipv4Addr> {
        let guest = (MacAddress::new([2, 0, 0, 0, 0, mac]), "guest");
        let is_taken = |address: IpAddr| {
            taken
                .iter()
                .any(|last| address == IpAddr::from([10, 0, 0, *last]))
        };
        match offer(&ips(), guest, is_taken)?.ip {
            IpAddr::V4(address) => Some(address),
            IpAddr::V6(_) => None,
        }
    }

    #[test]
    fn an_address_that_is_kept_for_one_guest_is_given_to_no_other() {
        assert_eq!(given(9, &[]), Some(Ipv4Addr::new(10, 0, 0, 10)));
        assert_eq!(given(1, &[]), Some(Ipv4Addr::new(10, 0, 0, 11)));
    }

    #[test]
    fn a_range_that_is_used_up_gives_nothing() {
        assert_eq!(given(1, &[11]), Some(Ipv4Addr::new(10, 0, 0, 12)));
        assert_eq!(given(1, &[11, 12]), None);
    }
}
