//! `<capabilities>` among the features: what Linux lets the processes of a container do.

use super::features::FeatureState;
use crate::xml::{Rest, XmlElement};

/// `<capabilities>`: Linux capabilities of a container (LXC).
///
/// Each is named as in `capabilities(7)` without `CAP_`; `state='on'` keeps it, `off` drops it, and the policy says
/// what holds for the others.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct LinuxCapabilities {
    /// `default`, `allow` or `deny`.
    #[xml(attr)]
    pub policy: Option<String>,
    /// `CAP_AUDIT_CONTROL`.
    #[xml(child)]
    pub audit_control: Option<FeatureState>,
    /// `CAP_AUDIT_WRITE`.
    #[xml(child)]
    pub audit_write: Option<FeatureState>,
    /// `CAP_BLOCK_SUSPEND`.
    #[xml(child)]
    pub block_suspend: Option<FeatureState>,
    /// `CAP_CHOWN`.
    #[xml(child)]
    pub chown: Option<FeatureState>,
    /// `CAP_DAC_OVERRIDE`.
    #[xml(child)]
    pub dac_override: Option<FeatureState>,
    /// `CAP_DAC_READ_SEARCH`.
    #[xml(child)]
    pub dac_read_search: Option<FeatureState>,
    /// `CAP_FOWNER`.
    #[xml(child)]
    pub fowner: Option<FeatureState>,
    /// `CAP_FSETID`.
    #[xml(child)]
    pub fsetid: Option<FeatureState>,
    /// `CAP_IPC_LOCK`.
    #[xml(child)]
    pub ipc_lock: Option<FeatureState>,
    /// `CAP_IPC_OWNER`.
    #[xml(child)]
    pub ipc_owner: Option<FeatureState>,
    /// `CAP_KILL`.
    #[xml(child)]
    pub kill: Option<FeatureState>,
    /// `CAP_LEASE`.
    #[xml(child)]
    pub lease: Option<FeatureState>,
    /// `CAP_LINUX_IMMUTABLE`.
    #[xml(child)]
    pub linux_immutable: Option<FeatureState>,
    /// `CAP_MAC_ADMIN`.
    #[xml(child)]
    pub mac_admin: Option<FeatureState>,
    /// `CAP_MAC_OVERRIDE`.
    #[xml(child)]
    pub mac_override: Option<FeatureState>,
    /// `CAP_MKNOD`.
    #[xml(child)]
    pub mknod: Option<FeatureState>,
    /// `CAP_NET_ADMIN`.
    #[xml(child)]
    pub net_admin: Option<FeatureState>,
    /// `CAP_NET_BIND_SERVICE`.
    #[xml(child)]
    pub net_bind_service: Option<FeatureState>,
    /// `CAP_NET_BROADCAST`.
    #[xml(child)]
    pub net_broadcast: Option<FeatureState>,
    /// `CAP_NET_RAW`.
    #[xml(child)]
    pub net_raw: Option<FeatureState>,
    /// `CAP_SETGID`.
    #[xml(child)]
    pub setgid: Option<FeatureState>,
    /// `CAP_SETFCAP`.
    #[xml(child)]
    pub setfcap: Option<FeatureState>,
    /// `CAP_SETPCAP`.
    #[xml(child)]
    pub setpcap: Option<FeatureState>,
    /// `CAP_SETUID`.
    #[xml(child)]
    pub setuid: Option<FeatureState>,
    /// `CAP_SYS_ADMIN`.
    #[xml(child)]
    pub sys_admin: Option<FeatureState>,
    /// `CAP_SYS_BOOT`.
    #[xml(child)]
    pub sys_boot: Option<FeatureState>,
    /// `CAP_SYS_CHROOT`.
    #[xml(child)]
    pub sys_chroot: Option<FeatureState>,
    /// `CAP_SYS_MODULE`.
    #[xml(child)]
    pub sys_module: Option<FeatureState>,
    /// `CAP_SYS_NICE`.
    #[xml(child)]
    pub sys_nice: Option<FeatureState>,
    /// `CAP_SYS_PACCT`.
    #[xml(child)]
    pub sys_pacct: Option<FeatureState>,
    /// `CAP_SYS_PTRACE`.
    #[xml(child)]
    pub sys_ptrace: Option<FeatureState>,
    /// `CAP_SYS_RAWIO`.
    #[xml(child)]
    pub sys_rawio: Option<FeatureState>,
    /// `CAP_SYS_RESOURCE`.
    #[xml(child)]
    pub sys_resource: Option<FeatureState>,
    /// `CAP_SYS_TIME`.
    #[xml(child)]
    pub sys_time: Option<FeatureState>,
    /// `CAP_SYS_TTY_CONFIG`.
    #[xml(child)]
    pub sys_tty_config: Option<FeatureState>,
    /// `CAP_SYSLOG`.
    #[xml(child)]
    pub syslog: Option<FeatureState>,
    /// `CAP_WAKE_ALARM`.
    #[xml(child)]
    pub wake_alarm: Option<FeatureState>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

impl LinuxCapabilities {
    /// Every capability with its name, in libvirt's order.
    pub fn each(&self) -> [(&'static str, Option<&FeatureState>); 37] {
        [
            ("audit_control", self.audit_control.as_ref()),
            ("audit_write", self.audit_write.as_ref()),
            ("block_suspend", self.block_suspend.as_ref()),
            ("chown", self.chown.as_ref()),
            ("dac_override", self.dac_override.as_ref()),
            ("dac_read_search", self.dac_read_search.as_ref()),
            ("fowner", self.fowner.as_ref()),
            ("fsetid", self.fsetid.as_ref()),
            ("ipc_lock", self.ipc_lock.as_ref()),
            ("ipc_owner", self.ipc_owner.as_ref()),
            ("kill", self.kill.as_ref()),
            ("lease", self.lease.as_ref()),
            ("linux_immutable", self.linux_immutable.as_ref()),
            ("mac_admin", self.mac_admin.as_ref()),
            ("mac_override", self.mac_override.as_ref()),
            ("mknod", self.mknod.as_ref()),
            ("net_admin", self.net_admin.as_ref()),
            ("net_bind_service", self.net_bind_service.as_ref()),
            ("net_broadcast", self.net_broadcast.as_ref()),
            ("net_raw", self.net_raw.as_ref()),
            ("setgid", self.setgid.as_ref()),
            ("setfcap", self.setfcap.as_ref()),
            ("setpcap", self.setpcap.as_ref()),
            ("setuid", self.setuid.as_ref()),
            ("sys_admin", self.sys_admin.as_ref()),
            ("sys_boot", self.sys_boot.as_ref()),
            ("sys_chroot", self.sys_chroot.as_ref()),
            ("sys_module", self.sys_module.as_ref()),
            ("sys_nice", self.sys_nice.as_ref()),
            ("sys_pacct", self.sys_pacct.as_ref()),
            ("sys_ptrace", self.sys_ptrace.as_ref()),
            ("sys_rawio", self.sys_rawio.as_ref()),
            ("sys_resource", self.sys_resource.as_ref()),
            ("sys_time", self.sys_time.as_ref()),
            ("sys_tty_config", self.sys_tty_config.as_ref()),
            ("syslog", self.syslog.as_ref()),
            ("wake_alarm", self.wake_alarm.as_ref()),
        ]
    }
}
