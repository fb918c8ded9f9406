//! What makes an interface special: driver, limits, VLANs, forwarded ports, switch ports.

use uuid::Uuid;

use crate::model::value::{OnOff, YesNo};
use crate::xml::{Rest, XmlElement};

/// `<driver>` of an interface.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct InterfaceDriver {
    /// `vhost`, `qemu`; of a device handed through `vfio`, `xen`, `kvm`.
    #[xml(attr)]
    pub name: Option<String>,
    /// The driver module of the host.
    #[xml(attr)]
    pub model: Option<String>,
    /// How packets are sent: `iothread`, `timer`.
    #[xml(attr)]
    pub txmode: Option<String>,
    /// Whether requests are handled outside the virtual CPU.
    #[xml(attr)]
    pub ioeventfd: Option<OnOff>,
    /// Whether interrupts are spared.
    #[xml(attr)]
    pub event_idx: Option<OnOff>,
    /// How many pairs of queues there are.
    #[xml(attr)]
    pub queues: Option<u32>,
    /// How long the receive queue is.
    #[xml(attr)]
    pub rx_queue_size: Option<u32>,
    /// How long the send queue is.
    #[xml(attr)]
    pub tx_queue_size: Option<u32>,
    /// Whether packets are spread over queues.
    #[xml(attr)]
    pub rss: Option<OnOff>,
    /// Whether the hash is reported.
    #[xml(attr)]
    pub rss_hash_report: Option<OnOff>,
    /// Whether addresses go through an IOMMU.
    #[xml(attr)]
    pub iommu: Option<OnOff>,
    /// Whether address translations are cached by the device.
    #[xml(attr)]
    pub ats: Option<OnOff>,
    /// Whether packed rings are used.
    #[xml(attr)]
    pub packed: Option<OnOff>,
    /// Whether each queue has a page of its own.
    #[xml(attr)]
    pub page_per_vq: Option<OnOff>,
    /// What the host does for the guest.
    #[xml(child)]
    pub host: Option<Offloads>,
    /// What the guest does for itself.
    #[xml(child)]
    pub guest: Option<Offloads>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<host>` and `<guest>` of a driver: work that is taken over.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct Offloads {
    /// Checksums.
    #[xml(attr)]
    pub csum: Option<OnOff>,
    /// Segmentation, generic.
    #[xml(attr)]
    pub gso: Option<OnOff>,
    /// Segmentation of TCP over IPv4.
    #[xml(attr)]
    pub tso4: Option<OnOff>,
    /// Segmentation of TCP over IPv6.
    #[xml(attr)]
    pub tso6: Option<OnOff>,
    /// Congestion notification.
    #[xml(attr)]
    pub ecn: Option<OnOff>,
    /// Fragmentation of UDP.
    #[xml(attr)]
    pub ufo: Option<OnOff>,
    /// Merged receive buffers.
    #[xml(attr)]
    pub mrg_rxbuf: Option<OnOff>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<backend>` of an interface.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct InterfaceBackend {
    /// `default`, `passt`.
    #[xml(attr = "type")]
    pub kind: Option<String>,
    /// The path of the tap device.
    #[xml(attr)]
    pub tap: Option<String>,
    /// The path of the vhost device.
    #[xml(attr)]
    pub vhost: Option<String>,
    /// The name the guest is told.
    #[xml(attr)]
    pub hostname: Option<String>,
    /// The full name the guest is told.
    #[xml(attr)]
    pub fqdn: Option<String>,
    /// Where passt writes its log.
    #[xml(attr = "logFile")]
    pub log_file: Option<String>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<filterref>`.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct FilterRef {
    /// The filter.
    #[xml(attr)]
    pub filter: Option<String>,
    /// Its variables.
    #[xml(child = "parameter")]
    pub parameters: Vec<FilterParameter>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<parameter>` of a filter.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct FilterParameter {
    /// The variable.
    #[xml(attr)]
    pub name: Option<String>,
    /// Its value.
    #[xml(attr)]
    pub value: Option<String>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<bandwidth>`.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct Bandwidth {
    /// The class on the host.
    #[xml(attr = "classID")]
    pub class_id: Option<u32>,
    /// To the guest.
    #[xml(child)]
    pub inbound: Option<BandwidthLimit>,
    /// From the guest.
    #[xml(child)]
    pub outbound: Option<BandwidthLimit>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<inbound>` and `<outbound>`.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct BandwidthLimit {
    /// KiB a second on average.
    #[xml(attr)]
    pub average: Option<u64>,
    /// KiB a second at most.
    #[xml(attr)]
    pub peak: Option<u64>,
    /// KiB at the peak.
    #[xml(attr)]
    pub burst: Option<u64>,
    /// KiB a second that are granted.
    #[xml(attr)]
    pub floor: Option<u64>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<vlan>`.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct Vlan {
    /// Whether packets keep their tags.
    #[xml(attr)]
    pub trunk: Option<YesNo>,
    /// The tags.
    #[xml(child = "tag")]
    pub tags: Vec<VlanTag>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<tag>` of `<vlan>`.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct VlanTag {
    /// The tag, 0 to 4095.
    #[xml(attr)]
    pub id: Option<u32>,
    /// Whether it is native: `tagged`, `untagged`.
    #[xml(attr = "nativeMode")]
    pub native_mode: Option<String>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<port>` of an interface.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct PortIsolation {
    /// Whether it reaches no other isolated port.
    #[xml(attr)]
    pub isolated: Option<YesNo>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<teaming>`.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct Teaming {
    /// `persistent`, `transient`.
    #[xml(attr = "type")]
    pub kind: Option<String>,
    /// transient: the alias of the persistent one.
    #[xml(attr)]
    pub persistent: Option<String>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<virtualport>`.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct VirtualPort {
    /// `openvswitch`, `802.1Qbg`, `802.1Qbh`, `midonet`.
    #[xml(attr = "type")]
    pub kind: Option<String>,
    /// What the switch is told.
    #[xml(child)]
    pub parameters: Option<VirtualPortParameters>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<parameters>` of `<virtualport>`.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct VirtualPortParameters {
    /// 802.1Qbg: the manager.
    #[xml(attr)]
    pub managerid: Option<u32>,
    /// 802.1Qbg: the type.
    #[xml(attr)]
    pub typeid: Option<u32>,
    /// 802.1Qbg: the version of the type.
    #[xml(attr)]
    pub typeidversion: Option<u32>,
    /// 802.1Qbg: the instance.
    #[xml(attr)]
    pub instanceid: Option<Uuid>,
    /// Open vSwitch, midonet: the interface.
    #[xml(attr)]
    pub interfaceid: Option<Uuid>,
    /// 802.1Qbh, Open vSwitch: the profile.
    #[xml(attr)]
    pub profileid: Option<String>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<portForward>`: ports of the host that lead to the guest.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct PortForward {
    /// `tcp`, `udp`.
    #[xml(attr)]
    pub proto: Option<String>,
    /// The address of the host.
    #[xml(attr)]
    pub address: Option<String>,
    /// The device of the host.
    #[xml(attr)]
    pub dev: Option<String>,
    /// The ports.
    #[xml(child = "range")]
    pub ranges: Vec<PortRange>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<range>` of `<portForward>`.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct PortRange {
    /// The first port.
    #[xml(attr)]
    pub start: Option<u32>,
    /// The last port; the first unless said.
    #[xml(attr)]
    pub end: Option<u32>,
    /// The first port in the guest; the same unless said.
    #[xml(attr)]
    pub to: Option<u32>,
    /// Whether the range is left out.
    #[xml(attr)]
    pub exclude: Option<YesNo>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}
