//! Whether a machine is the one it says it is.

use std::time::SystemTime;

use russh::keys::PublicKeyOrCertificate;
use virt_core::Result;

use crate::ssh::config::{HostConfig, HostKeyChecking};
use crate::ssh::known_hosts::{HostKeyName, KnownHosts, NameForm, PreferredAlgorithms, Verdict};

/// Checks the key that one machine shows.
#[derive(Debug)]
pub(super) struct HostKeyCheck {
    name: HostKeyName,
    known: KnownHosts,
    checking: HostKeyChecking,
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
        Ok(Self {
            name: match &config.host_key_alias {
                Some(alias) => HostKeyName::alias(alias),
                None => HostKeyName::new(&config.host_name, config.port),
            },
            known: KnownHosts::read(&files).await?,
            checking: config.host_key_checking,
        })
    }

    /// What to ask the machine for.
    pub(super) fn algorithms(&self) -> PreferredAlgorithms {
        self.known.preferred_algorithms(&self.name)
    }

    /// Fails unless the key is the machine's, or nothing is known and the user takes what is new.
    pub(super) async fn check(&self, shown: &PublicKeyOrCertificate) -> Result<()> {
        let key = shown.public_key();
        let verdict = match shown.certificate() {
            Some(certificate) => self.known.check_certificate(&self.name, certificate, SystemTime::now()),
            None => self.known.check(&self.name, &key),
        };
        match (&verdict, self.checking) {
            (Verdict::Unknown { .. }, HostKeyChecking::AcceptNew | HostKeyChecking::Off) => {
                tracing::info!(host = %self.name, "the key of a machine that was not known is taken");
                let Some(file) = self.known.first_file() else {
                    return Ok(());
                };
                match KnownHosts::remember(file, &self.name, &key, NameForm::Plain).await {
                    Ok(()) => Ok(()),
                    // Who takes any key does not mind.
                    Err(error) if self.checking == HostKeyChecking::Off => {
                        tracing::warn!(host = %self.name, %error, "the key is not written down");
                        Ok(())
                    }
                    Err(error) => Err(error),
                }
            }
            _ => {
                let place = verdict.into_result(&self.name, &key)?;
                tracing::debug!(host = %self.name, %place, "the machine's key is known");
                Ok(())
            }
        }
    }
}
