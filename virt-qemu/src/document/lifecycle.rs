//! What follows when the guest powers off, reboots or crashes.

use virt_core::model::DomainConfig;
use virt_manager::document::{EndAction, end_action};

use crate::qmp::commands::machine::RebootAction;
use crate::qmp::event::GuestPanicAction;

/// What follows from what, and what QEMU has to be told for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Actions {
    pub(crate) on_poweroff: EndAction,
    pub(crate) on_reboot: EndAction,
    pub(crate) on_crash: EndAction,
    /// QEMU resets the guest by itself, or ends it, which then is ours to follow.
    pub(crate) reboot: RebootAction,
    /// QEMU stops the guest where it crashed.
    pub(crate) panic: Option<GuestPanicAction>,
}

/// What a document wants.
pub(crate) fn actions(config: &DomainConfig) -> Actions {
    let on_reboot = end_action(config.on_reboot.as_ref(), EndAction::Restart);
    Actions {
        on_poweroff: end_action(config.on_poweroff.as_ref(), EndAction::Destroy),
        on_reboot,
        on_crash: end_action(config.on_crash.as_ref(), EndAction::Destroy),
        reboot: if on_reboot == EndAction::Restart {
            RebootAction::Reset
        } else {
            RebootAction::Shutdown
        },
        panic: Some(GuestPanicAction::Pause),
    }
}
