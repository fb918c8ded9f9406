//! The algorithms offered, most wanted first.

use std::borrow::Cow;

use russh::keys::Algorithm;
use russh::{Preferred, cipher, kex};
use virt_core::{Error, ErrorKind, Result};

use super::algorithm_list::apply;
use crate::ssh::config::Algorithms;
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

/// Names russh has for no protection at all. No configuration brings them back.
const NO_PROTECTION: &[&str] = &["none", "clear"];

/// What is offered to a machine that is to prove itself with one of `host_keys`, changed as the user wants it.
///
/// # Errors
/// `Unsupported`, naming the keyword, where nothing is left of a list.
pub(super) fn preferred(host_keys: &PreferredAlgorithms, wanted: &Algorithms) -> Result<Preferred> {
    let usual = if has_aes() { WITH_AES } else { WITHOUT_AES };
    let cipher = choose("Ciphers", wanted.ciphers.as_deref(), usual)?;
    let mac = choose("MACs", wanted.macs.as_deref(), &Preferred::DEFAULT.mac)?;
    let (marks, exchanges): (Vec<kex::Name>, Vec<kex::Name>) =
        Preferred::DEFAULT.kex.iter().partition(|name| is_mark(name));
    let mut kex = choose("KexAlgorithms", wanted.key_exchange.as_deref(), &exchanges)?;
    kex.extend(marks);
    let (certificates, keys) = host_key_kinds(host_keys, wanted.host_key.as_deref())?;
    Ok(Preferred {
        kex: Cow::Owned(kex),
        host_key_certificates: Cow::Owned(certificates),
        key: Cow::Owned(keys),
        cipher: Cow::Owned(cipher),
        mac: Cow::Owned(mac),
        ..Preferred::DEFAULT
    })
}

/// Names in the list of key exchanges that are none: what the client can do besides.
fn is_mark(name: &kex::Name) -> bool {
    let name: &str = name.as_ref();
    name.starts_with("ext-info-") || name.starts_with("kex-strict-")
}

fn choose<N>(keyword: &str, wanted: Option<&str>, usual: &[N]) -> Result<Vec<N>>
where
    N: AsRef<str> + Copy + for<'a> TryFrom<&'a str>,
{
    let names = apply(
        wanted,
        usual.iter().map(|name| name.as_ref().to_owned()).collect(),
    );
    let known: Vec<N> = names
        .iter()
        .filter(|name| !NO_PROTECTION.contains(&name.as_str()))
        .filter_map(|name| N::try_from(name).ok())
        .collect();
    if known.is_empty() {
        return Err(nothing_left(keyword, &names));
    }
    Ok(known)
}

fn host_key_kinds(
    usual: &PreferredAlgorithms,
    wanted: Option<&str>,
) -> Result<(Vec<Algorithm>, Vec<Algorithm>)> {
    if wanted.is_none() {
        return Ok((usual.certificates.clone(), usual.keys.clone()));
    }
    let names = usual
        .certificates
        .iter()
        .map(Algorithm::to_certificate_type)
        .chain(usual.keys.iter().map(ToString::to_string))
        .collect();
    let names = apply(wanted, names);
    let safe = |algorithm: &Algorithm| {
        !matches!(
            algorithm,
            Algorithm::Dsa | Algorithm::Rsa { hash: None } | Algorithm::Other(_)
        )
    };
    let certificates: Vec<Algorithm> = names
        .iter()
        .filter(|name| !usual.certificates.is_empty() && name.contains("-cert-v0"))
        .filter_map(|name| Algorithm::new_certificate(name).ok())
        .filter(safe)
        .collect();
    let keys: Vec<Algorithm> = names
        .iter()
        .filter_map(|name| Algorithm::new(name).ok())
        .filter(safe)
        .collect();
    if keys.is_empty() && certificates.is_empty() {
        return Err(nothing_left("HostKeyAlgorithms", &names));
    }
    Ok((certificates, keys))
}

fn nothing_left(keyword: &str, names: &[String]) -> Error {
    Error::new(
        ErrorKind::Unsupported,
        format!(
            "{keyword} of the configuration leaves nothing that is known and safe here ({}); transport=program has the system's ssh do it",
            names.join(",")
        ),
    )
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
    use crate::ssh::known_hosts::{HostKeyName, KnownHosts};

    fn usual() -> PreferredAlgorithms {
        KnownHosts::default().preferred_algorithms(&HostKeyName::new("far", 22))
    }

    #[test]
    fn every_safe_cipher_is_offered_either_way() {
        assert_eq!(WITH_AES.len(), WITHOUT_AES.len());
        assert!(WITH_AES.iter().all(|name| WITHOUT_AES.contains(name)));
    }

    #[test]
    fn the_users_lists_count_and_no_protection_is_never_among_them() {
        let mut wanted = Algorithms {
            ciphers: Some("none,aes256-ctr,never-heard-of".to_owned()),
            key_exchange: Some("-*nistp*".to_owned()),
            host_key: Some("ssh-ed25519,ssh-rsa".to_owned()),
            ..Algorithms::default()
        };
        let preferred = preferred(&usual(), &wanted).unwrap();
        assert_eq!(*preferred.cipher, [cipher::AES_256_CTR]);
        assert_eq!(*preferred.key, [Algorithm::Ed25519]);
        assert!(
            preferred
                .kex
                .contains(&kex::EXTENSION_OPENSSH_STRICT_KEX_AS_CLIENT)
        );
        wanted.macs = Some("hmac-md5".to_owned());
        let error = super::preferred(&usual(), &wanted).unwrap_err();
        assert!(error.to_string().contains("MACs"), "{error}");
    }
}
