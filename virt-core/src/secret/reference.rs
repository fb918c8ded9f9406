//! Which secret.

use std::fmt;

use uuid::Uuid;

use crate::error::Subject;
use crate::model::secret::SecretUsageType;

/// What a secret is for: the kind of thing, and the path or name of that thing. Unique on a connection.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct SecretUsageId {
    /// What kind of thing it is for.
    pub kind: SecretUsageType,
    /// The path of the volume, the name of the key or target.
    pub id: String,
}

impl SecretUsageId {
    /// A use of this kind, by this path or name.
    pub fn new(kind: SecretUsageType, id: impl Into<String>) -> Self {
        Self { kind, id: id.into() }
    }
}

impl fmt::Display for SecretUsageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.kind, self.id)
    }
}

/// Which secret: its uuid, and what it is for.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct SecretRef {
    /// Its uuid: never changes.
    pub uuid: Uuid,
    /// What it is for; `None` for one that is found by its uuid only.
    pub usage: Option<SecretUsageId>,
}

impl SecretRef {
    /// A reference to the secret of this uuid and usage.
    #[must_use]
    pub const fn new(uuid: Uuid, usage: Option<SecretUsageId>) -> Self {
        Self { uuid, usage }
    }
}

impl fmt::Display for SecretRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.usage {
            Some(usage) => f.pad(&format!("{} ({usage})", self.uuid)),
            None => f.pad(&self.uuid.to_string()),
        }
    }
}

impl From<&SecretRef> for Subject {
    fn from(secret: &SecretRef) -> Self {
        Self::Secret(secret.to_string())
    }
}

/// How a secret is looked up.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SecretSelector {
    /// By uuid (`virSecretLookupByUUID`).
    Uuid(Uuid),
    /// By what it is for (`virSecretLookupByUsage`).
    Usage(SecretUsageId),
}

impl SecretSelector {
    /// Whether this is the one.
    #[must_use]
    pub fn matches(&self, secret: &SecretRef) -> bool {
        match self {
            Self::Uuid(uuid) => *uuid == secret.uuid,
            Self::Usage(usage) => Some(usage) == secret.usage.as_ref(),
        }
    }
}

impl fmt::Display for SecretSelector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Uuid(uuid) => write!(f, "{uuid}"),
            Self::Usage(usage) => write!(f, "{usage}"),
        }
    }
}

impl From<Uuid> for SecretSelector {
    fn from(uuid: Uuid) -> Self {
        Self::Uuid(uuid)
    }
}

impl From<SecretUsageId> for SecretSelector {
    fn from(usage: SecretUsageId) -> Self {
        Self::Usage(usage)
    }
}
