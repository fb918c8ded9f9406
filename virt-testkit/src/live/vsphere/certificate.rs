//! The certificate of a simulator: signed by itself, as those of hosts are.

use super::super::error::{LiveError, Result};
use rcgen::{CertificateParams, DnType, KeyPair, SanType};
use sha1::Digest as _;
use std::fs;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};

/// The certificate of a simulator: signed by itself, for 127.0.0.1 and localhost.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerCertificate {
    path: PathBuf,
    der: Vec<u8>,
}

impl ServerCertificate {
    /// Makes one and its key, in this directory.
    pub(super) fn make(directory: &Path) -> Result<Self> {
        let path = directory.join("certificate.pem");
        let (pem, der, key) = signed()
            .map_err(|error| LiveError::Unexpected(format!("no certificate could be made: {error}")))?;
        let key_path = directory.join("key.pem");
        fs::write(&path, pem).map_err(|error| LiveError::file("write", &path, error))?;
        fs::write(&key_path, key).map_err(|error| LiveError::file("write", &key_path, error))?;
        Ok(Self { path, der })
    }

    /// The file with it, in PEM: whoever trusts what is in it, trusts the simulator.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// It, in DER.
    #[must_use]
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// Its SHA-1 thumbprint, as VMware writes them: `A1:B2:…`.
    #[must_use]
    pub fn sha1_thumbprint(&self) -> String {
        written(&sha1::Sha1::digest(&self.der))
    }

    /// Its SHA-256 thumbprint, written as the other.
    #[must_use]
    pub fn sha256_thumbprint(&self) -> String {
        written(&sha2::Sha256::digest(&self.der))
    }
}

fn signed() -> std::result::Result<(String, Vec<u8>, String), rcgen::Error> {
    let mut params = CertificateParams::new(vec!["localhost".to_owned()])?;
    params
        .subject_alt_names
        .push(SanType::IpAddress(Ipv4Addr::LOCALHOST.into()));
    params
        .distinguished_name
        .push(DnType::CommonName, "localhost.localdomain");
    let key = KeyPair::generate()?;
    let certificate = params.self_signed(&key)?;
    Ok((certificate.pem(), certificate.der().to_vec(), key.serialize_pem()))
}

fn written(digest: &[u8]) -> String {
    let bytes: Vec<String> = digest.iter().map(|byte| format!("{byte:02X}")).collect();
    bytes.join(":")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thumbprints_are_of_the_whole_certificate() {
        let certificate = ServerCertificate {
            path: PathBuf::new(),
            der: b"abc".to_vec(),
        };
        assert_eq!(
            certificate.sha1_thumbprint(),
            "A9:99:3E:36:47:06:81:6A:BA:3E:25:71:78:50:C2:6C:9C:D0:D8:9D"
        );
        assert!(certificate.sha256_thumbprint().starts_with("BA:78:16:BF:8F:01"));
    }
}
