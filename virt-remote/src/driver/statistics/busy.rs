//! Guests whose hypervisor is busy, or hangs: the daemon does not wait for them and tells less of them, and not why.

use std::time::Duration;

use virt_core::stats::{StatsGroup, StatsGroups};
use virt_core::{CallContext, Error, ErrorKind};

use super::{NOWAIT, NOWAIT_SINCE, PATIENCE, numbers};
use crate::driver::RemoteConnection;
use crate::driver::hypervisor::Hypervisor;
use crate::protocol::remote::connect::{ConnectGetAllDomainStats, ConnectGetAllDomainStatsArgs};
use crate::protocol::remote::domain::DomainStatsRecord;
use crate::protocol::remote::object::Domain;
use crate::protocol::xdr::TypedParams;

/// When a guest that was busy is asked again: most are for a few milliseconds.
const AGAIN: [Duration; 5] = [
    Duration::from_millis(5),
    Duration::from_millis(20),
    Duration::from_millis(50),
    Duration::from_millis(100),
    Duration::from_millis(200),
];

/// Why a row is not whole.
pub(super) fn error() -> Error {
    Error::new(
        ErrorKind::Timeout,
        "the guest's hypervisor does not answer: only what is known without it is here",
    )
}

impl RemoteConnection {
    /// The record of a domain, asked for again where its hypervisor was busy; and whether it still is. Nothing here
    /// waits for a hypervisor: whatever does keeps a worker of the daemon. With `late`, all guests together took too long.
    pub(super) async fn once_free(
        &self,
        call: &CallContext,
        record: DomainStatsRecord,
        groups: StatsGroups,
        late: bool,
    ) -> (DomainStatsRecord, bool) {
        if self.hypervisor != Hypervisor::Qemu || !lacks_its_hypervisor(&record.params, groups) {
            let hangs = late && self.hangs(call, &record.dom).await == Some(true);
            return (record, hangs);
        }
        for pause in AGAIN {
            if call.remaining() <= pause || self.hangs(call, &record.dom).await == Some(true) {
                break;
            }
            tokio::time::sleep(pause).await;
            if let Some(again) = self.record_now(call, &record.dom, groups).await
                && !lacks_its_hypervisor(&again.params, groups)
            {
                return (again, false);
            }
        }
        (record, true)
    }

    /// What the daemon has of one domain without waiting.
    async fn record_now(
        &self,
        call: &CallContext,
        dom: &Domain,
        groups: StatsGroups,
    ) -> Option<DomainStatsRecord> {
        let args = ConnectGetAllDomainStatsArgs {
            doms: vec![dom.clone()],
            stats: numbers(groups),
            flags: if self.libvirt >= NOWAIT_SINCE { NOWAIT } else { 0 },
        };
        let hurried = call.at_most(PATIENCE);
        let found = self.link.call::<ConnectGetAllDomainStats>(&hurried, &args).await;
        found.ok()?.ret_stats.into_iter().next()
    }
}

/// Whether what QEMU itself says is missing: libvirt tells the memory of its process together with that, and counts what
/// goes to images by it.
fn lacks_its_hypervisor(params: &TypedParams, groups: StatsGroups) -> bool {
    /// `VIR_DOMAIN_SHUTOFF`.
    const SHUT_OFF: i64 = 5;
    if params.i64("state.state").is_none_or(|state| state == SHUT_OFF) {
        return false;
    }
    let any = |end: &str| {
        let mut fields = params.iter().map(|param| param.field.text());
        fields.any(|field| field.starts_with("block.") && field.ends_with(end))
    };
    let of_memory = groups.has(StatsGroup::Balloon) && params.get("balloon.rss").is_none();
    let of_images = groups.has(StatsGroup::Block) && any(".path") && !any(".rd.reqs");
    of_memory || of_images
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_qemu_did_not_say_is_seen() {
        let known = TypedParams::new()
            .with("state.state", 1_i32)
            .with("balloon.current", 1_u64)
            .with("block.count", 1_u32)
            .with("block.0.path", "/image");
        let (memory, images) = (StatsGroup::Balloon.into(), StatsGroup::Block.into());
        assert!(lacks_its_hypervisor(&known, memory) && lacks_its_hypervisor(&known, images));
        assert!(!lacks_its_hypervisor(&known, StatsGroup::Cpu.into()));
        let whole = known.with("balloon.rss", 1_u64).with("block.0.rd.reqs", 0_u64);
        assert!(!lacks_its_hypervisor(&whole, StatsGroups::all()));
        let empty_drive = TypedParams::new()
            .with("state.state", 1_i32)
            .with("block.count", 1_u32)
            .with("block.0.name", "sda");
        assert!(!lacks_its_hypervisor(&empty_drive, images));
    }
}
