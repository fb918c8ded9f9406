//! What a snapshot or checkpoint comes after.

use crate::xml::{Rest, XmlElement};

/// `<parent>`: the snapshot or checkpoint this one comes after.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct MomentParent {
    /// Its name.
    #[xml(leaf)]
    pub name: Option<String>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

impl From<&str> for MomentParent {
    fn from(name: &str) -> Self {
        Self {
            name: Some(name.to_owned()),
            ..Self::default()
        }
    }
}
