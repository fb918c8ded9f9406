//! Whether a machine's certificate is good for it.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use russh::keys::{Algorithm, Certificate, HashAlg};

use super::name::HostKeyName;
use super::pattern::wildcard_matches;

/// Why a certificate does not count.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CertificateProblem {
    /// No `@cert-authority` line about the machine has the key that signed it.
    #[error("no @cert-authority line for this name has {0}, which signed it")]
    UnknownAuthority(String),
    /// It is a user's.
    #[error("it is a user's certificate")]
    NotAHosts,
    /// It is made out for no machine at all.
    #[error("it names no machine")]
    NoNames,
    /// It is made out for other machines.
    #[error("it is for {}, not for this name", .0.join(", "))]
    OtherNames(Vec<String>),
    /// It is not valid yet.
    #[error("it is not valid before {0} (seconds since 1970)")]
    NotYetValid(u64),
    /// It is no longer valid.
    #[error("it was valid until {0} (seconds since 1970)")]
    Expired(u64),
    /// It has critical options; there are none that a client knows.
    #[error("it has critical options that are not understood: {}", .0.join(", "))]
    CriticalOptions(Vec<String>),
    /// It is signed in a way that is no longer safe.
    #[error("it is signed with {0}, which is no longer safe")]
    WeakSignature(String),
    /// Its signature is wrong.
    #[error("its signature is wrong")]
    BadSignature,
}

/// Whether a certificate is good for `name` at `now`, given that its authority is trusted for that name.
pub(super) fn validate(
    certificate: &Certificate,
    name: &HostKeyName,
    now: SystemTime,
) -> Result<(), CertificateProblem> {
    let now = now.duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO).as_secs();
    if !certificate.cert_type().is_host() {
        return Err(CertificateProblem::NotAHosts);
    }
    if now < certificate.valid_after() {
        return Err(CertificateProblem::NotYetValid(certificate.valid_after()));
    }
    if now >= certificate.valid_before() {
        return Err(CertificateProblem::Expired(certificate.valid_before()));
    }
    // One that names no machine is good for none, as from OpenSSH 10.3 on; older ones took it for all.
    let principals = certificate.valid_principals();
    if principals.is_empty() {
        return Err(CertificateProblem::NoNames);
    }
    if !principals.iter().any(|principal| is_for(principal, name)) {
        return Err(CertificateProblem::OtherNames(principals.to_vec()));
    }
    if !certificate.critical_options().is_empty() {
        let options = certificate.critical_options().keys().cloned().collect();
        return Err(CertificateProblem::CriticalOptions(options));
    }
    // As OpenSSH's CASignatureAlgorithms: everything but SHA-1.
    if let weak @ (Algorithm::Dsa | Algorithm::Rsa { hash: None }) = certificate.signature().algorithm() {
        return Err(CertificateProblem::WeakSignature(weak.as_str().to_owned()));
    }
    let authority = certificate.signature_key().fingerprint(HashAlg::Sha256);
    certificate
        .validate_at(now, [&authority])
        .map_err(|_| CertificateProblem::BadSignature)
}

/// A host certificate may name machines by patterns (OpenSSH 10.3; before, such a name fit nothing). They are compared
/// as they stand, and the name is in lower case.
fn is_for(principal: &str, name: &HostKeyName) -> bool {
    wildcard_matches(principal.as_bytes(), name.host().as_bytes())
}
