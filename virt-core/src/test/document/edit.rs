//! Changes of a document that is in use.

use crate::domain::{LifecycleAction, LifecycleEvent};
use crate::error::Result;
use crate::model::domain::LifecycleAction as Written;
use crate::model::{ByteSize, DomainConfig};

/// A document without what is shown on demand only.
pub(in crate::test) fn hide_secrets(config: &DomainConfig) -> Result<DomainConfig> {
    Ok(DomainConfig::from_xml(&config.to_xml_without_secrets())?)
}

/// Sets the memory the guest has.
pub(in crate::test) fn set_memory(config: &mut DomainConfig, size: ByteSize) {
    config.current_memory = Some(size.into());
}

/// Sets what is done then.
pub(in crate::test) fn set_action(config: &mut DomainConfig, event: LifecycleEvent, action: LifecycleAction) {
    let written = Some(match action {
        LifecycleAction::Destroy => Written::Destroy,
        LifecycleAction::Restart => Written::Restart,
        LifecycleAction::RestartRename => Written::RenameRestart,
        LifecycleAction::Preserve => Written::Preserve,
        LifecycleAction::CoredumpDestroy => Written::CoredumpDestroy,
        LifecycleAction::CoredumpRestart => Written::CoredumpRestart,
    });
    match event {
        LifecycleEvent::Poweroff => config.on_poweroff = written,
        LifecycleEvent::Reboot => config.on_reboot = written,
        LifecycleEvent::Crash => config.on_crash = written,
    }
}
