//! The root: what a domain is, element by element in libvirt's order.

use uuid::Uuid;

use super::boot::Os;
use super::builder::DomainBuilder;
use super::clock::Clock;
use super::confidential::{KeyWrap, LaunchSecurity};
use super::cpu::Cpu;
use super::devices::Devices;
use super::devices::ThrottleGroups;
use super::features::Features;
use super::memory::{MaxMemory, Memory, MemoryBacking};
use super::metadata::Metadata;
use super::native::{
    BhyveCommandline, LxcNamespace, QemuCapabilities, QemuDeprecation, QemuOverride, XenCommandline,
};
use super::numatune::NumaTune;
use super::power::{LifecycleAction, PowerManagement};
use super::qemu::QemuCommandline;
use super::resource::{IdMap, Perf, Resource};
use super::security::SecurityLabel;
use super::sysinfo::SysInfo;
use super::threads::{DefaultIoThread, IoThreadIds};
use super::tuning::{BlkioTune, CpuTune, MemTune};
use super::vcpu::{Vcpu, Vcpus};
use crate::model::namespace;
use crate::xml::{Rest, XmlElement, xml_enum, xml_value_slot};

xml_enum! {
    /// What runs the domain.
    #[derive(Default)]
    pub enum DomainType {
        /// QEMU with hardware virtualisation.
        #[default]
        Kvm = "kvm",
        /// QEMU in software.
        Qemu = "qemu",
        /// The reference driver in memory.
        Test = "test",
        /// Xen.
        Xen = "xen",
        /// Linux containers.
        Lxc = "lxc",
        /// VMware.
        Vmware = "vmware",
        /// Hyper-V.
        Hyperv = "hyperv",
        /// VirtualBox.
        Vbox = "vbox",
        /// IBM Power hypervisor.
        Phyp = "phyp",
        /// Virtuozzo.
        Vz = "vz",
        /// FreeBSD's bhyve.
        Bhyve = "bhyve",
        /// Apple's hypervisor framework.
        Hvf = "hvf",
        /// User mode Linux.
        Uml = "uml",
        /// OpenVZ.
        Openvz = "openvz",
        /// The kernel module before KVM.
        Kqemu = "kqemu",
        /// Parallels.
        Parallels = "parallels",
    }
}

xml_value_slot!(DomainType);

