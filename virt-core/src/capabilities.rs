//! What a connection can do, as plain data.

use std::fmt;

use crate::sorted::SortedMap;

/// Whether something can be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Support {
    /// It works.
    Yes,
    /// It answers [`ErrorKind::Unsupported`](crate::ErrorKind::Unsupported).
    No,
    /// It can't be told from here; try, and expect `Unsupported`.
    Unknown,
}

/// One thing a connection may be able to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Capability {
    /// Definitions that outlive the guest's run: define, undefine.
    PersistentDomains,
    /// Guests without a definition: `create_domain`.
    TransientDomains,
    /// Start with the vCPUs stopped.
    StartPaused,
    /// Guests that go when the connection does.
    AutoDestroy,
    /// Suspend and resume.
    Suspend,
    /// Shutdown by the ACPI power button.
    ShutdownAcpi,
    /// Shutdown through the guest agent.
    ShutdownAgent,
    /// Shutdown by a signal to a container's init.
    ShutdownSignal,
    /// Shutdown by the control pipe of a container's init.
    ShutdownInitControl,
    /// Reboot by the guest's cooperation.
    Reboot,
    /// Reset, as by the button.
    Reset,
    /// Destroy that gives the hypervisor time to flush.
    DestroyGraceful,
    /// Rename of a stopped domain.
    Rename,
    /// Start with the host (or rather the manager).
    Autostart,
    /// Title, description and metadata, changed without redefinition.
    Metadata,
    /// What happens on poweroff, reboot and crash, changed without redefinition.
    LifecycleActions,
    /// A guest that has powered itself off is kept as it is, where its document says so.
    PreserveOnPoweroff,
    /// Memory changed through the balloon of a running guest.
    SetMemory,
    /// Consoles as byte streams.
    Console,
    /// What a console printed before it was opened.
    ConsoleScrollback,
    /// The guest agent.
    Agent,
    /// Statistics in bulk.
    Statistics,
    /// Events.
    Events,
    /// Core dumps, as a job.
    CoreDump,
    /// Devices attached to and detached from a domain.
    DeviceAttach,
    /// Devices changed without redefinition, media of drives among them.
    DeviceUpdate,
    /// Size and use of a domain's images.
    BlockInfo,
    /// Images of running guests made larger.
    BlockResize,
    /// Addresses of a guest's interfaces, by lease, agent or neighbour table.
    InterfaceAddresses,
    /// The number of vCPUs changed without redefinition.
    SetVcpus,
    /// The most memory a domain can have changed without redefinition.
    SetMaxMemory,
    /// Snapshots of domains.
    Snapshots,
    /// Domains saved to files of the host, and restored from them.
    SaveImages,
    /// Domains saved where the manager keeps them.
    ManagedSave,
    /// What a job is doing, in figures, and its abort.
    JobStatistics,
    /// Domains that move to another machine, led by the program.
    Migration,
    /// Domains that move to another machine, led by the manager.
    PeerToPeerMigration,
    /// Pictures of a guest's screen.
    Screenshot,
    /// Keys pressed on a guest's keyboard.
    SendKeys,
    /// Non-maskable interrupts.
    InjectNmi,
    /// Virtual networks: define, start, destroy.
    Networks,
    /// One part of a network changed without redefinition.
    NetworkUpdate,
    /// Title, description and metadata of a network, changed without redefinition.
    NetworkMetadata,
    /// The addresses a network has lent.
    NetworkLeases,
    /// Ports of networks.
    NetworkPorts,
    /// Secrets.
    Secrets,
    /// What the machine and its hypervisor can do, as a document.
    HostCapabilities,
    /// What guests can have, as a document.
    DomainCapabilities,
    /// What the machine's processors and memory are doing.
    HostStatistics,
    /// CPUs compared, and their baseline.
    CpuComparison,
    /// Storage pools: define, create, build, start, destroy.
    StoragePools,
    /// Volumes of storage pools: create, clone, delete.
    StorageVolumes,
    /// Volumes that change their capacity.
    VolumeResize,
    /// Volumes that are overwritten so that their content can't be had back.
    VolumeWipe,
    /// The content of volumes as streams: upload and download.
    VolumeTransfer,
}

impl Capability {
    /// All of them.
    pub const ALL: &'static [Self] = &[
        Self::PersistentDomains,
        Self::TransientDomains,
        Self::StartPaused,
        Self::AutoDestroy,
        Self::Suspend,
        Self::ShutdownAcpi,
        Self::ShutdownAgent,
        Self::ShutdownSignal,
        Self::ShutdownInitControl,
        Self::Reboot,
        Self::Reset,
        Self::DestroyGraceful,
        Self::Rename,
        Self::Autostart,
        Self::Metadata,
        Self::LifecycleActions,
        Self::PreserveOnPoweroff,
        Self::SetMemory,
        Self::Console,
        Self::ConsoleScrollback,
        Self::Agent,
        Self::Statistics,
        Self::Events,
        Self::CoreDump,
        Self::DeviceAttach,
        Self::DeviceUpdate,
        Self::BlockInfo,
        Self::BlockResize,
        Self::InterfaceAddresses,
        Self::SetVcpus,
        Self::SetMaxMemory,
        Self::Snapshots,
        Self::SaveImages,
        Self::ManagedSave,
        Self::JobStatistics,
        Self::Migration,
        Self::PeerToPeerMigration,
        Self::Screenshot,
        Self::SendKeys,
        Self::InjectNmi,
        Self::Networks,
        Self::NetworkUpdate,
        Self::NetworkMetadata,
        Self::NetworkLeases,
        Self::NetworkPorts,
        Self::Secrets,
        Self::HostCapabilities,
        Self::DomainCapabilities,
        Self::HostStatistics,
        Self::CpuComparison,
        Self::StoragePools,
        Self::StorageVolumes,
        Self::VolumeResize,
        Self::VolumeWipe,
        Self::VolumeTransfer,
    ];
}

/// What a connection can do. What is not listed is [`Support::No`].
///
/// The conformance suite of virt-testkit proves it: what says `Yes` works, what says `No` answers `Unsupported`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Capabilities {
    entries: SortedMap<Capability, Support>,
}

impl Capabilities {
    /// Nothing, to be extended by [`Capabilities::with`].
    #[must_use]
    pub fn none() -> Self {
        Self::default()
    }

    /// Everything there is.
    #[must_use]
    pub fn all() -> Self {
        Capability::ALL
            .iter()
            .fold(Self::none(), |all, one| all.with(*one, Support::Yes))
    }

    /// The same, with another answer for one thing.
    #[must_use]
    pub fn with(mut self, capability: Capability, support: Support) -> Self {
        self.entries.insert(capability, support);
        self
    }

    /// Whether this can be done.
    #[must_use]
    pub fn support(&self, capability: Capability) -> Support {
        self.entries.get(&capability).copied().unwrap_or(Support::No)
    }

    /// Whether this certainly works.
    #[must_use]
    pub fn has(&self, capability: Capability) -> bool {
        self.support(capability) == Support::Yes
    }
}

impl fmt::Display for Capabilities {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for capability in Capability::ALL {
            writeln!(f, "{capability:?}: {:?}", self.support(*capability))?;
        }
        Ok(())
    }
}
