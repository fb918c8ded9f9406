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
mod host;
mod identity;
mod input;
mod jobs;
mod lists;
mod memory;
mod migration;
mod network_changes;
mod network_events;
mod network_ports;
mod networks;
mod policies;
mod pools;
mod saving;
mod screens;
mod secrets;
mod snapshots;
mod starting;
mod states;
mod statistics;
mod storage_events;
mod suspending;
mod transfers;
mod transient;
mod vcpus;
mod volumes;
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
    networks::CASES,
    network_changes::CASES,
    network_ports::CASES,
    network_events::CASES,
    secrets::CASES,
    host::CASES,
    pools::CASES,
    volumes::CASES,
    transfers::CASES,
    storage_events::CASES,
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
