//! The host itself, and names with numbers.

use uuid::Uuid;

use super::id::HexId;
use crate::xml::{Rest, XmlElement};

/// `<hardware>`: the machine.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct SystemHardware {
    /// Who made it.
    #[xml(leaf)]
    pub vendor: Option<String>,
    /// Its version.
    #[xml(leaf)]
    pub version: Option<String>,
    /// Its serial number.
    #[xml(leaf)]
    pub serial: Option<String>,
    /// Its UUID.
    #[xml(leaf)]
    pub uuid: Option<Uuid>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<firmware>`: the firmware of the machine.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct SystemFirmware {
    /// Who made it.
    #[xml(leaf)]
    pub vendor: Option<String>,
    /// Its version.
    #[xml(leaf)]
    pub version: Option<String>,
    /// When it was released, as the firmware writes it.
    #[xml(leaf)]
    pub release_date: Option<String>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<product>` and `<vendor>`: a number, where there is one, and a name.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct ProductId {
    /// The number, as `0x8086`.
    #[xml(attr)]
    pub id: Option<HexId>,
    /// The name.
    #[xml(text)]
    pub name: Option<String>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<type>`: of a mediated device by its identifier, else a word.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct NodeType {
    /// mdev: the identifier, as `i915-GVTg_V5_8`.
    #[xml(attr)]
    pub id: Option<String>,
    /// scsi, drm: the word, as `disk` or `render`.
    #[xml(text)]
    pub word: Option<String>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}
