//! The root: what a daemon keeps of a running domain, element by element.

use super::blockjob::{StatusBackups, StatusBlockJobs};
use super::job::StatusJob;
use super::parts::{
    Counter, NumaAdvice, StatusAllowReboot, StatusDevices, StatusDirectory, StatusFlags, StatusMonitor,
    StatusNamespaces, StatusTaint, StatusVcpus,
};
use crate::model::domain::{Cpu, DomainConfig};
use crate::xml::{Rest, XmlElement, xml_enum};

xml_enum! {
    /// What a domain is doing.
    pub enum RunState {
        NoState = "no state",
        Running = "running",
        /// Waiting for a resource.
        Blocked = "blocked",
        Paused = "paused",
        /// Shutting down.
        Shutdown = "shutdown",
        Shutoff = "shutoff",
        Crashed = "crashed",
        /// Suspended by itself.
        PmSuspended = "pmsuspended",
    }
}

/// `<domstatus>`: what libvirt's daemon keeps of a running domain between its own starts, in
/// `/run/libvirt/qemu/NAME.xml`.
///
/// The document belongs to the daemon and has no schema; what is regular in QEMU's has fields, the rest is kept.
#[derive(Clone, Default, XmlElement)]
#[xml(element = "domstatus")]
#[non_exhaustive]
pub struct DomainStatus {
    /// What the domain is doing.
    #[xml(attr)]
    pub state: Option<RunState>,
    /// Why: `booted`, `migrated`, `user`, `migration`, … depending on the state.
    #[xml(attr)]
    pub reason: Option<String>,
    /// The process of the hypervisor.
    #[xml(attr)]
    pub pid: Option<i64>,
    /// What makes the domain hard to support.
    #[xml(child = "taint")]
    pub taints: Vec<StatusTaint>,
    /// Deprecated things it uses (libvirt 7.1.0).
    #[xml(leaf = "deprecation")]
    pub deprecations: Vec<String>,
    /// Where the monitor is.
    #[xml(child)]
    pub monitor: Option<StatusMonitor>,
    /// Namespaces of its own.
    #[xml(child)]
    pub namespaces: Option<StatusNamespaces>,
    /// The threads of its virtual CPUs.
    #[xml(child)]
    pub vcpus: Option<StatusVcpus>,
    /// What its QEMU can do.
    #[xml(child = "qemuCaps")]
    pub qemu_caps: Option<StatusFlags>,
    /// What the lock manager keeps.
    #[xml(leaf)]
    pub lockstate: Option<String>,
    /// What is being done with the domain.
    #[xml(child)]
    pub job: Option<StatusJob>,
    /// A reboot is played by a reset.
    #[xml(flag = "fakereboot")]
    pub fake_reboot: bool,
    /// The devices the guest has, by alias.
    #[xml(child)]
    pub devices: Option<StatusDevices>,
    /// What the advisor of NUMA placement said.
    #[xml(child)]
    pub numad: Option<NumaAdvice>,
    /// Its own directory.
    #[xml(child = "libDir")]
    pub lib_dir: Option<StatusDirectory>,
    /// The directory of its channels.
    #[xml(child = "channelTargetDir")]
    pub channel_target_dir: Option<StatusDirectory>,
    /// The directory of its memory files (libvirt 9.10.0).
    #[xml(child = "memoryBackingDir")]
    pub memory_backing_dir: Option<StatusDirectory>,
    /// The CPU it was started with, where the hypervisor changed it.
    #[xml(child)]
    pub cpu: Option<Cpu>,
    /// Output of character devices goes through the logging daemon.
    #[xml(flag = "chardevStdioLogd")]
    pub chardev_stdio_logd: bool,
    /// Owners of images are remembered.
    #[xml(flag = "rememberOwner")]
    pub remember_owner: bool,
    /// Whether the guest may reboot.
    #[xml(child = "allowReboot")]
    pub allow_reboot: Option<StatusAllowReboot>,
    /// The next number of a block node.
    #[xml(child)]
    pub nodename: Option<Counter>,
    /// The next number of a set of descriptors.
    #[xml(child)]
    pub fdset: Option<Counter>,
    /// Copies and commits that run.
    #[xml(child)]
    pub blockjobs: Option<StatusBlockJobs>,
    /// The backup that runs.
    #[xml(child)]
    pub backups: Option<StatusBackups>,
    /// How long the guest agent is waited for, in seconds; -2: for ever, -1: as the daemon has it, 0: not at all.
    #[xml(leaf = "agentTimeout")]
    pub agent_timeout: Option<i32>,
    /// The domain itself, as it runs.
    #[xml(child, required)]
    pub domain: Option<DomainConfig>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}
