//! Faults: what a test wants to go wrong, and when.

use std::time::Duration;

use tokio::sync::watch;
use uuid::Uuid;

use crate::domain::Domain;
use crate::error::{Error, ErrorKind, Outcome, Result};

/// The operations faults can be injected into: the handles' methods, by the name errors and spans give them, and the
/// pieces that an upload or a download passes on.
pub const OPERATIONS: &[&str] = &[
    "node_info",
    "version",
    "domain_infos",
    "domains",
    "domain",
    "define_domain",
    "create_domain",
    "events",
    "network_infos",
    "network",
    "define_network",
    "create_network",
    "secret_infos",
    "secret",
    "define_secret",
    "domain_stats",
    "info",
    "config",
    "start",
    "shutdown",
    "reboot",
    "reset",
    "destroy",
    "suspend",
    "resume",
    "undefine",
    "rename",
    "set_autostart",
    "set_metadata",
    "set_lifecycle_action",
    "set_memory",
    "set_max_memory",
    "set_vcpus",
    "attach_device",
    "detach_device",
    "detach_device_alias",
    "update_device",
    "change_media",
    "block_info",
    "block_resize",
    "interface_addresses",
    "console",
    "job",
    "core_dump",
    "save",
    "managed_save",
    "has_managed_save",
    "remove_managed_save",
    "managed_save_config",
    "define_managed_save",
    "restore_domain",
    "saved_image_config",
    "define_saved_image",
    "job_statistics",
    "completed_job_statistics",
    "abort_job",
    "migrate_to",
    "migrate_to_uri",
    "start_post_copy",
    "migration_max_downtime",
    "set_migration_max_downtime",
    "migration_max_speed",
    "set_migration_max_speed",
    "set_post_copy_max_speed",
    "migration_compression_cache",
    "set_migration_compression_cache",
    "snapshot_config",
    "snapshot_parent",
    "snapshot_children",
    "current_snapshot",
    "snapshot_has_metadata",
    "revert_snapshot",
    "delete_snapshot",
    "create_snapshot",
    "snapshots",
    "snapshot",
    "screenshot",
    "send_keys",
    "inject_nmi",
    "agent_ping",
    "agent_info",
    "agent_exec",
    "agent_read_file",
    "agent_write_file",
    "agent_interfaces",
    "agent_users",
    "agent_os",
    "agent_host_name",
    "agent_time",
    "agent_set_time",
    "agent_fs_freeze_status",
    "agent_fs_trim",
    "agent_set_password",
    "fs_freeze",
    "fs_thaw",
    "network_info",
    "network_config",
    "network_start",
    "network_destroy",
    "network_undefine",
    "network_set_autostart",
    "network_update",
    "network_set_metadata",
    "network_dhcp_leases",
    "network_ports",
    "network_port",
    "network_create_port",
    "network_port_config",
    "network_port_set_bandwidth",
    "network_port_delete",
    "secret_config",
    "secret_value",
    "secret_set_value",
    "secret_undefine",
    "node_capabilities",
    "node_domain_capabilities",
    "node_sysinfo",
    "node_cpu_map",
    "node_cpu_stats",
    "node_memory_stats",
    "node_free_memory",
    "node_cells_free_memory",
    "node_free_pages",
    "node_compare_cpu",
    "node_baseline_cpu",
    "node_cpu_models",
    "node_max_vcpus",
    "node_manager_version",
    "storage_pool_infos",
    "storage_pool",
    "define_storage_pool",
    "create_storage_pool",
    "find_storage_pool_sources",
    "storage_pool_capabilities",
    "storage_volume",
    "pool_info",
    "pool_config",
    "pool_build",
    "pool_start",
    "pool_destroy",
    "pool_delete",
    "pool_undefine",
    "pool_refresh",
    "pool_set_autostart",
    "pool_volumes",
    "pool_volume_infos",
    "pool_volume",
    "create_volume",
    "clone_volume",
    "volume_path",
    "volume_info",
    "volume_config",
    "volume_resize",
    "volume_delete",
    "volume_wipe",
    "volume_upload",
    "volume_upload_piece",
    "volume_upload_finish",
    "volume_upload_abort",
    "volume_download",
    "volume_download_piece",
    "volume_download_abort",
];

/// Something that goes wrong with calls of one operation: they take long, hang, fail, or all of it.
///
/// ```
/// use std::time::Duration;
/// use virt_core::test::Fault;
/// use virt_core::ErrorKind;
///
/// // The third start from now on fails, after 50 ms.
/// let fault = Fault::on("start").nth(3).delayed(Duration::from_millis(50)).failing(ErrorKind::ResourceExhausted);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use = "a fault does nothing before it is injected"]
pub struct Fault {
    operation: String,
    domain: Option<Uuid>,
    skip: u64,
    times: Option<u64>,
    delay: Duration,
    hangs: bool,
    failure: Option<(ErrorKind, Outcome)>,
}

