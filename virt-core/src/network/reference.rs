//! Which network.

use std::fmt;

use uuid::Uuid;

use crate::error::Subject;

/// Which network: its uuid, and its name.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct NetworkRef {
    /// Its uuid: never changes.
    pub uuid: Uuid,
    /// Its name.
    pub name: String,
}

impl NetworkRef {
    /// A reference to the network of this uuid and name.
    pub fn new(uuid: Uuid, name: impl Into<String>) -> Self {
        Self {
            uuid,
            name: name.into(),
        }
    }
}

impl fmt::Display for NetworkRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

impl From<&NetworkRef> for Subject {
    fn from(network: &NetworkRef) -> Self {
        Self::Network(network.name.clone())
    }
}
