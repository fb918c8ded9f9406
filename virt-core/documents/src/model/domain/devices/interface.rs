//! Network interfaces.

use super::address::{Address, Alias, DeviceAcpi, DeviceBoot};
use super::disk::BackendDomain;
use super::hostdev::HostAddress;
use super::network_options::{
    Bandwidth, FilterRef, InterfaceBackend, InterfaceDriver, PortForward, PortIsolation, Teaming,
    VirtualPort, Vlan,
};
use super::source::Reconnect;
use super::usb::UsbId;
use crate::model::value::{MacAddress, OnOff, YesNo};
use crate::xml::{Rest, XmlElement, xml_enum};

xml_enum! {
    /// What an interface is connected to.
    pub enum InterfaceType {
        /// The host, through user space.
        User = "user",
        /// A virtual network.
        Network = "network",
        /// A bridge of the host.
        Bridge = "bridge",
        /// A device of the host, or a script.
        Ethernet = "ethernet",
        /// A device of the host, through macvtap.
        Direct = "direct",
        /// Another process.
        Vhostuser = "vhostuser",
        /// A device handed through.
        Hostdev = "hostdev",
        /// A network inside the hypervisor.
        Internal = "internal",
        /// A multicast group.
        Mcast = "mcast",
        /// A TCP listener.
        Server = "server",
        /// A TCP connection.
        Client = "client",
        /// A UDP socket.
        Udp = "udp",
        /// A vDPA device of the host.
        Vdpa = "vdpa",
        /// Nothing.
        Null = "null",
        /// A distributed switch of VMware.
        Vds = "vds",
    }

    /// Whether a cable is plugged.
    pub enum LinkState {
        Up = "up",
        Down = "down",
    }
}

