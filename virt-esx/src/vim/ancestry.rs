//! Which types are derived from which, also of those that have no struct here.

use super::generated::ANCESTRY;

/// What a type is derived from: `InvalidState` for `InvalidPowerState`.
fn base_of(type_name: &str) -> Option<&'static str> {
    let lines = ANCESTRY
        .into_iter()
        .flat_map(str::lines)
        .filter_map(|line| line.split_once(": "));
    let mut found = lines.filter(|(_, derived)| derived.split(' ').any(|name| name == type_name));
    found.next().map(|(base, _)| base)
}

/// Whether the API's type `type_name` is `base` or derived from it.
///
/// All faults are known, and all that is derived from a type that has an enum `Any…` here.
///
/// ```
/// assert!(virt_esx::vim::is_a("InvalidPowerState", "InvalidState"));
/// assert!(virt_esx::vim::is_a("VirtualVmxnet3", "VirtualDevice"));
/// assert!(!virt_esx::vim::is_a("VirtualVmxnet3", "VirtualController"));
/// ```
pub fn is_a(type_name: &str, base: &str) -> bool {
    type_name == base || base_of(type_name).is_some_and(|parent| is_a(parent, base))
}