impl Fault {
    /// The next call of this operation, one of [`OPERATIONS`].
    pub fn on(operation: impl Into<String>) -> Self {
        Self {
            operation: operation.into(),
            domain: None,
            skip: 0,
            times: Some(1),
            delay: Duration::ZERO,
            hangs: false,
            failure: None,
        }
    }

    /// Only calls on this domain.
    pub fn of(mut self, domain: &Domain) -> Self {
        self.domain = Some(domain.uuid());
        self
    }

    /// Beginning with the `nth` call from now on; 1 is the next one.
    pub fn nth(mut self, nth: u64) -> Self {
        self.skip = nth.saturating_sub(1);
        self
    }

    /// So many calls.
    pub fn times(mut self, times: u64) -> Self {
        self.times = Some(times);
        self
    }

    /// Every call, until the faults are cleared.
    pub fn always(mut self) -> Self {
        self.times = None;
        self
    }

    /// The call takes this long. Its work is carried to the end even when the caller goes away.
    pub fn delayed(mut self, time: Duration) -> Self {
        self.delay = time;
        self
    }

    /// The call gets no answer until [`release`](super::TestControl::release): its deadline ends it.
    pub fn hanging(mut self) -> Self {
        self.hangs = true;
        self
    }

    /// The call fails, and nothing has changed.
    pub fn failing(mut self, kind: ErrorKind) -> Self {
        self.failure = Some((kind, Outcome::NotApplied));
        self
    }

    /// The call's work is done, and then it fails and says this outcome: `Applied`, or `Unknown`.
    pub fn failing_afterwards(mut self, kind: ErrorKind, outcome: Outcome) -> Self {
        self.failure = Some((kind, outcome));
        self
    }

    fn concerns(&self, operation: &str, domain: Option<Uuid>) -> bool {
        self.operation == operation && self.domain.is_none_or(|uuid| Some(uuid) == domain)
    }
}

/// How long a call is held up.
#[derive(Debug, Default)]
pub(super) struct Pause {
    delay: Duration,
    /// Until this says so: a fault's release, a guest that answers again.
    until: Option<watch::Receiver<bool>>,
}

impl Pause {
    /// Until the guest answers again.
    pub(super) fn until(released: watch::Receiver<bool>) -> Self {
        Self {
            delay: Duration::ZERO,
            until: Some(released),
        }
    }

    /// Whether there is none.
    pub(super) fn is_none(&self) -> bool {
        self.delay.is_zero() && self.until.is_none()
    }

    /// Waits for its end. Cancel-safe.
    pub(super) async fn over(&mut self) {
        if !self.delay.is_zero() {
            tokio::time::sleep(self.delay).await;
        }
        if let Some(released) = &mut self.until {
            // An error means that the test's control is gone, and nobody is left who could let it go on: it goes on.
            drop(released.wait_for(|released| *released).await);
        }
    }
}

/// What is to be told instead of what came of the work.
pub(super) type Failure = Option<(ErrorKind, Outcome)>;

/// What the faults say about one call.
#[derive(Debug, Default)]
pub(super) struct Verdict {
    pub(super) pause: Pause,
    failure: Failure,
}

impl Verdict {
    /// Whether the work is to be left undone.
    pub(super) fn check(&self) -> Result<()> {
        match self.failure {
            Some((kind, Outcome::NotApplied)) => Err(injected(kind, Outcome::NotApplied)),
            _ => Ok(()),
        }
    }

    /// What is told of work that was done.
    pub(super) fn report<T>(failure: Failure, result: Result<T>) -> Result<T> {
        match (result, failure) {
            (Ok(_), Some((kind, outcome))) => Err(injected(kind, outcome)),
            (result, _) => result,
        }
    }

    pub(super) const fn failure(&self) -> Failure {
        self.failure
    }
}

fn injected(kind: ErrorKind, outcome: Outcome) -> Error {
    Error::new(kind, "a fault was injected here").with_outcome(outcome)
}

/// The faults that were injected, and how often each operation was called.
#[derive(Debug)]
pub(super) struct FaultPlan {
    faults: Vec<Fault>,
    calls: std::collections::HashMap<&'static str, u64>,
    release: watch::Sender<bool>,
}

impl Default for FaultPlan {
    fn default() -> Self {
        Self {
            faults: Vec::new(),
            calls: std::collections::HashMap::new(),
            release: watch::Sender::new(false),
        }
    }
}

impl FaultPlan {
    pub(super) fn inject(&mut self, fault: Fault) -> Result<()> {
        if OPERATIONS.contains(&fault.operation.as_str()) {
            self.faults.push(fault);
            return Ok(());
        }
        let message = format!(
            "no operation {:?} (there are: {})",
            fault.operation,
            OPERATIONS.join(", ")
        );
        Err(Error::new(ErrorKind::InvalidArgument, message))
    }

