//! The small parts of a status.

use crate::model::value::{CpuSet, YesNo};
use crate::xml::{Rest, XmlElement};

/// `<taint>`: something that makes the domain hard to support.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct StatusTaint {
    /// What: `custom-argv`, `custom-monitor`, `high-privileges`, `host-cpu`, `external-launch`, …
    #[xml(attr)]
    pub flag: Option<String>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<monitor>`: where the monitor is.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct StatusMonitor {
    /// The path of its socket or terminal.
    #[xml(attr)]
    pub path: Option<String>,
    /// JSON is spoken (older form).
    #[xml(attr)]
    pub json: Option<String>,
    /// `unix`.
    #[xml(attr = "type")]
    pub kind: Option<String>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<namespaces>`: namespaces of its own.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct StatusNamespaces {
    /// It sees its own devices only.
    #[xml(flag)]
    pub mount: bool,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<vcpus>`: the threads of its virtual CPUs.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct StatusVcpus {
    /// One by one.
    #[xml(child = "vcpu")]
    pub vcpus: Vec<StatusVcpu>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<vcpu>` of a status.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct StatusVcpu {
    /// Its number, from 0; missing in older documents.
    #[xml(attr)]
    pub id: Option<u32>,
    /// Its thread.
    #[xml(attr)]
    pub pid: Option<u64>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<qemuCaps>`: what its QEMU can do, by libvirt's names.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct StatusFlags {
    /// One by one.
    #[xml(child = "flag")]
    pub flags: Vec<StatusFlag>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<flag>` of `<qemuCaps>`.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct StatusFlag {
    /// Its name.
    #[xml(attr)]
    pub name: Option<String>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<devices>` of a status: what the guest has.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct StatusDevices {
    /// One by one.
    #[xml(child = "device")]
    pub devices: Vec<StatusDevice>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<device>` of a status.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct StatusDevice {
    /// Its alias.
    #[xml(attr)]
    pub alias: Option<String>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<numad>`: what the advisor of NUMA placement said.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct NumaAdvice {
    /// The nodes of the host.
    #[xml(attr)]
    pub nodeset: Option<CpuSet>,
    /// The CPUs of the host.
    #[xml(attr)]
    pub cpuset: Option<CpuSet>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<libDir>` and its like: a directory of the domain.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct StatusDirectory {
    /// Its path.
    #[xml(attr)]
    pub path: Option<String>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<allowReboot>`: whether the guest may reboot.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct StatusAllowReboot {
    /// Whether it may.
    #[xml(attr)]
    pub value: Option<YesNo>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<nodename>` and `<fdset>`: the next number.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct Counter {
    /// The number.
    #[xml(attr)]
    pub index: Option<u64>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}