/// `<domain>`: the configuration of a guest, as `virDomainDefineXML` takes it and `virDomainGetXMLDesc` gives it.
///
/// Parsed with [`DomainConfig::from_xml`], built with [`DomainConfig::builder`] or by `Default` and assignment.
/// What [`DomainConfig::validate`] checks is checked by the builder and by every driver, not by the parser.
#[derive(Clone, Default, XmlElement)]
#[xml(element = "domain")]
#[non_exhaustive]
pub struct DomainConfig {
    /// What runs the domain.
    #[xml(attr = "type", required)]
    pub kind: DomainType,
    /// The id of the running domain.
    #[xml(attr)]
    pub id: Option<i32>,
    /// The name, unique on a connection.
    #[xml(leaf, required)]
    pub name: String,
    /// The UUID, unique on a connection.
    #[xml(leaf)]
    pub uuid: Option<Uuid>,
    /// The generation id: changes when the guest is restored from an older state. Empty: one is made.
    #[xml(leaf)]
    pub genid: Option<String>,
    /// A short text for people, on one line.
    #[xml(leaf)]
    pub title: Option<String>,
    /// A long text for people.
    #[xml(leaf)]
    pub description: Option<String>,
    /// Content of applications, an element per namespace.
    #[xml(child)]
    pub metadata: Option<Metadata>,
    /// The bound of memory hotplug.
    #[xml(child = "maxMemory")]
    pub max_memory: Option<MaxMemory>,
    /// The memory the guest boots with.
    #[xml(child)]
    pub memory: Option<Memory>,
    /// The memory the guest has now; the balloon holds the rest.
    #[xml(child = "currentMemory")]
    pub current_memory: Option<Memory>,
    /// Shares of block devices of the host.
    #[xml(child)]
    pub blkiotune: Option<BlkioTune>,
    /// Limits of memory on the host.
    #[xml(child)]
    pub memtune: Option<MemTune>,
    /// What the memory of the guest is made of.
    #[xml(child = "memoryBacking")]
    pub memory_backing: Option<MemoryBacking>,
    /// Virtual CPUs: the bound, and how many there are at boot.
    #[xml(child)]
    pub vcpu: Option<Vcpu>,
    /// Virtual CPUs one by one.
    #[xml(child)]
    pub vcpus: Option<Vcpus>,
    /// How many I/O threads there are.
    #[xml(leaf)]
    pub iothreads: Option<u32>,
    /// The I/O threads one by one.
    #[xml(child)]
    pub iothreadids: Option<IoThreadIds>,
    /// The main loop of the hypervisor.
    #[xml(child)]
    pub defaultiothread: Option<DefaultIoThread>,
    /// How the virtual CPUs share the host.
    #[xml(child)]
    pub cputune: Option<CpuTune>,
    /// Where memory comes from.
    #[xml(child)]
    pub numatune: Option<NumaTune>,
    /// Partition and identity.
    #[xml(child)]
    pub resource: Option<Resource>,
    /// What SMBIOS tables and firmware configuration say.
    #[xml(child)]
    pub sysinfo: Vec<SysInfo>,
    /// A boot loader run on the host (Xen, bhyve).
    #[xml(leaf)]
    pub bootloader: Option<String>,
    /// Arguments of that boot loader.
    #[xml(leaf)]
    pub bootloader_args: Option<String>,
    /// Limits disks share.
    #[xml(child)]
    pub throttlegroups: Option<ThrottleGroups>,
    /// What is booted, and on which kind of machine.
    #[xml(child)]
    pub os: Option<Os>,
    /// Users and groups of a container.
    #[xml(child)]
    pub idmap: Option<Box<IdMap>>,
    /// Features of the machine and the hypervisor.
    #[xml(child)]
    pub features: Option<Features>,
    /// The CPU the guest sees.
    #[xml(child)]
    pub cpu: Option<Cpu>,
    /// What the clock of the guest starts at, and its timers.
    #[xml(child)]
    pub clock: Option<Clock>,
    /// What happens when the guest powers off; `destroy` unless said.
    #[xml(leaf)]
    pub on_poweroff: Option<LifecycleAction>,
    /// What happens when the guest reboots; `restart` unless said.
    #[xml(leaf)]
    pub on_reboot: Option<LifecycleAction>,
    /// What happens when the guest crashes; `destroy` unless said.
    #[xml(leaf)]
    pub on_crash: Option<LifecycleAction>,
    /// What happens when a lock of a disk is lost.
    #[xml(leaf)]
    pub on_lockfailure: Option<LifecycleAction>,
    /// Which sleep states the firmware offers.
    #[xml(child)]
    pub pm: Option<PowerManagement>,
    /// Performance events that are counted.
    #[xml(child)]
    pub perf: Option<Box<Perf>>,
    /// The devices.
    #[xml(child)]
    pub devices: Option<Devices>,
    /// Labels of security drivers.
    #[xml(child = "seclabel")]
    pub seclabels: Vec<SecurityLabel>,
    /// Key wrapping on IBM Z.
    #[xml(child)]
    pub keywrap: Option<Box<KeyWrap>>,
    /// Guests the host cannot look into.
    #[xml(child = "launchSecurity")]
    pub launch_security: Option<Box<LaunchSecurity>>,
    /// Arguments and environment handed to QEMU as they are.
    #[xml(child = "commandline", namespace = namespace::QEMU)]
    pub qemu_commandline: Option<QemuCommandline>,
    /// Abilities of QEMU added or taken away.
    #[xml(child = "capabilities", namespace = namespace::QEMU)]
    pub qemu_capabilities: Option<Box<QemuCapabilities>>,
    /// Properties of devices set by hand.
    #[xml(child = "override", namespace = namespace::QEMU)]
    pub qemu_override: Option<Box<QemuOverride>>,
    /// What happens on deprecated interfaces.
    #[xml(child = "deprecation", namespace = namespace::QEMU)]
    pub qemu_deprecation: Option<Box<QemuDeprecation>>,
    /// Namespaces shared with others.
    #[xml(child = "namespace", namespace = namespace::LXC)]
    pub lxc_namespace: Option<Box<LxcNamespace>>,
    /// Arguments handed to bhyve as they are.
    #[xml(child = "commandline", namespace = namespace::BHYVE)]
    pub bhyve_commandline: Option<Box<BhyveCommandline>>,
    /// Arguments handed to Xen as they are.
    #[xml(child = "commandline", namespace = namespace::XEN)]
    pub xen_commandline: Option<XenCommandline>,
    /// Where the domain is in a VMware inventory.
    #[xml(leaf = "datacenterpath", namespace = namespace::VMWARE)]
    pub vmware_datacenterpath: Option<String>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

impl DomainConfig {
    /// Starts a configuration by its name. Unless told otherwise it is for KVM, with the devices it is given only.
    pub fn builder(name: impl Into<String>) -> DomainBuilder {
        DomainBuilder::new(name.into())
    }

    /// The devices, an empty list of them if the document has none.
    pub fn devices_mut(&mut self) -> &mut Devices {
        self.devices.get_or_insert_default()
    }

    /// The metadata, an empty element if the document has none.
    pub fn metadata_mut(&mut self) -> &mut Metadata {
        self.metadata.get_or_insert_default()
    }
}
