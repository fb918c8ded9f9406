//! The options of a migration that a vCenter has something for; all others are refused by name.

use virt_core::Result;
use virt_core::migration::{MigrationOptions, StorageCopy, TimeoutAction};

use super::not_tuned;
use crate::inventory::Machine;
use crate::vim::VirtualMachinePowerState as Power;

/// Refuses what a vCenter has nothing for. That the definition moves goes without saying: it is the machine's own.
pub(super) fn check(options: &MigrationOptions, machine: &Machine) -> Result<()> {
    let paused = options.paused && machine.power != Power::Suspended;
    let late = options.timeout.map(|timeout| timeout.action);
    let copied = options.storage != StorageCopy::None;
    for (is_said, what) in [
        (options.not_live, "way to stop a guest meanwhile (not_live)"),
        (paused, "way to pause a guest at its target (paused)"),
        (
            options.auto_converge
                || options.auto_converge_initial.is_some()
                || options.auto_converge_increment.is_some(),
            "slowing down of guests to be asked for (auto_converge)",
        ),
        (
            options.post_copy || options.post_copy_resume,
            "post-copy phase (post_copy)",
        ),
        (
            options.tls || options.tls_destination.is_some(),
            "choice of how hosts speak (tls)",
        ),
        (options.rdma_pin_all, "RDMA (rdma_pin_all)"),
        (
            options.parallel_connections.is_some() || options.zero_copy,
            "number of connections (parallel)",
        ),
        (is_compressed(options), "compression to be asked for (compressed)"),
        (
            copied,
            "copies of images by this way (storage): see virt_esx::relocate",
        ),
        (has_disks(options), "choice of disks (disks)"),
        (has_bandwidth(options), "limit of speed (bandwidth)"),
        (options.max_downtime.is_some(), "limit of downtime (max_downtime)"),
        (
            late.is_some_and(|action| action != TimeoutAction::Abort),
            "end of a late migration but its abort (timeout)",
        ),
        (
            options.listen_address.is_some(),
            "choice of addresses (listen_address)",
        ),
        (
            options.graphics_uri.is_some(),
            "display that moves (graphics_uri)",
        ),
        (
            options.destination_name.is_some(),
            "other name at the target (destination_name)",
        ),
        (
            options.destination_config.is_some(),
            "other document at the target (destination_config)",
        ),
        (
            options.persistent_config.is_some(),
            "other definition at the target (persistent_config)",
        ),
        (!options.params.is_empty(), "parameters of its own (params)"),
    ] {
        if is_said {
            return not_tuned(what);
        }
    }
    Ok(())
}

fn is_compressed(options: &MigrationOptions) -> bool {
    options.compressed
        || !options.compression_methods.is_empty()
        || options.compression_cache.is_some()
        || options.compression_mt_level.is_some()
        || options.compression_mt_threads.is_some()
        || options.compression_mt_dthreads.is_some()
        || options.compression_zlib_level.is_some()
        || options.compression_zstd_level.is_some()
}

fn has_disks(options: &MigrationOptions) -> bool {
    options.synchronous_writes
        || !options.disks.is_empty()
        || !options.disks_detect_zeroes.is_empty()
        || options.disks_port.is_some()
        || options.disks_uri.is_some()
}

fn has_bandwidth(options: &MigrationOptions) -> bool {
    options.bandwidth.is_some()
        || options.bandwidth_post_copy.is_some()
        || options.bandwidth_switchover.is_some()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;
    use virt_core::ErrorKind;
    use virt_core::model::ByteSize;

    #[test]
    fn what_moves_with_the_machine_anyway_may_be_said_and_the_rest_is_refused_by_name() {
        let any = MigrationOptions::default;
        let mut machine = Machine {
            power: Power::PoweredOn,
            ..Machine::default()
        };
        let usual = any()
            .persist_destination()
            .undefine_source()
            .allow_unsafe()
            .abort_on_error();
        check(
            &usual.timeout(Duration::from_secs(9), TimeoutAction::Abort),
            &machine,
        )
        .unwrap();
        for (options, name) in [
            (any().paused(), "paused"),
            (any().bandwidth(ByteSize::mib(1)), "bandwidth"),
            (any().storage(StorageCopy::Full), "storage"),
            (
                any().timeout(Duration::from_secs(9), TimeoutAction::Suspend),
                "timeout",
            ),
            (any().destination_name("x"), "destination_name"),
        ] {
            let error = check(&options, &machine).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Unsupported);
            assert!(error.message().contains(name), "{error}");
        }
        machine.power = Power::Suspended;
        check(&any().paused(), &machine).unwrap();
    }
}
