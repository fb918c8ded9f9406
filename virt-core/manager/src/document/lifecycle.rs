//! What follows when the guest powers off, reboots or crashes.

use virt_core::domain::{LifecycleAction, LifecycleEvent};
use virt_core::model::DomainConfig;
use virt_core::model::domain::LifecycleAction as Written;
use virt_core::{Error, Result, Subject};

/// What is done with a guest that is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EndAction {
    /// Its run is over.
    Destroy,
    /// It is started anew.
    Restart,
    /// It stays as it is, for whoever wants to look at it.
    Preserve,
}

/// What `on_poweroff`, `on_reboot` or `on_crash` wants, as written; `default` where nothing is written, or something that
/// `check_end_actions` refuses.
pub fn end_action(written: Option<&Written>, default: EndAction) -> EndAction {
    match written {
        Some(Written::Destroy) => EndAction::Destroy,
        Some(Written::Restart) => EndAction::Restart,
        Some(Written::Preserve) => EndAction::Preserve,
        _ => default,
    }
}

/// Refuses what a document wants to follow from the guest's end and embedded drivers do not do.
///
/// # Errors
/// `Unsupported`, with the element, for anything but destroy, restart and preserve.
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

/// Whether guests can have this action for this event, as libvirt has it. `guest` is what the driver calls one of its
/// guests in messages: `"a QEMU guest"`.
///
/// # Errors
/// `Unsupported` for anything but destroy, restart and preserve.
pub fn check_lifecycle_action(guest: &str, event: LifecycleEvent, action: LifecycleAction) -> Result<()> {
    match (event, action) {
        (_, LifecycleAction::Destroy | LifecycleAction::Restart | LifecycleAction::Preserve) => Ok(()),
        _ => Err(Error::unsupported(format!(
            "{guest} cannot have {action:?} on {event:?} (it can have Destroy, Restart and Preserve)"
        ))),
    }
}

/// Writes into a document what follows from an event; what [`check_lifecycle_action`] refuses is taken for destroy.
pub fn set_lifecycle_action(config: &mut DomainConfig, event: LifecycleEvent, action: LifecycleAction) {
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
