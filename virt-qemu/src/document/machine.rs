//! The machine as such: emulator, balloon.

use virt_core::model::DomainConfig;
use virt_core::model::domain::devices::MemBalloonModel;

/// The emulator for guests of the host's own architecture.
pub(crate) fn default_emulator(arch: &str) -> String {
    format!("/usr/bin/qemu-system-{arch}")
}

/// The emulator a document names, else that for the architecture it wants, else that for the host's.
pub(crate) fn emulator_or_default(config: &DomainConfig, host_arch: &str) -> String {
    let named = config
        .devices
        .as_ref()
        .and_then(|devices| devices.emulator.clone());
    let wanted = || {
        config
            .os
            .as_ref()
            .and_then(|os| os.kind.as_ref())
            .and_then(|kind| kind.arch.as_deref())
    };
    named.unwrap_or_else(|| default_emulator(wanted().unwrap_or(host_arch)))
}

/// The alias of the balloon of a live configuration.
pub(crate) fn balloon_alias(live: &DomainConfig) -> Option<String> {
    let balloon = live.devices.as_ref()?.memballoon.as_ref()?;
    if balloon.model == Some(MemBalloonModel::None) {
        return None;
    }
    balloon.alias.as_ref()?.name.clone()
}

/// How often the guest reports its memory, in seconds, where the document says.
pub(crate) fn balloon_period(live: &DomainConfig) -> Option<u32> {
    live.devices.as_ref()?.memballoon.as_ref()?.stats.as_ref()?.period
}
