//! A secret written down in Rust.

use uuid::Uuid;

use super::config::{SecretConfig, SecretUsage, SecretUsageType};
use crate::model::value::YesNo;
use crate::xml::XmlError;

/// Builds a [`SecretConfig`] step by step; [`build`](Self::build) checks it.
#[derive(Debug, Clone)]
#[must_use]
pub struct SecretBuilder {
    config: SecretConfig,
}

impl SecretConfig {
    /// Starts a secret found by its UUID only.
    pub fn builder() -> SecretBuilder {
        SecretBuilder {
            config: Self::default(),
        }
    }

    /// The passphrase of the encrypted volume at `path`.
    pub fn volume(path: impl Into<String>) -> SecretBuilder {
        Self::builder().usage(SecretUsageType::Volume, path)
    }

    /// A key of Ceph, referred to as `name`.
    pub fn ceph(name: impl Into<String>) -> SecretBuilder {
        Self::builder().usage(SecretUsageType::Ceph, name)
    }

    /// A password of iSCSI, referred to as `target`.
    pub fn iscsi(target: impl Into<String>) -> SecretBuilder {
        Self::builder().usage(SecretUsageType::Iscsi, target)
    }

    /// The passphrase of a TLS key, referred to as `name`.
    pub fn tls(name: impl Into<String>) -> SecretBuilder {
        Self::builder().usage(SecretUsageType::Tls, name)
    }

    /// The passphrase of an emulated TPM, referred to as `name`.
    pub fn vtpm(name: impl Into<String>) -> SecretBuilder {
        Self::builder().usage(SecretUsageType::Vtpm, name)
    }
}

impl SecretBuilder {
    /// What it is for, and the path or name it is found by.
    pub fn usage(mut self, kind: SecretUsageType, id: impl Into<String>) -> Self {
        self.config.usage = Some(SecretUsage::of(kind, Some(id.into())));
        self
    }

    /// The UUID; chosen at define unless said.
    pub fn uuid(mut self, uuid: Uuid) -> Self {
        self.config.uuid = Some(uuid);
        self
    }

    /// A text for people.
    pub fn description(mut self, description: impl Into<String>) -> Self {
        self.config.description = Some(description.into());
        self
    }

    /// It is kept in memory only.
    pub fn ephemeral(mut self) -> Self {
        self.config.ephemeral = Some(YesNo::Yes);
        self
    }

    /// Its value is shown to nobody.
    pub fn private(mut self) -> Self {
        self.config.private = Some(YesNo::Yes);
        self
    }

    /// Changes what the steps above do not reach.
    pub fn with(mut self, change: impl FnOnce(&mut SecretConfig)) -> Self {
        change(&mut self.config);
        self
    }

    /// The secret, checked by [`SecretConfig::validate`].
    ///
    /// # Errors
    /// The first thing that is wrong, with its element path.
    pub fn build(self) -> Result<SecretConfig, XmlError> {
        self.config.validate()?;
        Ok(self.config)
    }
}
