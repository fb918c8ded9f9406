//! Extensions of single drivers, each in its own namespace.

use crate::model::namespace;
use crate::xml::{Rest, XmlElement};

/// `<qemu:capabilities>`: abilities of QEMU added or taken away, for tests.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct QemuCapabilities {
    /// Added.
    #[xml(child, namespace = namespace::QEMU)]
    pub add: Vec<QemuCapability>,
    /// Taken away.
    #[xml(child, namespace = namespace::QEMU)]
    pub del: Vec<QemuCapability>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<qemu:add>` and `<qemu:del>`.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct QemuCapability {
    /// Its name.
    #[xml(attr)]
    pub capability: Option<String>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<qemu:deprecation>`: what happens on deprecated interfaces.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct QemuDeprecation {
    /// `none`, `omit`, `reject`, `crash`.
    #[xml(attr)]
    pub behavior: Option<String>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<qemu:override>`: properties of devices set by hand.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct QemuOverride {
    /// The devices.
    #[xml(child = "device", namespace = namespace::QEMU)]
    pub devices: Vec<QemuOverrideDevice>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<qemu:device>`.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct QemuOverrideDevice {
    /// The alias of the device.
    #[xml(attr)]
    pub alias: Option<String>,
    /// What the guest sees.
    #[xml(child, namespace = namespace::QEMU)]
    pub frontend: Option<QemuOverrideFrontend>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<qemu:frontend>`.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct QemuOverrideFrontend {
    /// The properties.
    #[xml(child = "property", namespace = namespace::QEMU)]
    pub properties: Vec<QemuProperty>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<qemu:property>`.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct QemuProperty {
    /// Its name.
    #[xml(attr)]
    pub name: Option<String>,
    /// `string`, `signed`, `unsigned`, `bool`, `remove`.
    #[xml(attr = "type")]
    pub kind: Option<String>,
    /// Its value.
    #[xml(attr)]
    pub value: Option<String>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<lxc:namespace>`: namespaces shared with others.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct LxcNamespace {
    /// The network.
    #[xml(child, namespace = namespace::LXC)]
    pub sharenet: Option<LxcShare>,
    /// Communication.
    #[xml(child, namespace = namespace::LXC)]
    pub shareipc: Option<LxcShare>,
    /// The host name.
    #[xml(child, namespace = namespace::LXC)]
    pub shareuts: Option<LxcShare>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// A namespace shared with others.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct LxcShare {
    /// `netns`, `name`, `pid`.
    #[xml(attr = "type")]
    pub kind: Option<String>,
    /// Whose it is.
    #[xml(attr)]
    pub value: Option<String>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<bhyve:commandline>`.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct BhyveCommandline {
    /// Arguments, in order.
    #[xml(child = "arg", namespace = namespace::BHYVE)]
    pub args: Vec<NativeArg>,
    /// Environment variables.
    #[xml(child, namespace = namespace::BHYVE)]
    pub env: Vec<NativeEnv>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<xen:commandline>`.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct XenCommandline {
    /// Arguments, in order.
    #[xml(child = "arg", namespace = namespace::XEN)]
    pub args: Vec<NativeArg>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// An argument.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct NativeArg {
    /// The argument.
    #[xml(attr)]
    pub value: Option<String>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// An environment variable.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct NativeEnv {
    /// Its name.
    #[xml(attr)]
    pub name: Option<String>,
    /// Its value.
    #[xml(attr)]
    pub value: Option<String>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}
