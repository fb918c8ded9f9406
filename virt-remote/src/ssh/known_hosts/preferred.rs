//! Which kind of key a machine is asked for.

use russh::keys::{Algorithm, EcdsaCurve, HashAlg};

use super::key::Marker;
use super::name::HostKeyName;
use super::store::KnownHosts;

/// The algorithms a machine is asked to prove itself with, best first. Both lists fit russh's `Preferred`
/// (`host_key_certificates` and `key`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PreferredAlgorithms {
    /// The kinds of certificate. Empty where no authority is trusted for the machine: its plain key is then wanted.
    pub certificates: Vec<Algorithm>,
    /// The kinds of plain key.
    pub keys: Vec<Algorithm>,
}

/// OpenSSH's order. SHA-1 signatures (`ssh-rsa`) are left out, as there.
const ORDER: [Algorithm; 6] = [
    Algorithm::Ed25519,
    Algorithm::Ecdsa {
        curve: EcdsaCurve::NistP256,
    },
    Algorithm::Ecdsa {
        curve: EcdsaCurve::NistP384,
    },
    Algorithm::Ecdsa {
        curve: EcdsaCurve::NistP521,
    },
    Algorithm::Rsa {
        hash: Some(HashAlg::Sha512),
    },
    Algorithm::Rsa {
        hash: Some(HashAlg::Sha256),
    },
];

impl KnownHosts {
    /// Which kinds of key to ask `name` for: those it is known by first, so that a machine known by its ECDSA key shows
    /// that one and not another.
    #[must_use]
    pub fn preferred_algorithms(&self, name: &HostKeyName) -> PreferredAlgorithms {
        let mut known = self.keys(name);
        if let Some(plain) = name.without_port()
            && !known.iter().any(|known| known.marker == Marker::Host)
        {
            known.extend(self.keys(&plain));
        }
        let has_authority = known.iter().any(|known| known.marker == Marker::CertAuthority);
        let mut keys = ORDER.to_vec();
        // The sort is stable: each half keeps the order.
        keys.sort_by_key(|algorithm| {
            !known
                .iter()
                .any(|known| known.marker == Marker::Host && same_kind(&known.key.algorithm(), algorithm))
        });
        PreferredAlgorithms {
            certificates: if has_authority { ORDER.to_vec() } else { Vec::new() },
            keys,
        }
    }
}

/// Whether a key of the one kind can make the other's signature.
fn same_kind(key: &Algorithm, signature: &Algorithm) -> bool {
    key == signature || matches!((key, signature), (Algorithm::Rsa { .. }, Algorithm::Rsa { .. }))
}
