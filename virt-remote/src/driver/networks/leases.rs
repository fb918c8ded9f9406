//! Addresses lent by a network.

use std::time::{Duration, UNIX_EPOCH};

use virt_core::model::MacAddress;
use virt_core::network::{DhcpLease, NetworkRef};
use virt_core::{CallContext, Error, ErrorKind, Result};

use crate::driver::{RemoteConnection, objects};
use crate::protocol::remote::network::{NetworkDhcpLease, NetworkGetDhcpLeases, NetworkGetDhcpLeasesArgs};
use crate::protocol::xdr::XdrString;

impl RemoteConnection {
    pub(super) async fn network_leases(
        &self,
        call: &CallContext,
        network: &NetworkRef,
        mac: Option<MacAddress>,
    ) -> Result<Vec<DhcpLease>> {
        let args = NetworkGetDhcpLeasesArgs {
            net: objects::network(network),
            mac: mac.map(|mac| mac.to_string().into()),
            need_results: 1,
            flags: 0,
        };
        // The daemon reads what its server has written, whether the network is active or not.
        let (lent, active) = tokio::join!(
            self.link.call::<NetworkGetDhcpLeases>(call, &args),
            self.refuse_inactive(call, network),
        );
        active?;
        let leases: Result<Vec<DhcpLease>> = lent?.leases.into_iter().map(lease).collect();
        let mut leases = leases?;
        leases.sort_by_key(|lease| lease.ip);
        Ok(leases)
    }
}

fn lease(told: NetworkDhcpLease) -> Result<DhcpLease> {
    let address = told.ipaddr.text();
    let (Ok(ip), Ok(prefix)) = (address.parse(), u8::try_from(told.prefix)) else {
        let message = format!(
            "the daemon told of a lease of no address: {address:?}/{}",
            told.prefix
        );
        return Err(Error::new(ErrorKind::Corrupt, message));
    };
    let text = |text: Option<XdrString>| text.map(XdrString::into_text).filter(|text| !text.is_empty());
    let mut lease = DhcpLease::new(told.iface.into_text(), ip, prefix);
    // Of an IPv6 lease it is what the server has heard, which may be no Ethernet address.
    lease.mac = text(told.mac).and_then(|mac| mac.parse().ok());
    lease.hostname = text(told.hostname);
    lease.client_id = text(told.clientid);
    lease.iaid = text(told.iaid);
    lease.expires = match u64::try_from(told.expirytime) {
        Ok(0) | Err(_) => None,
        Ok(seconds) => UNIX_EPOCH.checked_add(Duration::from_secs(seconds)),
    };
    Ok(lease)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(address: &str, expirytime: i64) -> NetworkDhcpLease {
        NetworkDhcpLease {
            iface: "virbr0".into(),
            expirytime,
            type_: 0,
            mac: Some("52:54:00:00:00:01".into()),
            iaid: None,
            ipaddr: address.into(),
            prefix: 24,
            hostname: Some("".into()),
            clientid: Some("01:52:54:00:00:00:01".into()),
        }
    }

    #[test]
    fn an_endless_lease_has_no_end_and_an_empty_name_is_none() {
        let lease = lease(told("192.168.122.7", 0)).unwrap();
        assert_eq!((lease.expires, lease.hostname), (None, None));
        assert_eq!(lease.mac, Some(MacAddress::new([0x52, 0x54, 0, 0, 0, 1])));
    }

    #[test]
    fn a_lease_of_no_address_is_told_of() {
        let error = lease(told("nowhere", 1)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Corrupt);
        assert!(error.to_string().contains("nowhere"), "{error}");
    }
}
