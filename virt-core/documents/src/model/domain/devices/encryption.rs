//! Encryption of images.

use uuid::Uuid;

use crate::xml::{Rest, XmlElement};

/// `<encryption>`.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct Encryption {
    /// `luks`, `luks2`, `luks-any`, `qcow`, `default`.
    #[xml(attr)]
    pub format: Option<String>,
    /// Who encrypts: `qemu`, `librbd`.
    #[xml(attr)]
    pub engine: Option<String>,
    /// What unlocks it.
    #[xml(child = "secret")]
    pub secrets: Vec<EncryptionSecret>,
    /// The cipher of a new image.
    #[xml(child)]
    pub cipher: Option<EncryptionCipher>,
    /// The initialisation vectors of a new image.
    #[xml(child)]
    pub ivgen: Option<EncryptionIvGen>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<secret>` of an encryption.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct EncryptionSecret {
    /// `passphrase`.
    #[xml(attr = "type")]
    pub kind: Option<String>,
    /// The UUID of the secret object.
    #[xml(attr)]
    pub uuid: Option<Uuid>,
    /// The usage of the secret object.
    #[xml(attr)]
    pub usage: Option<String>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<cipher>`.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct EncryptionCipher {
    /// `aes`, `serpent`, …
    #[xml(attr)]
    pub name: Option<String>,
    /// Bits of the key.
    #[xml(attr)]
    pub size: Option<u32>,
    /// `xts`, `cbc`, …
    #[xml(attr)]
    pub mode: Option<String>,
    /// `sha256`, …
    #[xml(attr)]
    pub hash: Option<String>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<ivgen>`.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct EncryptionIvGen {
    /// `plain`, `plain64`, `essiv`.
    #[xml(attr)]
    pub name: Option<String>,
    /// `sha256`, …
    #[xml(attr)]
    pub hash: Option<String>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}
