//! Guests the host cannot look into.

use crate::model::value::{Hex32, OnOff, SecretText, YesNo};
use crate::xml::{Rest, XmlElement};

/// `<launchSecurity>`.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct LaunchSecurity {
    /// `sev`, `sev-snp`, `s390-pv`.
    #[xml(attr = "type")]
    pub kind: Option<String>,
    /// Whether a kernel booted directly is measured.
    #[xml(attr = "kernelHashes")]
    pub kernel_hashes: Option<YesNo>,
    /// sev-snp: whether the key of the author is given.
    #[xml(attr = "authorKey")]
    pub author_key: Option<YesNo>,
    /// sev-snp: whether the key of the chip is used.
    #[xml(attr)]
    pub vcek: Option<YesNo>,
    /// The bit that says a page is encrypted.
    #[xml(leaf)]
    pub cbitpos: Option<u32>,
    /// Bits of physical addresses that are lost.
    #[xml(leaf = "reducedPhysBits")]
    pub reduced_phys_bits: Option<u32>,
    /// What is allowed, as bits.
    #[xml(leaf)]
    pub policy: Option<Hex32>,
    /// The handle of the firmware.
    #[xml(leaf)]
    pub handle: Option<u64>,
    /// The owner's key, in base64.
    #[xml(leaf = "dhCert", secret)]
    pub dh_cert: Option<SecretText>,
    /// The session, in base64.
    #[xml(leaf, secret)]
    pub session: Option<SecretText>,
    /// sev-snp: in base64.
    #[xml(leaf = "guestVisibleWorkarounds")]
    pub guest_visible_workarounds: Option<String>,
    /// sev-snp: in base64.
    #[xml(leaf = "idBlock")]
    pub id_block: Option<String>,
    /// sev-snp: in base64.
    #[xml(leaf = "idAuth")]
    pub id_auth: Option<String>,
    /// sev-snp: in base64.
    #[xml(leaf = "hostData")]
    pub host_data: Option<String>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<keywrap>`: key wrapping on IBM Z.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct KeyWrap {
    /// The ciphers.
    #[xml(child = "cipher")]
    pub ciphers: Vec<KeyWrapCipher>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<cipher>` of `<keywrap>`.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct KeyWrapCipher {
    /// `aes`, `dea`.
    #[xml(attr)]
    pub name: Option<String>,
    /// Whether it may be used.
    #[xml(attr)]
    pub state: Option<OnOff>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}
