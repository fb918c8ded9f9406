//! Devices of the host handed through.

use super::address::{Address, Alias, DeviceAcpi, DeviceBoot};
use super::interface::{InterfaceIp, InterfaceRoute, Rom};
use super::network_options::Teaming;
use super::source::{Initiator, SourceAuth, SourceHost, StartupPolicy};
use super::usb::UsbId;
use crate::model::value::{AddressNumber, Hex8, Hex32, OnOff, YesNo};
use crate::xml::{Rest, XmlElement};
use uuid::Uuid;

/// `<hostdev>`: a device of the host handed through.
#[derive(Clone, Default, XmlElement)]
#[xml(element = "hostdev")]
#[non_exhaustive]
pub struct HostDevice {
    /// `subsystem`, `capabilities` (containers).
    #[xml(attr)]
    pub mode: Option<String>,
    /// `pci`, `usb`, `scsi`, `scsi_host`, `mdev`; `storage`, `misc`, `net` for containers.
    #[xml(attr = "type")]
    pub kind: Option<String>,
    /// Whether it is detached from the host.
    #[xml(attr)]
    pub managed: Option<YesNo>,
    /// SCSI: whether commands are filtered: `filtered`, `unfiltered`.
    #[xml(attr)]
    pub sgio: Option<String>,
    /// SCSI: whether raw I/O is allowed.
    #[xml(attr)]
    pub rawio: Option<YesNo>,
    /// mdev: `vfio-pci`, `vfio-ccw`, `vfio-ap`.
    #[xml(attr)]
    pub model: Option<String>,
    /// mdev: whether it has a screen.
    #[xml(attr)]
    pub display: Option<OnOff>,
    /// mdev: whether it has a screen at boot.
    #[xml(attr)]
    pub ramfb: Option<OnOff>,
    /// The driver.
    #[xml(child)]
    pub driver: Option<HostDeviceDriver>,
    /// Which one.
    #[xml(child)]
    pub source: Option<HostDeviceSource>,
    /// Two interfaces that act as one.
    #[xml(child)]
    pub teaming: Option<Teaming>,
    /// net: addresses.
    #[xml(child = "ip")]
    pub ips: Vec<InterfaceIp>,
    /// net: routes.
    #[xml(child = "route")]
    pub routes: Vec<InterfaceRoute>,
    /// SCSI: the guest cannot write.
    #[xml(flag)]
    pub readonly: bool,
    /// SCSI: other guests may use it too.
    #[xml(flag)]
    pub shareable: bool,
    /// Its place in the boot order.
    #[xml(child)]
    pub boot: Option<DeviceBoot>,
    /// The name of the device, as the hypervisor knows it.
    #[xml(child)]
    pub alias: Option<Alias>,
    /// The index the guest sees through ACPI.
    #[xml(child)]
    pub acpi: Option<DeviceAcpi>,
    /// The boot ROM.
    #[xml(child)]
    pub rom: Option<Rom>,
    /// Where the device sits.
    #[xml(child)]
    pub address: Option<Address>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<driver>` of a device handed through.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct HostDeviceDriver {
    /// `vfio`, `xen`, `kvm`.
    #[xml(attr)]
    pub name: Option<String>,
    /// The driver module of the host.
    #[xml(attr)]
    pub model: Option<String>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<source>` of a device handed through. Which fields count depends on the type.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct HostDeviceSource {
    /// USB: what happens when it is missing at start.
    #[xml(attr = "startupPolicy")]
    pub startup_policy: Option<StartupPolicy>,
    /// USB: whether the guest may reset it: `off`, `uninitialized`, `on`.
    #[xml(attr = "guestReset")]
    pub guest_reset: Option<String>,
    /// PCI, Xen: whether writes are filtered.
    #[xml(attr = "writeFiltering")]
    pub write_filtering: Option<YesNo>,
    /// SCSI: `adapter`, `iscsi`; scsi_host: `vhost`.
    #[xml(attr)]
    pub protocol: Option<String>,
    /// iSCSI: the target.
    #[xml(attr)]
    pub name: Option<String>,
    /// scsi_host: the world wide port name.
    #[xml(attr)]
    pub wwpn: Option<String>,
    /// USB: the vendor.
    #[xml(child)]
    pub vendor: Option<UsbId>,
    /// USB: the product.
    #[xml(child)]
    pub product: Option<UsbId>,
    /// SCSI: the adapter.
    #[xml(child)]
    pub adapter: Option<ScsiAdapter>,
    /// Where it is on the host.
    #[xml(child)]
    pub address: Option<HostAddress>,
    /// iSCSI: the server.
    #[xml(child = "host")]
    pub hosts: Vec<SourceHost>,
    /// iSCSI: who we are.
    #[xml(child)]
    pub auth: Option<SourceAuth>,
    /// iSCSI: our name.
    #[xml(child)]
    pub initiator: Option<Initiator>,
    /// storage: the device.
    #[xml(leaf)]
    pub block: Option<String>,
    /// misc: the device.
    #[xml(leaf)]
    pub char: Option<String>,
    /// net: the device.
    #[xml(leaf)]
    pub interface: Option<String>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<adapter>`.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct ScsiAdapter {
    /// Its name, as `scsi_host0`.
    #[xml(attr)]
    pub name: Option<String>,
    /// `scsi_host` or `fc_host`.
    #[xml(attr = "type")]
    pub kind: Option<String>,
    /// Fibre channel: the adapter the virtual one belongs to.
    #[xml(attr)]
    pub parent: Option<String>,
    /// Fibre channel: whether the virtual adapter goes away with its user.
    #[xml(attr)]
    pub managed: Option<YesNo>,
    /// Fibre channel: that adapter by the name of its node.
    #[xml(attr)]
    pub parent_wwnn: Option<String>,
    /// Fibre channel: that adapter by the name of its port.
    #[xml(attr)]
    pub parent_wwpn: Option<String>,
    /// Fibre channel: that adapter by the name of its fabric.
    #[xml(attr)]
    pub parent_fabric_wwn: Option<String>,
    /// Fibre channel: the name of the node.
    #[xml(attr)]
    pub wwnn: Option<String>,
    /// Fibre channel: the name of the port.
    #[xml(attr)]
    pub wwpn: Option<String>,
    /// SCSI host: the adapter by its place.
    #[xml(child)]
    pub parentaddr: Option<ScsiAdapterParent>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<parentaddr>`: a SCSI adapter by its place on the host, which outlives a reboot.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct ScsiAdapterParent {
    /// Which of the adapters there, as `unique_id` in sysfs says.
    #[xml(attr)]
    pub unique_id: Option<u32>,
    /// The place.
    #[xml(child)]
    pub address: Option<HostAddress>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<address>` of a device on the host.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct HostAddress {
    /// PCI: the domain.
    #[xml(attr)]
    pub domain: Option<Hex32>,
    /// PCI, USB, SCSI: the bus.
    #[xml(attr)]
    pub bus: Option<AddressNumber>,
    /// PCI: the slot.
    #[xml(attr)]
    pub slot: Option<AddressNumber>,
    /// PCI: the function.
    #[xml(attr)]
    pub function: Option<Hex8>,
    /// USB: the device.
    #[xml(attr)]
    pub device: Option<AddressNumber>,
    /// USB: the port.
    #[xml(attr)]
    pub port: Option<String>,
    /// SCSI: the target.
    #[xml(attr)]
    pub target: Option<u32>,
    /// SCSI: the unit.
    #[xml(attr)]
    pub unit: Option<u64>,
    /// mdev: the UUID.
    #[xml(attr)]
    pub uuid: Option<Uuid>,
    /// PCI: whether other functions of the slot are used.
    #[xml(attr)]
    pub multifunction: Option<OnOff>,
    /// The kind, where it is said.
    #[xml(attr = "type")]
    pub kind: Option<String>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}
