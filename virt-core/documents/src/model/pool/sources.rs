//! What pools can be made of.

use super::source::PoolSource;
use crate::xml::derived::check_said_values;
use crate::xml::{Rest, XmlElement, XmlError};

/// `<sources>`: what pools of one type can be made of, as `virConnectFindStoragePoolSources` finds it.
#[derive(Clone, Default, XmlElement)]
#[xml(element = "sources")]
#[non_exhaustive]
pub struct PoolSources {
    /// The sources; each may stand in a pool of that type as it is.
    #[xml(child = "source")]
    pub sources: Vec<PoolSource>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

impl PoolSources {
    /// Checks the values: nothing else is asked of what a daemon found; see [`model`](crate::model#what-validate-checks).
    ///
    /// # Errors
    /// The first thing that is wrong, with its element path, and line and column when it was parsed.
    pub fn validate(&self) -> Result<(), XmlError> {
        check_said_values(self)
    }
}
