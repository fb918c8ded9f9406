//! The volume as libvirt gives it back.

use super::config::{VolumeConfig, VolumeType};
use super::format::VolumeTargetFormat;
use super::target::{VolumeBacking, VolumeFeatures, VolumeTarget};
use crate::model::complaint::said;
use crate::model::domain::ScaledText;
use crate::model::domain::devices::{Encryption, EncryptionCipher, EncryptionIvGen, EncryptionSecret};
use crate::model::pool::{Permissions, PoolType};
use crate::model::value::ByteSize;
use crate::xml::keep_unknown;

impl VolumeConfig {
    /// The document as libvirt gives it back when it read this one for a pool of that type: defaults said, in
    /// libvirt's order and spelling, without what libvirt only tells and never reads (source, physical size, times).
    /// What this version does not understand is kept in what is.
    ///
    /// What is invalid is left as it is: see [`validate_in`](Self::validate_in).
    #[must_use]
    pub fn normalized_in(&self, pool: &PoolType) -> Self {
        let size = |size: Option<&ScaledText>| size.and_then(|size| size.size);
        let capacity = size(self.capacity.as_ref()).unwrap_or(ByteSize::ZERO);
        let allocation = size(self.allocation.as_ref()).unwrap_or(capacity);
        let kind = self.kind.clone().filter(|kind| !kind.as_str().is_empty());
        let mut normal = Self {
            kind: Some(kind.unwrap_or(VolumeType::File)),
            name: self.name.clone(),
            key: said(self.key.as_ref()).map(str::to_owned),
            capacity: Some(in_bytes(capacity)),
            allocation: Some(in_bytes(allocation)),
            target: Some(normal_target(self.target.as_ref(), pool)),
            backing_store: self.normal_backing(pool),
            ..Self::default()
        };
        keep_unknown(&mut normal, self);
        normal
    }

    fn normal_backing(&self, pool: &PoolType) -> Option<VolumeBacking> {
        let path = self.backing_path()?;
        let backing = self.backing_store.as_ref()?;
        Some(VolumeBacking {
            path: Some(path.to_owned()),
            format: normal_format(backing.format.as_ref(), pool),
            permissions: backing.permissions.as_ref().and_then(Permissions::normalized),
            ..VolumeBacking::default()
        })
    }
}

fn in_bytes(size: ByteSize) -> ScaledText {
    ScaledText {
        size: Some(size),
        ..ScaledText::default()
    }
}

/// None where volumes have no format.
fn normal_format(format: Option<&VolumeTargetFormat>, pool: &PoolType) -> Option<VolumeTargetFormat> {
    let default = pool.default_volume_format()?;
    let kind = format.and_then(|format| format.kind.clone());
    let kind = kind.filter(|kind| !kind.as_str().is_empty());
    Some(kind.unwrap_or(default).into())
}

fn normal_target(target: Option<&VolumeTarget>, pool: &PoolType) -> VolumeTarget {
    let Some(target) = target else {
        return VolumeTarget {
            format: normal_format(None, pool),
            ..VolumeTarget::default()
        };
    };
    let compat = said(target.compat.as_ref()).map(str::to_owned);
    let features = target.features.as_ref().map(|features| VolumeFeatures {
        lazy_refcounts: features.lazy_refcounts,
        extended_l2: features.extended_l2,
        ..VolumeFeatures::default()
    });
    let cluster = target.cluster_size.as_ref().and_then(|cluster| cluster.size);
    VolumeTarget {
        path: said(target.path.as_ref()).map(str::to_owned),
        format: normal_format(target.format.as_ref(), pool),
        permissions: target.permissions.as_ref().and_then(Permissions::normalized),
        encryption: target.encryption.as_ref().map(normal_encryption),
        compat: compat.or_else(|| features.as_ref().map(|_| "1.1".to_owned())),
        cluster_size: cluster.filter(|size| !size.is_zero()).map(Into::into),
        features,
        ..VolumeTarget::default()
    }
}

fn normal_encryption(encryption: &Encryption) -> Encryption {
    // The cipher is read for LUKS only.
    let is_luks = encryption.format.as_deref() == Some("luks");
    let cipher = encryption.cipher.as_ref().filter(|_| is_luks);
    let ivgen = encryption.ivgen.as_ref().filter(|_| cipher.is_some());
    let secrets = encryption.secrets.iter().map(|secret| EncryptionSecret {
        kind: secret.kind.clone(),
        uuid: secret.uuid,
        usage: secret.usage.clone(),
        ..EncryptionSecret::default()
    });
    Encryption {
        format: encryption.format.clone(),
        engine: encryption.engine.clone(),
        secrets: secrets.collect(),
        cipher: cipher.map(|cipher| EncryptionCipher {
            name: cipher.name.clone(),
            size: cipher.size,
            mode: cipher.mode.clone(),
            hash: cipher.hash.clone(),
            ..EncryptionCipher::default()
        }),
        ivgen: ivgen.map(|ivgen| EncryptionIvGen {
            name: ivgen.name.clone(),
            hash: ivgen.hash.clone(),
            ..EncryptionIvGen::default()
        }),
        ..Encryption::default()
    }
}
