//! What pools can be made of.

use super::source::PoolSource;
use crate::xml::{Rest, XmlElement};

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
