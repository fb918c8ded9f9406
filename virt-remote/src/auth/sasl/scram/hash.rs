//! The hashes that SCRAM is made of.

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha1::Sha1;
use sha2::{Digest as _, Sha256, Sha512};
use zeroize::Zeroizing;

/// Bytes that are gone from memory when they are dropped.
pub(super) type SecretBytes = Zeroizing<Vec<u8>>;

/// Which hash SCRAM is used with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Hash {
    /// RFC 5802.
    Sha1,
    /// RFC 7677.
    Sha256,
    /// As RFC 7677, by the name that is in use.
    Sha512,
}

impl Hash {
    /// The mechanism's name.
    pub(crate) const fn mechanism(self) -> &'static str {
        match self {
            Self::Sha1 => "SCRAM-SHA-1",
            Self::Sha256 => "SCRAM-SHA-256",
            Self::Sha512 => "SCRAM-SHA-512",
        }
    }

    /// `H(data)`.
    pub(super) fn hash(self, data: &[u8]) -> SecretBytes {
        Zeroizing::new(match self {
            Self::Sha1 => Sha1::digest(data).to_vec(),
            Self::Sha256 => Sha256::digest(data).to_vec(),
            Self::Sha512 => Sha512::digest(data).to_vec(),
        })
    }

    /// `HMAC(key, data)`.
    pub(super) fn hmac(self, key: &[u8], data: &[u8]) -> SecretBytes {
        // A key may have any length: there is no error.
        macro_rules! code {
            ($hash:ty) => {
                Hmac::<$hash>::new_from_slice(key)
                    .map(|mac| mac.chain_update(data).finalize().into_bytes().to_vec())
                    .unwrap_or_default()
            };
        }
        Zeroizing::new(match self {
            Self::Sha1 => code!(Sha1),
            Self::Sha256 => code!(Sha256),
            Self::Sha512 => code!(Sha512),
        })
    }

    /// Whether `code` is `HMAC(key, data)`; it takes as long when it is not.
    pub(super) fn is_hmac(self, key: &[u8], data: &[u8], code: &[u8]) -> bool {
        macro_rules! check {
            ($hash:ty) => {
                Hmac::<$hash>::new_from_slice(key)
                    .is_ok_and(|mac| mac.chain_update(data).verify_slice(code).is_ok())
            };
        }
        match self {
            Self::Sha1 => check!(Sha1),
            Self::Sha256 => check!(Sha256),
            Self::Sha512 => check!(Sha512),
        }
    }

    /// `Hi(password, salt, rounds)`, which is PBKDF2.
    pub(super) fn salted(self, password: &[u8], salt: &[u8], rounds: u32) -> SecretBytes {
        let length = match self {
            Self::Sha1 => 20,
            Self::Sha256 => 32,
            Self::Sha512 => 64,
        };
        let mut salted = Zeroizing::new(vec![0; length]);
        match self {
            Self::Sha1 => pbkdf2::pbkdf2_hmac::<Sha1>(password, salt, rounds, &mut salted),
            Self::Sha256 => pbkdf2::pbkdf2_hmac::<Sha256>(password, salt, rounds, &mut salted),
            Self::Sha512 => pbkdf2::pbkdf2_hmac::<Sha512>(password, salt, rounds, &mut salted),
        }
        salted
    }
}
