//! What objects are called by on the wire, and here.

use uuid::Uuid;
use virt_core::connection::HypervisorVersion;
use virt_core::domain::DomainRef;
use virt_core::model::secret::SecretUsageType;
use virt_core::network::{NetworkPortRef, NetworkRef};
use virt_core::node_device::NodeDeviceRef;
use virt_core::secret::{SecretRef, SecretUsageId};
use virt_core::storage::StoragePoolRef;
use virt_core::{Error, ErrorKind};

use crate::protocol::remote::object::{Domain, Network, NetworkPort, NodeDevice, Secret, StoragePool};

/// How many names an error shows.
const SHOWN: usize = 5;

/// A domain as the daemon is told of it. It goes by the uuid; the name is for its messages only, and the number of the
/// run for nobody.
pub(super) fn domain(uuid: Uuid) -> Domain {
    Domain {
        name: uuid.to_string().into(),
        uuid,
        id: -1,
    }
}

/// A domain as the daemon told of it.
pub(super) fn domain_ref(domain: &Domain) -> DomainRef {
    DomainRef::new(domain.uuid, domain.name.text())
}

/// The number of a domain's run, as the daemon told of it.
pub(super) fn run_id(domain: &Domain) -> Option<u32> {
    u32::try_from(domain.id).ok()
}

/// A network as the daemon is told of it. It goes by the uuid; the name is for its messages only.
pub(super) fn network(network: &NetworkRef) -> Network {
    Network {
        name: network.name.as_str().into(),
        uuid: network.uuid,
    }
}

/// A network as the daemon told of it.
pub(super) fn network_ref(network: &Network) -> NetworkRef {
    NetworkRef::new(network.uuid, network.name.text())
}

/// A port of a network as the daemon is told of it.
pub(super) fn port(port: &NetworkPortRef) -> NetworkPort {
    NetworkPort {
        net: network(&port.network),
        uuid: port.uuid,
    }
}

/// A port of a network as the daemon told of it.
pub(super) fn port_ref(port: &NetworkPort) -> NetworkPortRef {
    NetworkPortRef::new(network_ref(&port.net), port.uuid)
}

/// A storage pool as the daemon told of it.
pub(super) fn pool_ref(pool: &StoragePool) -> StoragePoolRef {
    StoragePoolRef::new(pool.uuid, pool.name.text())
}

/// A device as the daemon told of it.
pub(super) fn device_ref(device: &NodeDevice) -> NodeDeviceRef {
    NodeDeviceRef::new(device.name.text())
}

/// `virSecretUsageType`, in its order.
const USAGES: &[SecretUsageType] = &[
    SecretUsageType::None,
    SecretUsageType::Volume,
    SecretUsageType::Ceph,
    SecretUsageType::Iscsi,
    SecretUsageType::Tls,
    SecretUsageType::Vtpm,
];

/// The number of a use, if the protocol has one.
pub(super) fn usage_number(kind: &SecretUsageType) -> Option<i32> {
    if let SecretUsageType::Unknown(number) = kind {
        // One of a newer daemon, as it was told by `secret_ref`.
        return number.parse().ok();
    }
    let position = USAGES.iter().position(|known| known == kind)?;
    i32::try_from(position).ok()
}

/// A secret as the daemon is told of it. It goes by the uuid.
pub(super) fn secret(secret: &SecretRef) -> Secret {
    let usage = secret.usage.as_ref();
    Secret {
        uuid: secret.uuid,
        usage_type: usage
            .and_then(|usage| usage_number(&usage.kind))
            .unwrap_or_default(),
        usage_id: usage.map_or("", |usage| usage.id.as_str()).into(),
    }
}

/// A secret as the daemon told of it.
pub(super) fn secret_ref(secret: &Secret) -> SecretRef {
    let known = usize::try_from(secret.usage_type).ok();
    let kind = match known.and_then(|position| USAGES.get(position)) {
        Some(SecretUsageType::None) => return SecretRef::new(secret.uuid, None),
        Some(kind) => kind.clone(),
        None => SecretUsageType::from(secret.usage_type.to_string().as_str()),
    };
    SecretRef::new(
        secret.uuid,
        Some(SecretUsageId::new(kind, secret.usage_id.text())),
    )
}

/// A version as the protocol has it: a million for each major one, a thousand for each minor one.
pub(super) fn version(version: u64) -> HypervisorVersion {
    let part = |number: u64| u32::try_from(number).unwrap_or(u32::MAX);
    HypervisorVersion {
        major: part(version / 1_000_000),
        minor: part(version / 1000 % 1000),
        micro: part(version % 1000),
    }
}

/// "There is none such", naming a few that do exist, where that is known.
pub(super) fn no_such(what: &str, there_are: Option<Vec<String>>) -> Error {
    let message = match there_are {
        None => format!("no such {what}"),
        Some(names) if names.is_empty() => format!("no such {what} (there is none at all)"),
        Some(mut names) => {
            names.sort_unstable();
            let more = if names.len() > SHOWN { ", …" } else { "" };
            names.truncate(SHOWN);
            format!("no such {what} (there are: {}{more})", names.join(", "))
        }
    };
    Error::new(ErrorKind::NotFound, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_use_this_version_does_not_know_comes_back_as_it_was_told() {
        let told = Secret {
            uuid: Uuid::nil(),
            usage_type: 17,
            usage_id: "of tomorrow".into(),
        };
        let known = secret_ref(&told);
        assert_eq!(secret(&known).usage_type, 17);
        assert_eq!(usage_number(&SecretUsageType::Vtpm), Some(5));
    }

    #[test]
    fn only_a_few_of_those_there_are_are_named() {
        let names = (0..9).rev().map(|number| format!("n{number}")).collect();
        let error = no_such("network", Some(names));
        assert_eq!(
            error.message(),
            "no such network (there are: n0, n1, n2, n3, n4, …)"
        );
    }
}
