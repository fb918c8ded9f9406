//! The cases, a file per theme.

mod changing;
mod connection;
mod consoles;
mod definitions;
mod ending;
mod events;
mod identity;
mod lists;
mod memory;
mod policies;
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
    changing::CASES,
    policies::CASES,
    memory::CASES,
    events::CASES,
    consoles::CASES,
];

/// All cases, theme by theme.
pub fn cases() -> impl Iterator<Item = Case> {
    THEMES.iter().flat_map(|theme| theme.iter().copied())
}
