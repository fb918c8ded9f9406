//! The algorithms offered, most wanted first.

use std::borrow::Cow;

use russh::{Preferred, cipher};

use crate::ssh::known_hosts::PreferredAlgorithms;

/// Where the processor has AES, AES-GCM is about twice as fast as ChaCha20.
const WITH_AES: &[cipher::Name] = &[
    cipher::AES_128_GCM,
    cipher::AES_256_GCM,
    cipher::CHACHA20_POLY1305,
    cipher::AES_256_CTR,
    cipher::AES_192_CTR,
    cipher::AES_128_CTR,
];

/// Without it, AES in software is slow and leaks by its timing.
const WITHOUT_AES: &[cipher::Name] = &[
    cipher::CHACHA20_POLY1305,
    cipher::AES_128_GCM,
    cipher::AES_256_GCM,
    cipher::AES_256_CTR,
    cipher::AES_192_CTR,
    cipher::AES_128_CTR,
];

/// What is offered to a machine that is to prove itself with one of `host_keys`.
pub(super) fn preferred(host_keys: &PreferredAlgorithms) -> Preferred {
    Preferred {
        host_key_certificates: Cow::Owned(host_keys.certificates.clone()),
        key: Cow::Owned(host_keys.keys.clone()),
        cipher: Cow::Borrowed(if has_aes() { WITH_AES } else { WITHOUT_AES }),
        ..Preferred::DEFAULT
    }
}

#[cfg(any(target_arch = "x86_64", target_arch = "x86"))]
fn has_aes() -> bool {
    std::arch::is_x86_feature_detected!("aes")
}

#[cfg(target_arch = "aarch64")]
fn has_aes() -> bool {
    std::arch::is_aarch64_feature_detected!("aes")
}

#[cfg(not(any(target_arch = "x86_64", target_arch = "x86", target_arch = "aarch64")))]
fn has_aes() -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_safe_cipher_is_offered_either_way() {
        assert_eq!(WITH_AES.len(), WITHOUT_AES.len());
        assert!(WITH_AES.iter().all(|name| WITHOUT_AES.contains(name)));
    }
}
