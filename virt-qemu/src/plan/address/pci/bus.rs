//! What PCI buses accept and devices need.

use virt_core::{Error, ErrorKind, Result};

/// Kinds of connection, and what goes with them: what a bus offers, or what a device needs (one of the kinds is enough).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Connect(u16);

impl Connect {
    pub(crate) const NONE: Self = Self(0);
    /// Devices can be added and removed while the guest runs.
    pub(crate) const HOTPLUG: Self = Self(1);
    /// Functions of one slot may be shared out to devices of this kind.
    pub(crate) const AGGREGATE: Self = Self(1 << 1);
    /// A conventional PCI endpoint.
    pub(crate) const PCI_DEVICE: Self = Self(1 << 2);
    /// A PCI Express endpoint.
    pub(crate) const PCIE_DEVICE: Self = Self(1 << 3);
    pub(crate) const PCIE_ROOT_PORT: Self = Self(1 << 4);
    pub(crate) const SWITCH_UPSTREAM_PORT: Self = Self(1 << 5);
    pub(crate) const SWITCH_DOWNSTREAM_PORT: Self = Self(1 << 6);
    pub(crate) const DMI_TO_PCI_BRIDGE: Self = Self(1 << 7);
    pub(crate) const PCI_BRIDGE: Self = Self(1 << 8);
    pub(crate) const PCI_EXPANDER_BUS: Self = Self(1 << 9);
    pub(crate) const PCIE_EXPANDER_BUS: Self = Self(1 << 10);
    pub(crate) const PCIE_TO_PCI_BRIDGE: Self = Self(1 << 11);

    const ENDPOINTS: Self = Self::PCI_DEVICE.and(Self::PCIE_DEVICE);
    const MODIFIERS: Self = Self::HOTPLUG.and(Self::AGGREGATE);

    /// Both together.
    pub(crate) const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether any of `other` is in this.
    pub(crate) const fn has(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// Whether nothing of the kind is needed: such a device needs no PCI address.
    pub(crate) const fn is_none(self) -> bool {
        self.0 & !Self::MODIFIERS.0 == 0
    }

    /// Whether a device that needs `self` fits a bus that offers `bus`.
    pub(crate) const fn fits(self, bus: Self) -> bool {
        let kinds = self.0 & bus.0 & !Self::MODIFIERS.0;
        kinds != 0 && (!self.has(Self::HOTPLUG) || bus.has(Self::HOTPLUG))
    }

    /// The same for a place the user chose: endpoints of either kind go into slots of either kind, hotplug or not.
    pub(crate) const fn fits_by_choice(self, bus: Self) -> bool {
        let mut offered = bus.0 | Self::HOTPLUG.0;
        if bus.has(Self::ENDPOINTS) {
            offered |= Self::ENDPOINTS.0;
        }
        if bus.has(Self::PCI_DEVICE) {
            offered |= Self::PCI_BRIDGE.0;
        }
        self.fits(Self(offered))
    }
}

/// The model of a PCI controller, which is the kind of bus it makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BusModel {
    PciRoot,
    PcieRoot,
    PciBridge,
    DmiToPciBridge,
    PcieToPciBridge,
    PcieRootPort,
    SwitchUpstreamPort,
    SwitchDownstreamPort,
    PciExpanderBus,
    PcieExpanderBus,
}

impl BusModel {
    /// By libvirt's spelling.
    pub(crate) fn parse(model: &str) -> Result<Self> {
        Ok(match model {
            "pci-root" => Self::PciRoot,
            "pcie-root" => Self::PcieRoot,
            "pci-bridge" => Self::PciBridge,
            "dmi-to-pci-bridge" => Self::DmiToPciBridge,
            "pcie-to-pci-bridge" => Self::PcieToPciBridge,
            "pcie-root-port" => Self::PcieRootPort,
            "pcie-switch-upstream-port" => Self::SwitchUpstreamPort,
            "pcie-switch-downstream-port" => Self::SwitchDownstreamPort,
            "pci-expander-bus" => Self::PciExpanderBus,
            "pcie-expander-bus" => Self::PcieExpanderBus,
            other => {
                return Err(Error::new(
                    ErrorKind::InvalidConfig,
                    format!("{other:?} is no model of a PCI controller"),
                ));
            }
        })
    }

