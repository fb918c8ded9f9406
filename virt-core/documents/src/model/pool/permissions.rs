//! Who may do what with a directory or an image.

use crate::model::value::{FileMode, FileOwner};
use crate::xml::{Rest, XmlElement};

/// `<permissions>`: owner, mode and label of a directory or an image. What is not said is inherited.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct Permissions {
    /// Who may do what.
    #[xml(leaf)]
    pub mode: Option<FileMode>,
    /// The user.
    #[xml(leaf)]
    pub owner: Option<FileOwner>,
    /// The group.
    #[xml(leaf)]
    pub group: Option<FileOwner>,
    /// The label of a security driver.
    #[xml(leaf)]
    pub label: Option<String>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

impl Permissions {
    /// Mode, user and group.
    pub fn new(mode: FileMode, owner: u32, group: u32) -> Self {
        Self {
            mode: Some(mode),
            owner: Some(FileOwner::new(owner)),
            group: Some(FileOwner::new(group)),
            ..Self::default()
        }
    }
}
