//! Whether a machine is the one it says it is.

use std::path::Path;
use std::time::SystemTime;

use russh::keys::ssh_key::public::KeyData;
use russh::keys::{HashAlg, PublicKey, PublicKeyOrCertificate};
use virt_core::{Error, ErrorKind, Result, Subject, kind_of_io};

use super::algorithm_list::allows;
use crate::ssh::config::{HostConfig, HostKeyChecking};
use crate::ssh::known_hosts::{HostKeyName, KnownHosts, NameForm, PreferredAlgorithms, Verdict};

/// How a list of revoked keys in OpenSSH's binary form begins.
const BINARY_LIST: &[u8] = b"SSHKRL\n\0";

/// Checks the key that one machine shows.
#[derive(Debug)]
pub(super) struct HostKeyCheck {
    name: HostKeyName,
    known: KnownHosts,
    checking: HostKeyChecking,
    form: NameForm,
    /// Keys of `RevokedHostKeys`, and the file.
    revoked: Vec<KeyData>,
    revoked_file: String,
    fewest_rsa_bits: u32,
    ca_signatures: Option<String>,
}

impl HostKeyCheck {
    /// Reads what is known of the machine.
    pub(super) async fn prepare(config: &HostConfig) -> Result<Self> {
        let files: Vec<_> = config
            .user_known_hosts
            .iter()
            .chain(&config.global_known_hosts)
            .cloned()
            .collect();
        let (revoked, revoked_file) = match &config.revoked_host_keys {
            Some(file) => (read_revoked(file).await?, file.display().to_string()),
            None => (Vec::new(), String::new()),
        };
        Ok(Self {
            name: match &config.host_key_alias {
                Some(alias) => HostKeyName::alias(alias),
                None => HostKeyName::new(&config.host_name, config.port),
            },
            known: KnownHosts::read(&files).await?,
            checking: config.host_key_checking,
            form: if config.hash_known_hosts {
                NameForm::Hashed
            } else {
                NameForm::Plain
            },
            revoked,
            revoked_file,
            fewest_rsa_bits: fewest_rsa_bits(config),
            ca_signatures: config.algorithms.ca_signature.clone(),
        })
    }

    /// What to ask the machine for.
    pub(super) fn algorithms(&self) -> PreferredAlgorithms {
        self.known.preferred_algorithms(&self.name)
    }

    /// Fails unless the key is the machine's, or nothing is known and the user takes what is new.
    pub(super) async fn check(&self, shown: &PublicKeyOrCertificate) -> Result<()> {
        let key = shown.public_key();
        self.check_revoked(shown)?;
        self.check_strength(key.key_data())?;
        let verdict = match shown.certificate() {
            Some(certificate) => {
                let signature = certificate.signature().algorithm().to_string();
                if allows(self.ca_signatures.as_deref(), &signature) {
                    self.known
                        .check_certificate(&self.name, certificate, SystemTime::now())
                } else {
                    // It counts as the plain key that is in it.
                    self.known.check(&self.name, &key)
                }
            }
            None => self.known.check(&self.name, &key),
        };
        match (&verdict, self.checking) {
            (Verdict::Unknown { .. }, HostKeyChecking::AcceptNew | HostKeyChecking::Off) => {
                self.take(&key).await
            }
            _ => {
                let place = verdict.into_result(&self.name, &key)?;
                tracing::debug!(host = %self.name, %place, "the machine's key is known");
                Ok(())
            }
        }
    }

    /// Takes the key of a machine of which nothing is known, and writes it down.
    async fn take(&self, key: &PublicKey) -> Result<()> {
        tracing::info!(host = %self.name, "the key of a machine that was not known is taken");
        let Some(file) = self.known.first_file() else {
            return Ok(());
        };
        match KnownHosts::remember(file, &self.name, key, self.form).await {
            // Who takes any key does not mind.
            Err(error) if self.checking == HostKeyChecking::Off => {
                tracing::warn!(host = %self.name, %error, "the key is not written down");
                Ok(())
            }
            done => done,
        }
    }

    fn check_revoked(&self, shown: &PublicKeyOrCertificate) -> Result<()> {
        let key = shown.public_key();
        let authority = shown.certificate().map(|certificate| certificate.signature_key());
        let is_revoked = |key: &KeyData| self.revoked.contains(key);
        if is_revoked(key.key_data()) || authority.is_some_and(is_revoked) {
            return Err(self.refuse(format!(
                "its key {}, or the authority that signed it, is revoked by {}",
                key.fingerprint(HashAlg::Sha256),
                self.revoked_file
            )));
        }
        Ok(())
    }

    fn check_strength(&self, key: &KeyData) -> Result<()> {
        match rsa_bits(key) {
            Some(bits) if bits < self.fewest_rsa_bits => Err(self.refuse(format!(
                "its RSA key has {bits} bits, and at least {} are wanted (RequiredRSASize)",
                self.fewest_rsa_bits
            ))),
            _ => Ok(()),
        }
    }

    fn refuse(&self, message: String) -> Error {
        Error::new(ErrorKind::AuthenticationFailed, message)
            .with_subject(Subject::Host(self.name.to_string()))
    }
}

/// The fewest bits of an RSA key (`RequiredRSASize`; OpenSSH's own default).
pub(super) fn fewest_rsa_bits(config: &HostConfig) -> u32 {
    config.required_rsa_size.unwrap_or(1024)
}

/// The bits of an RSA key; `None` for others.
pub(super) fn rsa_bits(key: &KeyData) -> Option<u32> {
    Some(key.rsa()?.key_size())
}

/// Reads a list of revoked keys, one a line. What can't be read is an error: it might be the one that matters.
async fn read_revoked(file: &Path) -> Result<Vec<KeyData>> {
    let subject = || Subject::Path(file.display().to_string());
    let bytes = tokio::fs::read(file).await.map_err(|error| {
        Error::new(
            kind_of_io(&error),
            "the revoked keys (RevokedHostKeys) can't be read",
        )
        .with_subject(subject())
        .with_source(error)
    })?;
    if bytes.starts_with(BINARY_LIST) {
        let message = "revoked keys in binary form (a KRL) are not read here: give them as text, one key a line, or use transport=program";
        return Err(Error::unsupported(message).with_subject(subject()));
    }
    let text = String::from_utf8_lossy(&bytes);
    let mut keys = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let key = PublicKey::from_openssh(line).map_err(|error| {
            Error::new(
                ErrorKind::InvalidConfig,
                format!("line {number} is no public key"),
            )
            .with_subject(subject())
            .with_source(error)
        })?;
        keys.push(key.key_data().clone());
    }
    Ok(keys)
}