/// `<interface>`: a network interface.
#[derive(Clone, Default, XmlElement)]
#[xml(element = "interface")]
#[non_exhaustive]
pub struct Interface {
    /// What it is connected to.
    #[xml(attr = "type")]
    pub kind: Option<InterfaceType>,
    /// hostdev: whether the device is detached from the host.
    #[xml(attr)]
    pub managed: Option<YesNo>,
    /// Whether the guest may change filters of the host.
    #[xml(attr = "trustGuestRxFilters")]
    pub trust_guest_rx_filters: Option<YesNo>,
    /// Its address.
    #[xml(child)]
    pub mac: Option<InterfaceMac>,
    /// What it is connected to.
    #[xml(child)]
    pub source: Option<InterfaceSource>,
    /// Its VLANs.
    #[xml(child)]
    pub vlan: Option<Vlan>,
    /// Its port on a switch.
    #[xml(child)]
    pub virtualport: Option<Box<VirtualPort>>,
    /// Its limits.
    #[xml(child)]
    pub bandwidth: Option<Box<Bandwidth>>,
    /// Its isolation from other ports.
    #[xml(child)]
    pub port: Option<PortIsolation>,
    /// Addresses inside the guest.
    #[xml(child = "ip")]
    pub ips: Vec<InterfaceIp>,
    /// Routes inside the guest.
    #[xml(child = "route")]
    pub routes: Vec<InterfaceRoute>,
    /// Ports of the host that lead to the guest.
    #[xml(child = "portForward")]
    pub port_forwards: Vec<PortForward>,
    /// A script run when it is made.
    #[xml(child)]
    pub script: Option<Box<InterfaceScript>>,
    /// A script run when it is removed.
    #[xml(child)]
    pub downscript: Option<Box<InterfaceScript>>,
    /// The Xen domain that serves it.
    #[xml(child)]
    pub backenddomain: Option<Box<BackendDomain>>,
    /// The device on the host.
    #[xml(child)]
    pub target: Option<InterfaceTarget>,
    /// The device in the container.
    #[xml(child)]
    pub guest: Option<Box<InterfaceGuest>>,
    /// The model the guest sees.
    #[xml(child)]
    pub model: Option<InterfaceModel>,
    /// How it is served.
    #[xml(child)]
    pub driver: Option<InterfaceDriver>,
    /// Who serves it.
    #[xml(child)]
    pub backend: Option<Box<InterfaceBackend>>,
    /// The filter of its traffic.
    #[xml(child)]
    pub filterref: Option<Box<FilterRef>>,
    /// Tuning.
    #[xml(child)]
    pub tune: Option<InterfaceTune>,
    /// Whether the cable is plugged.
    #[xml(child)]
    pub link: Option<InterfaceLink>,
    /// The longest packet.
    #[xml(child)]
    pub mtu: Option<InterfaceMtu>,
    /// How interrupts are gathered.
    #[xml(child)]
    pub coalesce: Option<Box<Coalesce>>,
    /// Two interfaces that act as one.
    #[xml(child)]
    pub teaming: Option<Box<Teaming>>,
    /// The boot ROM.
    #[xml(child)]
    pub rom: Option<Rom>,
    /// Its place in the boot order.
    #[xml(child)]
    pub boot: Option<DeviceBoot>,
    /// The name of the device, as the hypervisor knows it.
    #[xml(child)]
    pub alias: Option<Alias>,
    /// The index the guest sees through ACPI.
    #[xml(child)]
    pub acpi: Option<DeviceAcpi>,
    /// Where the device sits.
    #[xml(child)]
    pub address: Option<Address>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<mac>`.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct InterfaceMac {
    /// The address.
    #[xml(attr)]
    pub address: Option<MacAddress>,
    /// Whether it is `generated` or `static` (VMware).
    #[xml(attr = "type")]
    pub kind: Option<String>,
    /// Whether the address is checked (VMware).
    #[xml(attr)]
    pub check: Option<YesNo>,
    /// The address the guest uses now.
    #[xml(attr = "currentAddress")]
    pub current_address: Option<MacAddress>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<source>` of an interface. Which fields count depends on the type.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct InterfaceSource {
    /// The virtual network.
    #[xml(attr)]
    pub network: Option<String>,
    /// The group of its ports.
    #[xml(attr)]
    pub portgroup: Option<String>,
    /// The UUID of the network port, of a running domain.
    #[xml(attr)]
    pub portid: Option<String>,
    /// The bridge.
    #[xml(attr)]
    pub bridge: Option<String>,
    /// Who manages the table of the bridge: `kernel`, `libvirt`.
    #[xml(attr = "macTableManager")]
    pub mac_table_manager: Option<String>,
    /// The device of the host.
    #[xml(attr)]
    pub dev: Option<String>,
    /// direct: `vepa`, `bridge`, `private`, `passthrough`. vhostuser: `server`, `client`.
    #[xml(attr)]
    pub mode: Option<String>,
    /// The internal network.
    #[xml(attr)]
    pub name: Option<String>,
    /// vhostuser: `unix`.
    #[xml(attr = "type")]
    pub kind: Option<String>,
    /// vhostuser: the socket.
    #[xml(attr)]
    pub path: Option<String>,
    /// The IP address of a socket.
    #[xml(attr = "address")]
    pub host: Option<String>,
    /// The port of a socket.
    #[xml(attr)]
    pub port: Option<u32>,
    /// Whether the device was missing.
    #[xml(attr)]
    pub missing: Option<YesNo>,
    /// VMware: the UUID of the switch.
    #[xml(attr)]
    pub switchid: Option<String>,
    /// VMware: the group of ports.
    #[xml(attr)]
    pub portgroupid: Option<String>,
    /// VMware: the connection.
    #[xml(attr)]
    pub connectionid: Option<String>,
    /// hostdev: the device of the host.
    #[xml(child)]
    pub address: Option<HostAddress>,
    /// hostdev of USB: the vendor.
    #[xml(child)]
    pub vendor: Option<UsbId>,
    /// hostdev of USB: the product.
    #[xml(child)]
    pub product: Option<UsbId>,
    /// udp: our own end.
    #[xml(child)]
    pub local: Option<SourceLocal>,
    /// vhostuser: what happens when the connection breaks.
    #[xml(child)]
    pub reconnect: Option<Reconnect>,
    /// Addresses on the host.
    #[xml(child = "ip")]
    pub ips: Vec<InterfaceIp>,
    /// Routes on the host.
    #[xml(child = "route")]
    pub routes: Vec<InterfaceRoute>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<local>`: our own end of a UDP socket.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct SourceLocal {
    /// The IP address.
    #[xml(attr)]
    pub address: Option<String>,
    /// The port.
    #[xml(attr)]
    pub port: Option<u32>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<ip>`.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct InterfaceIp {
    /// The address.
    #[xml(attr)]
    pub address: Option<String>,
    /// `ipv4`, `ipv6`.
    #[xml(attr)]
    pub family: Option<String>,
    /// Bits of the prefix.
    #[xml(attr)]
    pub prefix: Option<u32>,
    /// The other end.
    #[xml(attr)]
    pub peer: Option<String>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<route>`.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct InterfaceRoute {
    /// `ipv4`, `ipv6`.
    #[xml(attr)]
    pub family: Option<String>,
    /// The network.
    #[xml(attr)]
    pub address: Option<String>,
    /// Its mask.
    #[xml(attr)]
    pub netmask: Option<String>,
    /// Bits of its prefix.
    #[xml(attr)]
    pub prefix: Option<u32>,
    /// The gateway.
    #[xml(attr)]
    pub gateway: Option<String>,
    /// Its cost, from 1.
    #[xml(attr)]
    pub metric: Option<u32>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<script>` and `<downscript>`.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct InterfaceScript {
    /// The path.
    #[xml(attr)]
    pub path: Option<String>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<target>` of an interface.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct InterfaceTarget {
    /// The name of the device on the host.
    #[xml(attr)]
    pub dev: Option<String>,
    /// Whether libvirt makes it.
    #[xml(attr)]
    pub managed: Option<YesNo>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<guest>` of an interface.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct InterfaceGuest {
    /// The name in the container.
    #[xml(attr)]
    pub dev: Option<String>,
    /// The name it really has.
    #[xml(attr)]
    pub actual: Option<String>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<model>` of an interface.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct InterfaceModel {
    /// `virtio`, `e1000e`, …
    #[xml(attr = "type")]
    pub kind: Option<String>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<tune>`.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct InterfaceTune {
    /// The send buffer in bytes; 0 for no limit.
    #[xml(leaf)]
    pub sndbuf: Option<u64>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<link>`.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct InterfaceLink {
    /// Whether the cable is plugged.
    #[xml(attr)]
    pub state: Option<LinkState>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<mtu>`.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct InterfaceMtu {
    /// Bytes.
    #[xml(attr)]
    pub size: Option<u32>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<coalesce>`.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct Coalesce {
    /// Of received packets.
    #[xml(child)]
    pub rx: Option<CoalesceRx>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<rx>` of `<coalesce>`.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct CoalesceRx {
    /// Packets.
    #[xml(child)]
    pub frames: Option<CoalesceFrames>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<frames>`.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct CoalesceFrames {
    /// How many packets raise one interrupt.
    #[xml(attr)]
    pub max: Option<u32>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<rom>`: the boot ROM of a device.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct Rom {
    /// Whether there is one.
    #[xml(attr)]
    pub enabled: Option<YesNo>,
    /// Whether the guest sees it.
    #[xml(attr)]
    pub bar: Option<OnOff>,
    /// The path of its image.
    #[xml(attr)]
    pub file: Option<String>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}
