//! What a connection can do.

use virt_core::{Capabilities, Capability, Support};

use super::hypervisor::Hypervisor;

/// What a daemon's driver can do, as far as it can be told without asking for it.
pub(super) fn of(hypervisor: Hypervisor) -> Capabilities {
    let unknown = Capability::ALL
        .iter()
        .fold(Capabilities::none(), |all, one| all.with(*one, Support::Unknown));
    let _ = hypervisor;
    unknown
}
