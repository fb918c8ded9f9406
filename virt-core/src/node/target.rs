//! On what a guest would be run.

use crate::model::DomainType;

/// On what a guest would be run: what is not said is the driver's default.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct HypervisorTarget {
    /// The path of the emulator.
    pub emulator: Option<String>,
    /// The architecture: `x86_64`.
    pub arch: Option<String>,
    /// The machine: `q35`.
    pub machine: Option<String>,
    /// What runs the guest: `kvm`, `qemu`.
    pub virt_type: Option<DomainType>,
}

impl HypervisorTarget {
    /// This emulator.
    #[must_use]
    pub fn emulator(mut self, path: impl Into<String>) -> Self {
        self.emulator = Some(path.into());
        self
    }

    /// This architecture.
    #[must_use]
    pub fn arch(mut self, arch: impl Into<String>) -> Self {
        self.arch = Some(arch.into());
        self
    }

    /// This machine.
    #[must_use]
    pub fn machine(mut self, machine: impl Into<String>) -> Self {
        self.machine = Some(machine.into());
        self
    }

    /// Run by this.
    #[must_use]
    pub fn virt_type(mut self, kind: DomainType) -> Self {
        self.virt_type = Some(kind);
        self
    }
}
