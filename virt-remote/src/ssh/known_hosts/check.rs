//! The check itself.

use std::time::SystemTime;

use russh::keys::ssh_key::public::KeyData;
use russh::keys::{Certificate, HashAlg, PublicKey};

use super::certificate::{CertificateProblem, validate};
use super::key::{KnownKey, Marker};
use super::name::HostKeyName;
use super::store::KnownHosts;
use super::verdict::Verdict;

impl KnownHosts {
    /// What the files say about the key `key` of `name`.
    ///
    /// A machine on another port than 22 of which nothing is known may have the key written down under its plain name,
    /// as with OpenSSH.
    #[must_use]
    pub fn check(&self, name: &HostKeyName, key: &PublicKey) -> Verdict {
        self.check_plain(name, key.key_data(), None)
    }

    /// What the files say about a machine that has shown a certificate.
    ///
    /// It is known when a `@cert-authority` line for `name` has the key that signed the certificate, and the
    /// certificate is a host's, is made out for the name (patterns count), is valid at `now`, has no critical options,
    /// and neither its key nor its authority is revoked. Where it does not count, the key in it is checked like one
    /// without a certificate, as OpenSSH does; the verdict then says what was wrong with the certificate.
    #[must_use]
    pub fn check_certificate(
        &self,
        name: &HostKeyName,
        certificate: &Certificate,
        now: SystemTime,
    ) -> Verdict {
        let mut known = self.keys(name);
        known.extend(
            name.without_port()
                .map(|plain| self.keys(&plain))
                .unwrap_or_default(),
        );
        for key in [certificate.public_key(), certificate.signature_key()] {
            if let Some(revoked) = with_key(&known, Marker::Revoked, key) {
                return Verdict::Revoked(revoked.place.clone());
            }
        }
        let problem = match with_key(&known, Marker::CertAuthority, certificate.signature_key()) {
            Some(authority) => match validate(certificate, name, now) {
                Ok(()) => return Verdict::Known(authority.place.clone()),
                Err(problem) => problem,
            },
            None => {
                let authority = certificate.signature_key().fingerprint(HashAlg::Sha256);
                CertificateProblem::UnknownAuthority(authority.to_string())
            }
        };
        self.check_plain(name, certificate.public_key(), Some(problem))
    }

    fn check_plain(
        &self,
        name: &HostKeyName,
        key: &KeyData,
        certificate: Option<CertificateProblem>,
    ) -> Verdict {
        let plain = name.without_port().map(|plain| self.keys(&plain));
        let known = self.keys(name);
        for known in [Some(&known), plain.as_ref()].into_iter().flatten() {
            if let Some(revoked) = with_key(known, Marker::Revoked, key) {
                return Verdict::Revoked(revoked.place.clone());
            }
        }
        if let Some(found) = with_key(&known, Marker::Host, key) {
            return Verdict::Known(found.place.clone());
        }
        let others = others(known, key);
        if !others.is_empty() {
            return Verdict::Changed {
                known: others,
                certificate,
            };
        }
        match plain
            .as_ref()
            .and_then(|known| with_key(known, Marker::Host, key))
        {
            Some(found) => Verdict::Known(found.place.clone()),
            None => Verdict::Unknown {
                add_to: self.first_file().map(Into::into),
                certificate,
            },
        }
    }
}

fn with_key<'a>(known: &'a [KnownKey], marker: Marker, key: &KeyData) -> Option<&'a KnownKey> {
    known
        .iter()
        .find(|known| known.marker == marker && known.key.key_data() == key)
}

/// The machine's keys that are written down, those of the type of `key` first.
fn others(mut known: Vec<KnownKey>, key: &KeyData) -> Vec<KnownKey> {
    known.retain(|known| known.marker == Marker::Host);
    known.sort_by_key(|known| known.key.algorithm() != key.algorithm());
    known
}

#[cfg(test)]
mod tests;
