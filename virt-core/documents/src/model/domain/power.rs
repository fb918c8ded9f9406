//! What happens at the end of a guest, and its sleep states.

use crate::model::value::YesNo;
use crate::xml::{Rest, XmlElement, xml_enum};

xml_enum! {
    /// What is done when the guest powers off, reboots, crashes or loses a lock.
    pub enum LifecycleAction {
        /// The guest ends and its resources are freed.
        Destroy = "destroy",
        /// The guest starts again.
        Restart = "restart",
        /// The guest ends, its resources are kept (Xen).
        Preserve = "preserve",
        /// The guest ends and starts under another name (Xen).
        RenameRestart = "rename-restart",
        /// Its memory is written to a file, then it ends.
        CoredumpDestroy = "coredump-destroy",
        /// Its memory is written to a file, then it starts again.
        CoredumpRestart = "coredump-restart",
        /// Powered off, after a lost lock.
        Poweroff = "poweroff",
        /// Paused, after a lost lock.
        Pause = "pause",
        /// Nothing, after a lost lock.
        Ignore = "ignore",
    }
}

/// `<pm>`: which sleep states the firmware offers.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct PowerManagement {
    /// Suspend to memory (S3).
    #[xml(child = "suspend-to-mem")]
    pub suspend_to_mem: Option<SuspendTarget>,
    /// Suspend to disk (S4).
    #[xml(child = "suspend-to-disk")]
    pub suspend_to_disk: Option<SuspendTarget>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// One sleep state.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct SuspendTarget {
    /// Whether the firmware offers it.
    #[xml(attr)]
    pub enabled: Option<YesNo>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}
