//! The root: what a secret is for, element by element in libvirt's order.

use uuid::Uuid;

use crate::model::complaint::said;
use crate::model::value::YesNo;
use crate::xml::{Rest, XmlElement, keep_unknown, xml_enum};

xml_enum! {
    /// What a secret is for.
    pub enum SecretUsageType {
        /// Nothing in particular: found by its UUID only.
        None = "none",
        /// The passphrase of an encrypted volume.
        Volume = "volume",
        /// A key of Ceph (libvirt 0.9.7).
        Ceph = "ceph",
        /// A password of iSCSI (libvirt 1.0.4).
        Iscsi = "iscsi",
        /// The passphrase of a TLS key (libvirt 2.3.0).
        Tls = "tls",
        /// The passphrase of an emulated TPM (libvirt 5.6.0).
        Vtpm = "vtpm",
    }
}

/// `<secret>`: a secret object, as `virSecretDefineXML` takes it and `virSecretGetXMLDesc` gives it.
///
/// The value itself is never part of the document.
#[derive(Clone, Default, XmlElement)]
#[xml(element = "secret")]
#[non_exhaustive]
pub struct SecretConfig {
    /// Whether it is kept in memory only; `no` unless said.
    #[xml(attr)]
    pub ephemeral: Option<YesNo>,
    /// Whether its value is shown to nobody, libvirt itself only uses it; `no` unless said.
    #[xml(attr)]
    pub private: Option<YesNo>,
    /// The UUID, unique on a connection; chosen at define unless said.
    #[xml(leaf)]
    pub uuid: Option<Uuid>,
    /// A text for people.
    #[xml(leaf)]
    pub description: Option<String>,
    /// What it is for.
    #[xml(child)]
    pub usage: Option<SecretUsage>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<usage>`: what a secret is for; type and name are unique on a connection together.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct SecretUsage {
    /// What kind of thing it is for.
    #[xml(attr = "type")]
    pub kind: Option<SecretUsageType>,
    /// volume: the path of the volume.
    #[xml(leaf)]
    pub volume: Option<String>,
    /// ceph, tls, vtpm: the name others refer to it by.
    #[xml(leaf)]
    pub name: Option<String>,
    /// iscsi: the name others refer to it by.
    #[xml(leaf)]
    pub target: Option<String>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

impl SecretUsage {
    /// The path or name, whichever the kind has: what `virSecretLookupByUsage` finds it by.
    pub fn id(&self) -> Option<&str> {
        match self.kind.as_ref()? {
            SecretUsageType::Volume => said(self.volume.as_ref()),
            SecretUsageType::Iscsi => said(self.target.as_ref()),
            SecretUsageType::Ceph | SecretUsageType::Tls | SecretUsageType::Vtpm => said(self.name.as_ref()),
            SecretUsageType::None | SecretUsageType::Unknown(_) => None,
        }
    }

    /// A usage with its path or name in the element of its kind.
    pub(super) fn of(kind: SecretUsageType, id: Option<String>) -> Self {
        let mut usage = Self::default();
        match kind {
            SecretUsageType::Volume => usage.volume = id,
            SecretUsageType::Iscsi => usage.target = id,
            _ => usage.name = id,
        }
        usage.kind = Some(kind);
        usage
    }
}

impl SecretConfig {
    /// The document as libvirt gives it back when the secret was defined by this one: defaults said, in libvirt's
    /// order and spelling. A UUID is not made up; what this version does not understand is kept in what is.
    #[must_use]
    pub fn normalized(&self) -> Self {
        let usage = self.usage.as_ref().and_then(|usage| {
            let kind = usage.kind.clone().filter(|kind| *kind != SecretUsageType::None)?;
            Some(SecretUsage::of(kind, usage.id().map(str::to_owned)))
        });
        let mut normal = Self {
            ephemeral: Some(self.ephemeral.unwrap_or(YesNo::No)),
            private: Some(self.private.unwrap_or(YesNo::No)),
            uuid: self.uuid,
            description: said(self.description.as_ref()).map(str::to_owned),
            usage,
            ..Self::default()
        };
        keep_unknown(&mut normal, self);
        normal
    }
}
