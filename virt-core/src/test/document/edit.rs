//! Changes of a document that is in use.

use crate::domain::{LifecycleAction, LifecycleEvent};
use crate::error::Result;
use crate::model::domain::LifecycleAction as Written;
use crate::model::{ByteSize, DomainConfig, SnapshotConfig};

/// A document without what is shown on demand only.
pub(in crate::test) fn hide_secrets(config: &DomainConfig) -> Result<DomainConfig> {
    Ok(DomainConfig::from_xml(&config.to_xml_without_secrets())?)
}

/// The document of a snapshot without what is shown on demand only.
pub(in crate::test) fn hide_snapshot_secrets(config: &SnapshotConfig) -> Result<SnapshotConfig> {
    Ok(SnapshotConfig::from_xml(&config.to_xml_without_secrets())?)
}

/// The disk of that target is on this image from now on; what it was on is under it.
pub(in crate::test) fn set_image(config: &mut DomainConfig, target: &str, path: &str) {
    let disks = config.devices.iter_mut().flat_map(|devices| &mut devices.disks);
    for disk in disks {
        let is_it = disk.target.as_ref().and_then(|target| target.dev.as_deref()) == Some(target);
        if let (true, Some(source)) = (is_it, &mut disk.source) {
            source.file = Some(path.to_owned());
        }
    }
}

/// Sets the memory the guest has.
pub(in crate::test) fn set_memory(config: &mut DomainConfig, size: ByteSize) {
    config.current_memory = Some(size.into());
}

/// Sets the most memory the guest can have; it has no more than that.
pub(in crate::test) fn set_max_memory(config: &mut DomainConfig, size: ByteSize) {
    config.memory = Some(size.into());
    if config
        .current_memory
        .as_ref()
        .is_some_and(|current| current.size > size)
    {
        config.current_memory = Some(size.into());
    }
}

/// Sets how many vCPUs there are.
pub(in crate::test) fn set_vcpus(config: &mut DomainConfig, count: u32) {
    let vcpu = config.vcpu.get_or_insert_with(|| count.into());
    vcpu.current = (vcpu.count != count).then_some(count);
}

/// Sets how many vCPUs there can be; there are no more than that.
pub(in crate::test) fn set_max_vcpus(config: &mut DomainConfig, count: u32) {
    let vcpu = config.vcpu.get_or_insert_with(|| count.into());
    let current = vcpu.current.unwrap_or(vcpu.count).min(count);
    vcpu.count = count;
    vcpu.current = (current != count).then_some(current);
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