    pub(super) fn clear(&mut self) {
        self.faults.clear();
    }

    /// Lets go on what hangs now.
    pub(super) fn release(&mut self) {
        // What hangs now has a receiver of the old channel; what hangs later waits for the next release.
        let now = std::mem::replace(&mut self.release, watch::Sender::new(false));
        now.send_replace(true);
    }

    pub(super) fn calls(&self, operation: &str) -> u64 {
        self.calls.get(operation).copied().unwrap_or(0)
    }

    /// What is to become of a call that begins now.
    pub(super) fn judge(&mut self, operation: &'static str, domain: Option<Uuid>) -> Verdict {
        *self.calls.entry(operation).or_default() += 1;
        let mut verdict = Verdict::default();
        for fault in &mut self.faults {
            if !fault.concerns(operation, domain) {
                continue;
            }
            if fault.skip > 0 {
                fault.skip -= 1;
                continue;
            }
            if let Some(times) = &mut fault.times {
                if *times == 0 {
                    continue;
                }
                *times -= 1;
            }
            verdict.pause.delay = verdict.pause.delay.max(fault.delay);
            if fault.hangs {
                verdict.pause.until = Some(self.release.subscribe());
            }
            verdict.failure = verdict.failure.or(fault.failure);
        }
        self.faults.retain(|fault| fault.times != Some(0));
        verdict
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_on_the_third_call_leaves_the_others_alone() {
        let mut plan = FaultPlan::default();
        plan.inject(Fault::on("start").nth(3).failing(ErrorKind::Failed))
            .unwrap();
        let failed: Vec<bool> = (0..5)
            .map(|_| plan.judge("start", None).check().is_err())
            .collect();
        assert_eq!(failed, [false, false, true, false, false]);
        assert_eq!(plan.calls("start"), 5);
    }

    #[test]
    fn a_misspelt_operation_is_refused() {
        let error = FaultPlan::default().inject(Fault::on("strat")).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidArgument);
        assert!(error.to_string().contains("start"), "{error}");
    }

    #[test]
    fn the_list_has_every_operation_of_the_handles_and_no_other() {
        let sources = [
            include_str!("../connection/handle.rs"),
            include_str!("../domain/detaching.rs"),
            include_str!("../domain/devices.rs"),
            include_str!("../domain/handle.rs"),
            include_str!("../domain/jobs.rs"),
            include_str!("../domain/saving.rs"),
            include_str!("../domain/screen.rs"),
            include_str!("../domain/vcpus.rs"),
            include_str!("../migration/managed.rs"),
            include_str!("../migration/tuning.rs"),
            include_str!("../snapshot/handle.rs"),
            include_str!("../snapshot/making.rs"),
            include_str!("../agent/handle.rs"),
            include_str!("../agent/freeze.rs"),
            include_str!("../network/connection.rs"),
            include_str!("../network/handle.rs"),
            include_str!("../network/port.rs"),
            include_str!("../node/handle.rs"),
            include_str!("../secret/connection.rs"),
            include_str!("../secret/handle.rs"),
            include_str!("../storage/connection.rs"),
            include_str!("../storage/pool/handle.rs"),
            include_str!("../storage/volume/handle.rs"),
            include_str!("../storage/volume/content.rs"),
            include_str!("../storage/transfer/upload.rs"),
            include_str!("../storage/transfer/download.rs"),
        ];
        let mut called: Vec<&str> = sources
            .iter()
            .flat_map(|source| source.split(".call(").skip(1))
            .filter_map(|after| after.trim_start().strip_prefix('"')?.split('"').next())
            .collect();
        let mut listed = OPERATIONS.to_vec();
        // Those that name their operation for a helper, and those that are no calls.
        called.extend([
            "define_storage_pool",
            "create_storage_pool",
            "create_volume",
            "clone_volume",
        ]);
        called.extend(["volume_upload_piece", "volume_download_piece"]);
        called.sort_unstable();
        // `shutdown` is the name of two: of a domain's and of the connection's, which no fault strikes.
        called.dedup();
        listed.sort_unstable();
        assert_eq!(called, listed);
    }

    #[tokio::test]
    async fn a_release_lets_go_on_what_hangs_now_and_not_what_hangs_later() {
        let mut plan = FaultPlan::default();
        plan.inject(Fault::on("start").always().hanging()).unwrap();
        let mut now = plan.judge("start", None);
        plan.release();
        now.pause.over().await;
        let mut later = plan.judge("start", None);
        let waited = tokio::time::timeout(Duration::from_millis(5), later.pause.over()).await;
        assert!(waited.is_err());
    }
}
