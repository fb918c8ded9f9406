//! The cases, a file per theme.

mod connection;
mod definitions;
mod lists;

use super::Case;

const THEMES: &[&[Case]] = &[connection::CASES, lists::CASES, definitions::CASES];

/// All cases, theme by theme.
pub fn cases() -> impl Iterator<Item = Case> {
    THEMES.iter().flat_map(|theme| theme.iter().copied())
}
