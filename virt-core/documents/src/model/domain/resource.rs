//! Partitions, identities, performance events, id maps.

use crate::model::value::YesNo;
use crate::xml::{Rest, XmlElement};

/// `<resource>`.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct Resource {
    /// The partition of the host the domain is in.
    #[xml(leaf)]
    pub partition: Option<String>,
    /// Identity on Fibre Channel.
    #[xml(child)]
    pub fibrechannel: Option<FibreChannel>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<fibrechannel>`.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct FibreChannel {
    /// The application id.
    #[xml(attr)]
    pub appid: Option<String>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<perf>`: performance events that are counted.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct Perf {
    /// The events.
    #[xml(child = "event")]
    pub events: Vec<PerfEvent>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<event>` of `<perf>`.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct PerfEvent {
    /// Its name.
    #[xml(attr)]
    pub name: Option<String>,
    /// Whether it is counted.
    #[xml(attr)]
    pub enabled: Option<YesNo>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<idmap>`: users and groups of a container on the host.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct IdMap {
    /// The users.
    #[xml(child = "uid")]
    pub uids: Vec<IdRange>,
    /// The groups.
    #[xml(child = "gid")]
    pub gids: Vec<IdRange>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<uid>` and `<gid>`: a range of ids.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct IdRange {
    /// The first in the guest.
    #[xml(attr)]
    pub start: Option<u32>,
    /// The first on the host.
    #[xml(attr)]
    pub target: Option<u32>,
    /// How many there are.
    #[xml(attr)]
    pub count: Option<u32>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}
