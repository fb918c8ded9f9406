//! The cases, a file per theme.

mod access;
mod agents;
mod blocks;
mod cancelling;
mod capabilities;
mod changing;
mod concurrency;
mod connection;
mod consoles;
mod deadlines;
mod definitions;
mod devices;
mod ending;
mod errors;
mod events;
mod freezing;
mod identity;
mod input;
mod jobs;
mod lists;
mod memory;
mod migration;
mod policies;
mod saving;
mod screens;
mod snapshots;
mod starting;
mod states;
mod statistics;
mod suspending;
mod transient;
mod vcpus;
mod waiting;

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
    vcpus::CASES,
    devices::CASES,
    blocks::CASES,
    snapshots::CASES,
    saving::CASES,
    migration::CASES,
    screens::CASES,
    events::CASES,
    consoles::CASES,
    agents::CASES,
    freezing::CASES,
    statistics::CASES,
    jobs::CASES,
    waiting::CASES,
    errors::CASES,
    deadlines::CASES,
    access::CASES,
    input::CASES,
    concurrency::CASES,
    cancelling::CASES,
    capabilities::CASES,
];

/// All cases, theme by theme.
pub fn cases() -> impl Iterator<Item = Case> {
    THEMES.iter().flat_map(|theme| theme.iter().copied())
}