    /// libvirt's spelling.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::PciRoot => "pci-root",
            Self::PcieRoot => "pcie-root",
            Self::PciBridge => "pci-bridge",
            Self::DmiToPciBridge => "dmi-to-pci-bridge",
            Self::PcieToPciBridge => "pcie-to-pci-bridge",
            Self::PcieRootPort => "pcie-root-port",
            Self::SwitchUpstreamPort => "pcie-switch-upstream-port",
            Self::SwitchDownstreamPort => "pcie-switch-downstream-port",
            Self::PciExpanderBus => "pci-expander-bus",
            Self::PcieExpanderBus => "pcie-expander-bus",
        }
    }

    /// Whether the machine itself has it: it takes no address.
    pub(crate) const fn is_root(self) -> bool {
        matches!(self, Self::PciRoot | Self::PcieRoot)
    }

    /// What it needs itself to be plugged in.
    pub(crate) const fn needs(self) -> Connect {
        match self {
            Self::PciRoot | Self::PcieRoot => Connect::NONE,
            Self::PciBridge => Connect::PCI_BRIDGE,
            Self::DmiToPciBridge => Connect::DMI_TO_PCI_BRIDGE,
            Self::PcieToPciBridge => Connect::PCIE_TO_PCI_BRIDGE,
            Self::PcieRootPort => Connect::PCIE_ROOT_PORT.and(Connect::AGGREGATE),
            Self::SwitchUpstreamPort => Connect::SWITCH_UPSTREAM_PORT,
            Self::SwitchDownstreamPort => Connect::SWITCH_DOWNSTREAM_PORT,
            Self::PciExpanderBus => Connect::PCI_EXPANDER_BUS,
            Self::PcieExpanderBus => Connect::PCIE_EXPANDER_BUS,
        }
    }

    /// What its bus accepts.
    pub(crate) const fn accepts(self) -> Connect {
        let pci = Connect::PCI_DEVICE.and(Connect::PCI_BRIDGE);
        match self {
            Self::PciRoot => pci.and(Connect::HOTPLUG).and(Connect::PCI_EXPANDER_BUS),
            Self::PciBridge | Self::PcieToPciBridge | Self::PciExpanderBus => pci.and(Connect::HOTPLUG),
            Self::DmiToPciBridge => pci,
            Self::PcieRoot => Connect::PCIE_DEVICE
                .and(Connect::PCIE_ROOT_PORT)
                .and(Connect::DMI_TO_PCI_BRIDGE)
                .and(Connect::PCIE_EXPANDER_BUS),
            Self::PcieRootPort | Self::SwitchDownstreamPort => Connect::PCIE_DEVICE
                .and(Connect::SWITCH_UPSTREAM_PORT)
                .and(Connect::PCIE_TO_PCI_BRIDGE)
                .and(Connect::HOTPLUG),
            Self::SwitchUpstreamPort => Connect::SWITCH_DOWNSTREAM_PORT,
            Self::PcieExpanderBus => Connect::PCIE_ROOT_PORT.and(Connect::DMI_TO_PCI_BRIDGE),
        }
    }

    /// First and last slot of its bus that can be used.
    pub(crate) const fn slots(self) -> (u8, u8) {
        match self {
            Self::PciRoot | Self::PcieRoot | Self::PciBridge | Self::PcieToPciBridge => (1, 31),
            Self::PciExpanderBus | Self::DmiToPciBridge | Self::SwitchUpstreamPort => (0, 31),
            Self::PcieRootPort | Self::SwitchDownstreamPort | Self::PcieExpanderBus => (0, 0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hotpluggable_express_device_fits_a_root_port_and_not_the_root() {
        let device = Connect::PCIE_DEVICE.and(Connect::HOTPLUG);
        assert!(device.fits(BusModel::PcieRootPort.accepts()));
        assert!(!device.fits(BusModel::PcieRoot.accepts()));
        assert!(device.fits_by_choice(BusModel::PcieRoot.accepts()));
        assert!(!device.fits(BusModel::PciBridge.accepts()));
        assert!(!device.fits_by_choice(BusModel::SwitchUpstreamPort.accepts()));
    }
}
