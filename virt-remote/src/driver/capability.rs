//! What a connection can do.

use virt_core::{Capabilities, Capability, Support};

use super::hypervisor::Hypervisor;

/// What a daemon's driver can do, as far as it can be told without asking for it: of the drivers whose abilities are
/// not known here, it can't.
pub(super) fn of(hypervisor: Hypervisor, libvirt: u64) -> Capabilities {
    // No daemon keeps what a console printed before it was opened.
    let common = |support| {
        let all = Capability::ALL.iter();
        all.fold(Capabilities::none(), |all, one| all.with(*one, support))
            .with(Capability::ConsoleScrollback, Support::No)
    };
    let without = |all: Capabilities, lacking: &[Capability]| {
        lacking.iter().fold(all, |all, one| all.with(*one, Support::No))
    };
    match hypervisor {
        Hypervisor::Qemu => {
            let since = |version: u64, capability: Capability| (version > libvirt).then_some(capability);
            let lacking: Vec<Capability> = [
                since(1_002_019, Capability::Rename),
                since(3_009_000, Capability::LifecycleActions),
                since(5_005_000, Capability::NetworkPorts),
                since(9_007_000, Capability::NetworkMetadata),
            ]
            .into_iter()
            .flatten()
            .collect();
            without(common(Support::Yes), &lacking)
        }
        Hypervisor::Test => without(common(Support::Yes), LACKING_IN_TEST),
        Hypervisor::Lxc => without(common(Support::Unknown), LACKING_IN_LXC),
        _ => common(Support::Unknown),
    }
}

/// What libvirt's test driver cannot do.
const LACKING_IN_TEST: &[Capability] = &[
    Capability::StartPaused,
    Capability::AutoDestroy,
    Capability::ShutdownAcpi,
    Capability::ShutdownAgent,
    Capability::Rename,
    Capability::LifecycleActions,
    Capability::Console,
    Capability::Agent,
    Capability::CoreDump,
    Capability::NetworkLeases,
    Capability::NetworkPorts,
    Capability::Secrets,
    Capability::HostStatistics,
    Capability::CpuComparison,
];

/// What libvirt's driver of containers cannot do.
const LACKING_IN_LXC: &[Capability] = &[
    Capability::StartPaused,
    Capability::ShutdownAcpi,
    Capability::ShutdownAgent,
    Capability::Reset,
    Capability::Rename,
    Capability::LifecycleActions,
    Capability::Agent,
    Capability::CoreDump,
];
