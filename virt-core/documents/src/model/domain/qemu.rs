//! `qemu:commandline`: what is handed to QEMU as it is.

use crate::model::namespace;
use crate::xml::{Rest, XmlElement};

/// `<qemu:commandline>`: arguments and environment variables for QEMU, which nobody checks.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct QemuCommandline {
    /// Arguments, in order.
    #[xml(child = "arg", namespace = namespace::QEMU)]
    pub args: Vec<QemuArg>,
    /// Environment variables.
    #[xml(child = "env", namespace = namespace::QEMU)]
    pub env: Vec<QemuEnv>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<qemu:arg>`.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct QemuArg {
    /// The argument.
    #[xml(attr, required)]
    pub value: String,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<qemu:env>`.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct QemuEnv {
    /// The name of the variable.
    #[xml(attr, required)]
    pub name: String,
    /// Its value; empty unless said.
    #[xml(attr)]
    pub value: Option<String>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}
