//! Flags that several procedures share; those of one procedure stand where it is called.

use virt_core::domain::ConfigScope;

/// `virDomainModificationImpact`.
pub(super) fn affect(scope: ConfigScope) -> u32 {
    const LIVE: u32 = 1;
    const CONFIG: u32 = 2;
    match scope {
        ConfigScope::Live => LIVE,
        ConfigScope::Config => CONFIG,
        ConfigScope::Both => LIVE | CONFIG,
        // `VIR_DOMAIN_AFFECT_CURRENT`, and what there may be some day.
        _ => 0,
    }
}

/// The flags whose condition holds, together.
pub(super) fn set(flags: &[(bool, u32)]) -> u32 {
    flags
        .iter()
        .filter(|(wanted, _)| *wanted)
        .fold(0, |all, (_, flag)| all | flag)
}
