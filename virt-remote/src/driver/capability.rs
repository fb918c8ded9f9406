//! What a connection can do.

use virt_core::{Capabilities, Capability, Support};

use super::hypervisor::Hypervisor;

/// From when on a driver can do something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Since {
    /// From this version of libvirt on, as libvirt counts: 1.2.19 is 1002019.
    Version(u64),
    /// It can't.
    Never,
    /// It can't be told from here.
    Unknown,
}

use Since::{Never, Unknown, Version};

/// In every version that there may still be.
const ALWAYS: Since = Version(0);

/// What QEMU's, libvirt's test and LXC's driver can do. Of the other drivers it can't be told; and of none what is not
/// here: much depends on which further drivers the daemon has (of networks, storage, secrets).
const TABLE: &[(Capability, [Since; 3])] = &[
    (Capability::PersistentDomains, [ALWAYS, ALWAYS, ALWAYS]),
    (Capability::TransientDomains, [ALWAYS, ALWAYS, ALWAYS]),
    (Capability::StartPaused, [ALWAYS, Never, Never]),
    (Capability::AutoDestroy, [ALWAYS, Never, ALWAYS]),
    (Capability::Suspend, [ALWAYS, ALWAYS, Unknown]),
    (Capability::ShutdownAcpi, [ALWAYS, Never, Never]),
    (Capability::ShutdownAgent, [ALWAYS, Never, Never]),
    // It depends on the container's init, and on whether the daemon knows its number by then.
    (Capability::ShutdownSignal, [Never, Never, Unknown]),
    (Capability::ShutdownInitControl, [Never, Never, Unknown]),
    (Capability::Reboot, [ALWAYS, ALWAYS, Unknown]),
    (Capability::Reset, [ALWAYS, ALWAYS, Never]),
    (Capability::DestroyGraceful, [ALWAYS, ALWAYS, Unknown]),
    (
        Capability::Rename,
        [Version(1_002_019), Version(4_001_000), Never],
    ),
    (Capability::Autostart, [ALWAYS, ALWAYS, ALWAYS]),
    (Capability::Metadata, [ALWAYS, ALWAYS, ALWAYS]),
    (Capability::LifecycleActions, [Version(3_009_000), Unknown, Never]),
    (Capability::PreserveOnPoweroff, [Never, ALWAYS, Unknown]),
    (Capability::SetMemory, [ALWAYS, ALWAYS, Unknown]),
    (Capability::Console, [ALWAYS, Never, Unknown]),
    (Capability::ConsoleScrollback, [Never, Never, Never]),
    (Capability::Agent, [ALWAYS, Never, Never]),
    (Capability::Statistics, [ALWAYS, ALWAYS, ALWAYS]),
    (Capability::Events, [ALWAYS, ALWAYS, ALWAYS]),
    (Capability::CoreDump, [ALWAYS, Never, Never]),
    (Capability::DeviceAttach, [ALWAYS, Unknown, Unknown]),
    (Capability::DeviceUpdate, [ALWAYS, Unknown, Unknown]),
    (Capability::BlockInfo, [ALWAYS, Unknown, Never]),
    (Capability::BlockResize, [ALWAYS, Never, Never]),
    (
        Capability::InterfaceAddresses,
        [Version(1_002_014), Version(5_004_000), Unknown],
    ),
    (Capability::SetVcpus, [ALWAYS, ALWAYS, Never]),
    (Capability::SetMaxMemory, [ALWAYS, Version(5_006_000), Unknown]),
    (Capability::Snapshots, [ALWAYS, Unknown, Never]),
    (Capability::SaveImages, [ALWAYS, Unknown, Never]),
    (Capability::ManagedSave, [ALWAYS, Unknown, Never]),
    (Capability::JobStatistics, [Version(1_000_003), Never, Never]),
    (Capability::Migration, [Version(1_001_000), Never, Never]),
    (
        Capability::PeerToPeerMigration,
        [Version(1_001_000), Never, Never],
    ),
    (Capability::Screenshot, [ALWAYS, Unknown, Never]),
    (Capability::SendKeys, [ALWAYS, Version(5_005_000), Never]),
    (Capability::InjectNmi, [ALWAYS, Version(5_006_000), Never]),
    (Capability::Networks, [ALWAYS, ALWAYS, ALWAYS]),
    (Capability::NetworkUpdate, [ALWAYS, Unknown, ALWAYS]),
    (
        Capability::NetworkMetadata,
        [Version(9_007_000), Unknown, Version(9_007_000)],
    ),
    (
        Capability::NetworkLeases,
        [Version(1_002_006), Never, Version(1_002_006)],
    ),
    (
        Capability::NetworkPorts,
        [Version(5_005_000), Never, Version(5_005_000)],
    ),
    (Capability::Secrets, [ALWAYS, Never, ALWAYS]),
    (Capability::HostCapabilities, [ALWAYS, ALWAYS, ALWAYS]),
    (
        Capability::DomainCapabilities,
        [Version(1_002_007), Unknown, Never],
    ),
    (Capability::HostStatistics, [ALWAYS, Never, ALWAYS]),
    (Capability::CpuComparison, [ALWAYS, Never, Unknown]),
    // Where the daemon's storage driver is installed, which it is nearly everywhere.
    // libvirt's test driver has pools, but not all that is done with them.
    (Capability::StoragePools, [ALWAYS, Unknown, ALWAYS]),
    (Capability::StorageVolumes, [ALWAYS, Unknown, ALWAYS]),
    (Capability::VolumeResize, [ALWAYS, Never, ALWAYS]),
    (Capability::VolumeWipe, [ALWAYS, Never, ALWAYS]),
    (Capability::VolumeTransfer, [ALWAYS, Never, ALWAYS]),
];

/// What a daemon's driver can do, as far as it can be told without asking for it.
pub(super) fn of(hypervisor: Hypervisor, libvirt: u64) -> Capabilities {
    Capability::ALL
        .iter()
        .fold(Capabilities::none(), |all, capability| {
            let known = TABLE.iter().find(|(known, _)| known == capability);
            let since = match (known, hypervisor) {
                (Some((_, [qemu, ..])), Hypervisor::Qemu) => *qemu,
                (Some((_, [_, test, _])), Hypervisor::Test) => *test,
                (Some((_, [.., lxc])), Hypervisor::Lxc) => *lxc,
                (Some((_, [Never, Never, Never])), _) => Never,
                _ => Unknown,
            };
            all.with(*capability, since.support(libvirt))
        })
}

impl Since {
    fn support(self, libvirt: u64) -> Support {
        match self {
            Version(version) if version <= libvirt => Support::Yes,
            Version(_) | Never => Support::No,
            Unknown => Support::Unknown,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_old_daemon_can_do_less() {
        let new = of(Hypervisor::Qemu, 11_003_000);
        let old = of(Hypervisor::Qemu, 1_002_000);
        assert_eq!(new.support(Capability::Rename), Support::Yes);
        assert_eq!(old.support(Capability::Rename), Support::No);
        assert_eq!(new.support(Capability::ConsoleScrollback), Support::No);
        let vbox = of(Hypervisor::Vbox, 11_003_000);
        assert_eq!(vbox.support(Capability::Suspend), Support::Unknown);
    }
}
