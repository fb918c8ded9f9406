//! A volume written down in Rust.

use uuid::Uuid;

use super::config::VolumeConfig;
use super::format::VolumeFormat;
use super::target::{VolumeBacking, VolumeFeatures};
use crate::model::domain::ScaledText;
use crate::model::domain::devices::{Encryption, EncryptionSecret};
use crate::model::pool::Permissions;
use crate::model::value::ByteSize;
use crate::xml::XmlError;

/// Builds a [`VolumeConfig`] step by step; [`build`](Self::build) checks it.
///
/// What is not said is the pool's default: its format, its permissions.
#[derive(Debug, Clone)]
#[must_use]
pub struct VolumeBuilder {
    config: VolumeConfig,
}

impl VolumeBuilder {
    pub(super) fn new(name: String) -> Self {
        let config = VolumeConfig {
            name,
            ..VolumeConfig::default()
        };
        Self { config }
    }

    /// How large the guest sees it; that of what it is based on unless said.
    pub fn capacity(mut self, size: ByteSize) -> Self {
        self.config.capacity = Some(sized(size));
        self
    }

    /// How much of it is allocated at first; all of it unless said.
    pub fn allocation(mut self, size: ByteSize) -> Self {
        self.config.allocation = Some(sized(size));
        self
    }

    /// Its format.
    pub fn format(mut self, format: VolumeFormat) -> Self {
        self.config.target_mut().format = Some(format.into());
        self
    }

    /// Who may do what with it.
    pub fn permissions(mut self, permissions: Permissions) -> Self {
        self.config.target_mut().permissions = Some(permissions);
        self
    }

    /// What it is based on.
    pub fn backing(mut self, path: impl Into<String>, format: VolumeFormat) -> Self {
        self.config.backing_store = Some(VolumeBacking {
            path: Some(path.into()),
            format: Some(format.into()),
            ..VolumeBacking::default()
        });
        self
    }

    /// Encrypted with LUKS, the passphrase being in the secret object `secret`.
    pub fn luks(mut self, secret: Uuid) -> Self {
        self.config.target_mut().encryption = Some(Encryption {
            format: Some("luks".to_owned()),
            secrets: vec![EncryptionSecret {
                kind: Some("passphrase".to_owned()),
                uuid: Some(secret),
                ..EncryptionSecret::default()
            }],
            ..Encryption::default()
        });
        self
    }

    /// qcow2: the version of QEMU that can still read it, `0.10` or `1.1`.
    pub fn compat(mut self, version: impl Into<String>) -> Self {
        self.config.target_mut().compat = Some(version.into());
        self
    }

    /// qcow2: the size of a cluster.
    pub fn cluster_size(mut self, size: ByteSize) -> Self {
        self.config.target_mut().cluster_size = Some(size.into());
        self
    }

    /// qcow2: reference counts are written late.
    pub fn lazy_refcounts(mut self) -> Self {
        self.features().lazy_refcounts = true;
        self
    }

    /// qcow2: clusters are allocated in parts.
    pub fn extended_l2(mut self) -> Self {
        self.features().extended_l2 = true;
        self
    }

    /// On btrfs: the image is not copied on write.
    pub fn nocow(mut self) -> Self {
        self.config.target_mut().nocow = true;
        self
    }

    /// Changes what the steps above do not reach.
    pub fn with(mut self, change: impl FnOnce(&mut VolumeConfig)) -> Self {
        change(&mut self.config);
        self
    }

    /// The volume, checked by [`VolumeConfig::validate`].
    ///
    /// # Errors
    /// The first thing that is wrong, with its element path.
    pub fn build(self) -> Result<VolumeConfig, XmlError> {
        self.config.validate()?;
        Ok(self.config)
    }

    fn features(&mut self) -> &mut VolumeFeatures {
        self.config.target_mut().features.get_or_insert_default()
    }
}

fn sized(size: ByteSize) -> ScaledText {
    ScaledText {
        size: Some(size),
        ..ScaledText::default()
    }
}
