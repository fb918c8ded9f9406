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

    /// By the URI that the daemon has opened; `None` where that does not tell.
    pub(super) fn of_uri(uri: &str) -> Option<Self> {
        let (scheme, _) = uri.split_once(['+', ':'])?;
        match Self::of(scheme) {
            Self::Other => None,
            known => Some(known),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_uri_tells_of_the_hypervisor_where_its_driver_is_known() {
        for (uri, known) in [
            ("qemu:///system", Some(Hypervisor::Qemu)),
            ("test:///default", Some(Hypervisor::Test)),
            ("xen+unix:///system", Some(Hypervisor::Xen)),
            ("parallels:///system", Some(Hypervisor::Vz)),
            ("network:///system", None),
            ("later:///system", None),
        ] {
            assert_eq!(Hypervisor::of_uri(uri), known, "{uri}");
        }
    }
}
