//! What readers of capabilities ask.

use super::document::Capabilities;
use super::guest::{Guest, GuestDomain, GuestMachine};
use super::topology::{HostCell, HostCpu};
use crate::model::domain::{Cpu, DomainType, OsKind};
use crate::model::value::ByteSize;

impl Capabilities {
    /// The CPU of the host.
    pub fn host_cpu(&self) -> Option<&Cpu> {
        self.host.as_ref()?.cpu.as_ref()
    }

    /// The architecture of the host, as `x86_64`.
    pub fn host_arch(&self) -> Option<&str> {
        self.host_cpu()?.arch.as_deref()
    }

    /// The NUMA nodes of the host.
    pub fn cells(&self) -> &[HostCell] {
        self.host
            .as_ref()
            .and_then(|host| host.topology.as_ref()?.cells.as_ref())
            .map(|cells| cells.cells.as_slice())
            .unwrap_or_default()
    }

    /// The CPUs of the host that are online, in the order of their nodes.
    pub fn online_cpus(&self) -> impl Iterator<Item = &HostCpu> {
        self.cells()
            .iter()
            .flat_map(HostCell::cpus)
            .filter(|cpu| cpu.siblings.is_some())
    }

    /// The memory of all nodes.
    pub fn memory(&self) -> ByteSize {
        let bytes = self.cells().iter().filter_map(HostCell::memory_size);
        ByteSize::bytes(bytes.fold(0, |sum, size| sum.saturating_add(size.as_bytes())))
    }

    /// Whether guests can be migrated while they run.
    pub fn can_migrate_live(&self) -> bool {
        self.host
            .as_ref()
            .and_then(|host| host.migration_features.as_ref())
            .is_some_and(|features| features.live)
    }

    /// Whether the host has an IOMMU in use, so that devices can be handed to guests.
    pub fn has_iommu(&self) -> bool {
        self.host
            .as_ref()
            .and_then(|host| host.iommu.as_ref()?.support)
            .is_some_and(|support| support.is_set())
    }

    /// The label guests of a kind are started with by a security model.
    pub fn base_label(&self, model: &str, kind: &str) -> Option<&str> {
        let models = &self.host.as_ref()?.security_models;
        let model = models.iter().find(|one| one.model.as_deref() == Some(model))?;
        let label = model
            .base_labels
            .iter()
            .find(|label| label.kind.as_deref() == Some(kind))?;
        label.label.as_deref()
    }

    /// The guests of an architecture, as `x86_64`.
    pub fn guests_of<'a>(&'a self, arch: &'a str) -> impl Iterator<Item = &'a Guest> {
        self.guests
            .iter()
            .filter(move |guest| guest.arch_name() == Some(arch))
    }

    /// The guests of an architecture and kind of system.
    pub fn guest(&self, arch: &str, os: &OsKind) -> Option<&Guest> {
        self.guests
            .iter()
            .find(|guest| guest.arch_name() == Some(arch) && guest.os_type.as_ref() == Some(os))
    }

    /// Whether a guest of that architecture can be run by `kind`, whatever its kind of system.
    pub fn supports(&self, arch: &str, kind: &DomainType) -> bool {
        self.guests_of(arch).any(|guest| guest.domain(kind).is_some())
    }
}

impl Guest {
    /// The architecture, as `x86_64`.
    pub fn arch_name(&self) -> Option<&str> {
        self.arch.as_ref()?.name.as_deref()
    }

    /// What `kind` can do with it.
    pub fn domain(&self, kind: &DomainType) -> Option<&GuestDomain> {
        let domains = &self.arch.as_ref()?.domains;
        domains.iter().find(|domain| domain.kind.as_ref() == Some(kind))
    }

    /// The program that emulates the machine when `kind` runs it.
    pub fn emulator(&self, kind: &DomainType) -> Option<&str> {
        let own = self.domain(kind)?.emulator.as_deref();
        own.or(self.arch.as_ref()?.emulator.as_deref())
    }

    /// The machines there are when `kind` runs it.
    pub fn machines(&self, kind: &DomainType) -> &[GuestMachine] {
        let Some((domain, arch)) = self.domain(kind).zip(self.arch.as_ref()) else {
            return &[];
        };
        match domain.machines.as_slice() {
            [] => &arch.machines,
            own => own,
        }
    }

    /// The full name of a machine: of `pc` for example `pc-i440fx-10.0`; of a full name itself.
    pub fn canonical_machine<'a>(&'a self, kind: &DomainType, machine: &str) -> Option<&'a str> {
        let found = self
            .machines(kind)
            .iter()
            .find(|one| one.name.as_deref() == Some(machine))?;
        found.canonical.as_deref().or(found.name.as_deref())
    }

    /// The most virtual CPUs a machine can have.
    pub fn max_cpus(&self, kind: &DomainType, machine: &str) -> Option<u32> {
        let found = self
            .machines(kind)
            .iter()
            .find(|one| one.name.as_deref() == Some(machine))?;
        found.max_cpus
    }
}

impl HostCell {
    /// The CPUs of the node, those that are offline among them.
    pub fn cpus(&self) -> &[HostCpu] {
        self.cpus
            .as_ref()
            .map(|cpus| cpus.cpus.as_slice())
            .unwrap_or_default()
    }

    /// Its memory.
    pub fn memory_size(&self) -> Option<ByteSize> {
        self.memory.as_ref()?.size
    }

    /// How many pages of that size it has.
    pub fn page_count(&self, size: ByteSize) -> Option<u64> {
        self.pages.iter().find(|pages| pages.size == Some(size))?.count
    }

    /// How far the node with that number is: 10 is here.
    pub fn distance_to(&self, cell: u32) -> Option<u32> {
        let siblings = &self.distances.as_ref()?.siblings;
        siblings.iter().find(|sibling| sibling.id == Some(cell))?.value
    }
}
