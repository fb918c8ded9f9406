//! Which hypervisor a daemon drives.

/// Which hypervisor a daemon drives (`virConnectGetType`): what it can do depends on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Hypervisor {
    Qemu,
    Test,
    Lxc,
    Xen,
    Bhyve,
    Vz,
    Vbox,
    Cloud,
    OpenVz,
    Vmware,
    Hyperv,
    Esx,
    /// One that is newer than this.
    Other,
}

impl Hypervisor {
    /// By the name the daemon gives it.
    pub(super) fn of(name: &str) -> Self {
        match name.to_ascii_lowercase().as_str() {
            "qemu" | "kvm" => Self::Qemu,
            "test" => Self::Test,
            "lxc" => Self::Lxc,
            "xen" => Self::Xen,
            "bhyve" => Self::Bhyve,
            "vz" | "parallels" => Self::Vz,
            "vbox" => Self::Vbox,
            "ch" => Self::Cloud,
            "openvz" => Self::OpenVz,
            "vmware" => Self::Vmware,
            "hyperv" | "hyper-v" => Self::Hyperv,
            "esx" => Self::Esx,
            _ => Self::Other,
        }
    }

    /// Whether its guests may have consoles that the daemon opens.
    pub(super) const fn may_have_consoles(self) -> bool {
        !matches!(self, Self::Test)
    }

    /// Whether its guests may have agents.
    pub(super) const fn may_have_agents(self) -> bool {
        matches!(self, Self::Qemu | Self::Vz | Self::Cloud | Self::Other)
    }

    /// The driver's name, as this SDK has it.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Qemu => "QEMU",
            Self::Test => "Test",
            Self::Lxc => "LXC",
            Self::Xen => "Xen",
            Self::Bhyve => "BHYVE",
            Self::Vz => "vz",
            Self::Vbox => "VBOX",
            Self::Cloud => "CH",
            Self::OpenVz => "OpenVZ",
            Self::Vmware => "VMware",
            Self::Hyperv => "Hyper-V",
            Self::Esx => "ESX",
            Self::Other => "libvirt",
        }
    }
}
