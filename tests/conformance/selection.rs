//! Which cases of the suite run where not all of them do.

use virt_testkit::conformance::{Case, GuestNeed};

/// With this variable all cases run everywhere, as in `cargo xtask soak ssh` and `soak rpc`.
const WHOLE: &str = "VIRT_CONFORMANCE_WHOLE";

/// Whether all are to run.
pub(crate) fn whole() -> bool {
    std::env::var_os(WHOLE).is_some()
}

/// What depends on the QEMU rather than on its manager.
pub(crate) fn differs_by_version(case: &Case) -> bool {
    let name = case.name();
    match case.guest() {
        GuestNeed::Machine => matches!(
            case.theme(),
            "starting" | "suspending" | "ending" | "statistics" | "jobs" | "capabilities"
        ),
        GuestNeed::Booted => matches!(
            name.as_str(),
            "ending::a_guest_shuts_down_by_acpi"
                | "ending::a_reboot_through_the_agent_is_one_event"
                | "ending::a_reset_is_one_event_and_the_guest_boots_again"
                | "policies::a_guest_that_crashes_is_kept_when_told_so"
                | "memory::the_balloon_of_a_guest_moves"
                | "consoles::what_is_typed_comes_back"
                | "agents::a_guest_tells_its_interfaces"
                | "statistics::all_groups_of_a_guest_are_filled"
        ),
        _ => false,
    }
}
