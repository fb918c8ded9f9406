//! What follows when the guest powers off, reboots or crashes.

use virt_core::domain::{LifecycleAction, LifecycleEvent};
use virt_core::model::DomainConfig;
use virt_core::model::domain::LifecycleAction as Written;
use virt_core::{Error, Result, Subject};

use crate::qmp::commands::machine::RebootAction;
use crate::qmp::event::GuestPanicAction;

/// What is done with a guest that is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum EndAction {
    Destroy,
    Restart,
    Preserve,
}

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
    let on_reboot = action(config.on_reboot.as_ref(), EndAction::Restart);
    Actions {
        on_poweroff: action(config.on_poweroff.as_ref(), EndAction::Destroy),
        on_reboot,
        on_crash: action(config.on_crash.as_ref(), EndAction::Destroy),
        reboot: if on_reboot == EndAction::Restart {
            RebootAction::Reset
        } else {
            RebootAction::Shutdown
        },
        panic: Some(GuestPanicAction::Pause),
    }
}

fn action(written: Option<&Written>, default: EndAction) -> EndAction {
    match written {
        Some(Written::Destroy) => EndAction::Destroy,
        Some(Written::Restart) => EndAction::Restart,
        Some(Written::Preserve) => EndAction::Preserve,
        _ => default,
    }
}

/// Refuses what a document wants to follow from the guest's end and this driver does not do.
pub(crate) fn check_end_actions(config: &DomainConfig) -> Result<()> {
    let wanted = [
        ("on_poweroff", &config.on_poweroff),
        ("on_reboot", &config.on_reboot),
        ("on_crash", &config.on_crash),
    ];
    for (element, action) in wanted {
        match action {
            None | Some(Written::Destroy | Written::Restart | Written::Preserve) => {}
            Some(other) => {
                return Err(Error::unsupported(format!(
                    "{other} is not supported here: use destroy, restart or preserve"
                ))
                .with_subject(Subject::Element(format!("/domain/{element}"))));
            }
        }
    }
    Ok(())
}

/// Whether QEMU guests can have this action for this event, as libvirt has it.
pub(crate) fn check_lifecycle_action(event: LifecycleEvent, action: LifecycleAction) -> Result<()> {
    match (event, action) {
        (_, LifecycleAction::Destroy | LifecycleAction::Restart | LifecycleAction::Preserve) => Ok(()),
        _ => Err(Error::unsupported(format!(
            "a QEMU guest cannot have {action:?} on {event:?} (it can have Destroy, Restart and Preserve)"
        ))),
    }
}

pub(crate) fn set_lifecycle_action(
    config: &mut DomainConfig,
    event: LifecycleEvent,
    action: LifecycleAction,
) {
    let written = match action {
        LifecycleAction::Restart => Written::Restart,
        LifecycleAction::Preserve => Written::Preserve,
        _ => Written::Destroy,
    };
    match event {
        LifecycleEvent::Reboot => config.on_reboot = Some(written),
        LifecycleEvent::Crash => config.on_crash = Some(written),
        _ => config.on_poweroff = Some(written),
    }
}
