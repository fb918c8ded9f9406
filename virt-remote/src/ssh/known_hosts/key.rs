//! A key somebody wrote down for a machine, and where.

use std::fmt;
use std::path::PathBuf;

use russh::keys::{HashAlg, PublicKey};

/// A line of a file.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Place {
    /// The file.
    pub file: PathBuf,
    /// The line, from 1.
    pub line: usize,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} line {}", self.file.display(), self.line)
    }
}

/// What a line says about its key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Marker {
    /// The machine has it.
    Host,
    /// Whoever has it signs the certificates of machines (`@cert-authority`).
    CertAuthority,
    /// It must not be taken (`@revoked`).
    Revoked,
}

/// A key that stands in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownKey {
    /// Where.
    pub place: Place,
    /// What is said about it.
    pub marker: Marker,
    /// The key.
    pub key: PublicKey,
}

impl KnownKey {
    /// The fingerprint, as `ssh-keygen -l` prints it: `SHA256:…`.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        fingerprint(&self.key)
    }
}

pub(super) fn fingerprint(key: &PublicKey) -> String {
    key.fingerprint(HashAlg::Sha256).to_string()
}

/// The type of a key in the words of `ssh-keygen -l`: `ED25519`, `ECDSA`, `RSA`.
pub(super) fn type_name(key: &PublicKey) -> String {
    use russh::keys::Algorithm;
    match key.algorithm() {
        Algorithm::Dsa => "DSA".to_owned(),
        Algorithm::Ecdsa { .. } => "ECDSA".to_owned(),
        Algorithm::Ed25519 => "ED25519".to_owned(),
        Algorithm::Rsa { .. } => "RSA".to_owned(),
        Algorithm::SkEcdsaSha2NistP256 => "ECDSA-SK".to_owned(),
        Algorithm::SkEd25519 => "ED25519-SK".to_owned(),
        other => other.as_str().to_owned(),
    }
}
