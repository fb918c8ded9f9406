//! Options handed to mount and librados as they are.

use crate::model::namespace;
use crate::xml::{Rest, XmlElement};

/// `<fs:mount_opts>`: options of the mount, as they are.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct MountOptions {
    /// The options.
    #[xml(child = "option", namespace = namespace::POOL_FS)]
    pub options: Vec<MountOption>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<fs:option>`.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct MountOption {
    /// What stands after `-o`, as `sync`.
    #[xml(attr)]
    pub name: Option<String>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<rbd:config_opts>`: options of librados, as they are.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct RbdOptions {
    /// The options.
    #[xml(child = "option", namespace = namespace::POOL_RBD)]
    pub options: Vec<RbdOption>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<rbd:option>`.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct RbdOption {
    /// Its name, as `client_mount_timeout`.
    #[xml(attr)]
    pub name: Option<String>,
    /// Its value.
    #[xml(attr)]
    pub value: Option<String>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

impl From<&str> for MountOption {
    fn from(name: &str) -> Self {
        Self {
            name: Some(name.to_owned()),
            ..Self::default()
        }
    }
}

impl RbdOption {
    /// An option.
    pub fn new(name: impl Into<String>, value: impl Into<String>) -> Self {
        Self {
            name: Some(name.into()),
            value: Some(value.into()),
            ..Self::default()
        }
    }
}
