//! Statistics of the test driver's domains.

use async_trait::async_trait;
use uuid::Uuid;

use super::TestDriver;
use crate::deadline::CallContext;
use crate::driver::StatisticsDriver;
use crate::error::{Error, ErrorKind, Result};
use crate::sorted::sort_by_name;
use crate::stats::{DomainStats, DomainStatsRow, StatsGroup, StatsGroups};
use crate::test::record::{Record, Run};

#[async_trait]
impl StatisticsDriver for TestDriver {
    async fn domains(
        &self,
        call: &CallContext,
        domains: Option<&[Uuid]>,
        groups: StatsGroups,
    ) -> Result<Vec<DomainStatsRow>> {
        self.shared
            .query(call, None, |world| {
                let wanted = |record: &&Record| match domains {
                    Some(uuids) => uuids.contains(&record.reference().uuid),
                    None => record.machine.is_active(),
                };
                let mut rows: Vec<DomainStatsRow> = world
                    .domains
                    .values()
                    .filter(wanted)
                    .map(|record| row(record, groups))
                    .collect();
                sort_by_name(&mut rows, |row| &row.domain.name);
                Ok(rows)
            })
            .await
    }
}

fn row(record: &Record, groups: StatsGroups) -> DomainStatsRow {
    let mut stats = DomainStats::default();
    if groups.has(StatsGroup::State) {
        stats.state = Some((record.machine.state(), record.machine.reason()));
    }
    let Some(run) = &record.run else {
        return DomainStatsRow::new(record.reference(), stats);
    };
    if !*record.answers.borrow() {
        let error = Error::new(ErrorKind::Timeout, "the hypervisor of this guest does not answer");
        return DomainStatsRow::new(record.reference(), stats).with_error(error);
    }
    fill(&mut stats, record, run, groups);
    DomainStatsRow::new(record.reference(), stats)
}

fn fill(stats: &mut DomainStats, record: &Record, run: &Run, groups: StatsGroups) {
    let profile = record.profile();
    let counters = &record.guest.counters;
    let running = run.vcpu_time();
    if groups.has(StatsGroup::Cpu) {
        stats.cpu = Some(counters.cpu(running));
    }
    if groups.has(StatsGroup::Balloon) {
        stats.balloon = Some(counters.balloon(&profile, run.memory.as_bytes()));
    }
    if groups.has(StatsGroup::Vcpu) {
        stats.vcpus = counters.vcpus(running, profile.vcpus);
    }
    if groups.has(StatsGroup::Block) {
        stats.block = counters.block(running, &profile.disks, |target| record.guest.image_size(target));
    }
    if groups.has(StatsGroup::Interface) {
        stats.interfaces = counters.interfaces(running, &profile.interfaces);
    }
}
