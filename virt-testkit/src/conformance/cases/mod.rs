//! The cases, a file per theme.

mod connection;
mod definitions;
mod ending;
mod identity;
mod lists;
mod starting;
mod states;
mod suspending;
mod transient;

use super::Case;

const THEMES: &[&[Case]] = &[
    connection::CASES,
    lists::CASES,
    definitions::CASES,
    transient::CASES,
    identity::CASES,
    states::CASES,
    starting::CASES,
    suspending::CASES,
    ending::CASES,
];

/// All cases, theme by theme.
pub fn cases() -> impl Iterator<Item = Case> {
    THEMES.iter().flat_map(|theme| theme.iter().copied())
}
