//! What the daemon keeps of a backup for itself.

use crate::xml::{Rest, XmlElement};

/// `<privateData>` of a backup.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct BackupPrivateData {
    /// Objects made in the hypervisor.
    #[xml(child)]
    pub objects: Option<BackupObjects>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<objects>` made for a backup.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct BackupObjects {
    /// Secrets.
    #[xml(child = "secret")]
    pub secrets: Vec<BackupSecretObject>,
    /// Certificates.
    #[xml(child = "TLSx509")]
    pub tls: Option<BackupTlsObject>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<secret>` made for a backup.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct BackupSecretObject {
    /// `tlskey`.
    #[xml(attr = "type")]
    pub kind: Option<String>,
    /// Its name in the hypervisor.
    #[xml(attr)]
    pub alias: Option<String>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<TLSx509>` made for a backup.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct BackupTlsObject {
    /// Its name in the hypervisor.
    #[xml(attr)]
    pub alias: Option<String>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}
