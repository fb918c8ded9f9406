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
        f.pad(&self.name)
    }
}

impl From<&NetworkRef> for Subject {
    fn from(network: &NetworkRef) -> Self {
        Self::Network(network.name.clone())
    }
}

/// How a network is looked up.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum NetworkSelector {
    /// By name (`virNetworkLookupByName`).
    Name(String),
    /// By uuid (`virNetworkLookupByUUID`).
    Uuid(Uuid),
}

impl NetworkSelector {
    /// Whether this is the one.
    #[must_use]
    pub fn matches(&self, network: &NetworkRef) -> bool {
        match self {
            Self::Name(name) => *name == network.name,
            Self::Uuid(uuid) => *uuid == network.uuid,
        }
    }
}

impl fmt::Display for NetworkSelector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => f.write_str(name),
            Self::Uuid(uuid) => write!(f, "{uuid}"),
        }
    }
}

impl From<&str> for NetworkSelector {
    fn from(name: &str) -> Self {
        Self::Name(name.to_owned())
    }
}

impl From<String> for NetworkSelector {
    fn from(name: String) -> Self {
        Self::Name(name)
    }
}

impl From<Uuid> for NetworkSelector {
    fn from(uuid: Uuid) -> Self {
        Self::Uuid(uuid)
    }
}

/// Which port: its uuid, and the network it belongs to.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct NetworkPortRef {
    /// Its network.
    pub network: NetworkRef,
    /// Its uuid, unique on its network.
    pub uuid: Uuid,
}

impl NetworkPortRef {
    /// A reference to the port of this uuid on this network.
    #[must_use]
    pub const fn new(network: NetworkRef, uuid: Uuid) -> Self {
        Self { network, uuid }
    }
}

impl fmt::Display for NetworkPortRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "port {} of {}", self.uuid, self.network)
    }
}
