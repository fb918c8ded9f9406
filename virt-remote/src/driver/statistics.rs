//! Statistics in bulk: `ConnectGetAllDomainStats`, as typed rows.

mod busy;
mod params;

use std::time::Duration;

use async_trait::async_trait;
use futures::future::join_all;
use uuid::Uuid;
use virt_core::domain::DomainState;
use virt_core::driver::StatisticsDriver;
use virt_core::stats::{CpuStats, DomainStats, DomainStatsRow, InterfaceStats, StatsGroup, StatsGroups};
use virt_core::{CallContext, Result};

use super::domains::state_of;
use super::{RemoteConnection, objects, refusal};
use crate::protocol::remote::connect::{ConnectGetAllDomainStats, ConnectGetAllDomainStatsArgs};
use crate::protocol::remote::domain::{DomainGetInfo, DomainGetInfoArgs, DomainStatsRecord};
use crate::protocol::remote::object::Domain;
use crate::rpc::{RpcError, RpcResult};

/// `VIR_CONNECT_LIST_DOMAINS_ACTIVE`, `VIR_CONNECT_GET_ALL_DOMAINS_STATS_ACTIVE`.
const ACTIVE: u32 = 1;
/// `VIR_CONNECT_GET_ALL_DOMAINS_STATS_NOWAIT`: a guest that is busy is not waited for. Since libvirt 4.5.
const NOWAIT: u32 = 1 << 29;
const NOWAIT_SINCE: u64 = 4_005_000;

/// How long the guests may take together until those that do not answer are left behind.
const PATIENCE: Duration = Duration::from_secs(1);
/// How often it is tried to leave one behind: each keeps a worker of the daemon.
const TRIES: usize = 3;

#[async_trait]
impl StatisticsDriver for RemoteConnection {
    async fn domains(
        &self,
        call: &CallContext,
        domains: Option<&[Uuid]>,
        groups: StatsGroups,
    ) -> Result<Vec<DomainStatsRow>> {
        let wanted: Vec<Domain> = domains
            .unwrap_or_default()
            .iter()
            .map(|uuid| objects::domain(*uuid))
            .collect();
        if domains.is_some() && wanted.is_empty() {
            return Ok(Vec::new());
        }
        let (records, late) = match self.records(call, &wanted, groups).await {
            Ok(found) => found,
            Err(error) if refusal::is_unsupported(&error) => {
                return self.rows_one_by_one(call, domains, groups).await;
            }
            Err(error) => return Err(error.into()),
        };
        let rows = records.into_iter().map(|record| async {
            let (record, busy) = self.once_free(call, record, groups, late).await;
            let row = self.stats_row(call, record, groups).await;
            match busy {
                true => row.with_error(busy::error()),
                false => row,
            }
        });
        Ok(join_all(rows).await)
    }
}

impl RemoteConnection {
    /// The records of these domains, or of all that run. A guest that does not answer keeps nobody waiting: it is asked
    /// once more without waiting for it, and whether that was needed is told.
    async fn records(
        &self,
        call: &CallContext,
        domains: &[Domain],
        groups: StatsGroups,
    ) -> RpcResult<(Vec<DomainStatsRecord>, bool)> {
        let knows_nowait = self.libvirt >= NOWAIT_SINCE;
        let nowait = if knows_nowait { NOWAIT } else { 0 };
        let args = ConnectGetAllDomainStatsArgs {
            doms: domains.to_vec(),
            stats: numbers(groups),
            flags: if domains.is_empty() { ACTIVE } else { 0 } | nowait,
        };
        let mut late = false;
        for _ in 0..TRIES {
            let hurried = call.at_most(PATIENCE);
            match self.link.call::<ConnectGetAllDomainStats>(&hurried, &args).await {
                Err(RpcError::Timeout { .. }) if knows_nowait && !call.remaining().is_zero() => late = true,
                Ok(found) => return Ok((found.ret_stats, late)),
                Err(error) => return Err(error),
            }
        }
        let found = self.link.call::<ConnectGetAllDomainStats>(call, &args).await?;
        Ok((found.ret_stats, late))
    }

    async fn stats_row(
        &self,
        call: &CallContext,
        record: DomainStatsRecord,
        groups: StatsGroups,
    ) -> DomainStatsRow {
        let mut stats = params::stats(&record.params, groups);
        let interfaces = record.params.u64("net.count").unwrap_or_default();
        let domain = objects::domain_ref(&record.dom);
        let run = objects::run_id(&record.dom);
        if let Some((state, reason)) = stats.state {
            stats.state = Some((state, self.reason_of(domain.uuid, run, (state, reason))));
        }
        if run.is_none() {
            // What a domain would have is no statistics.
            let state = stats.state;
            stats = DomainStats::default();
            stats.state = state;
            return DomainStatsRow::new(domain, stats);
        }
        // It counts those too that it tells nothing of.
        let told = u64::try_from(stats.interfaces.len()).unwrap_or(u64::MAX);
        if groups.has(StatsGroup::Interface) && interfaces != told {
            self.add_interfaces(call, &record.dom, &mut stats).await;
        }
        DomainStatsRow::new(domain, stats)
    }

    /// Interfaces that the daemon leaves out because it cannot count on them, by their aliases.
    async fn add_interfaces(&self, call: &CallContext, dom: &Domain, stats: &mut DomainStats) {
        let Ok(config) = self.document_of(call, dom.clone(), 0).await else {
            return;
        };
        let interfaces = config
            .devices
            .map(|devices| devices.interfaces)
            .unwrap_or_default();
        stats.interfaces = interfaces
            .iter()
            .map(|interface| {
                let alias = interface.alias.as_ref().and_then(|alias| alias.name.clone());
                let device = interface.target.as_ref().and_then(|target| target.dev.clone());
                let known = stats
                    .interfaces
                    .iter()
                    .find(|known| Some(&known.name) == device.as_ref());
                let mut found = known.cloned().unwrap_or_default();
                if found.name.is_empty() {
                    found.name = device.or(alias).unwrap_or_default();
                }
                let mac = interface.mac.as_ref().and_then(|mac| mac.address.as_ref());
                found.mac = mac.map(ToString::to_string);
                found
            })
            .collect::<Vec<InterfaceStats>>();
    }

    /// The same, of drivers that have no statistics in bulk: state, CPU time and memory.
    async fn rows_one_by_one(
        &self,
        call: &CallContext,
        domains: Option<&[Uuid]>,
        groups: StatsGroups,
    ) -> Result<Vec<DomainStatsRow>> {
        let domains: Vec<Domain> = match domains {
            Some(uuids) => {
                let found = join_all(uuids.iter().map(|uuid| self.found_by_uuid(call, *uuid))).await;
                found.into_iter().filter_map(Result::ok).collect()
            }
            None => self.domains_with(call, ACTIVE).await?,
        };
        let rows = domains.into_iter().map(|dom| async {
            let mut row = DomainStatsRow::new(objects::domain_ref(&dom), DomainStats::default());
            match self.stats_of_one(call, dom, groups).await {
                Ok(stats) => row.stats = stats,
                Err(error) if refusal::is_gone(&error) => return None,
                Err(error) => row.error = Some(error.into()),
            }
            Some(row)
        });
        Ok(join_all(rows).await.into_iter().flatten().collect())
    }

    async fn stats_of_one(
        &self,
        call: &CallContext,
        dom: Domain,
        groups: StatsGroups,
    ) -> RpcResult<DomainStats> {
        let args = DomainGetInfoArgs { dom: dom.clone() };
        let (state, info) = tokio::join!(
            self.state_of_domain(call, dom),
            self.link.call::<DomainGetInfo>(call, &args)
        );
        let (state, info) = (state?, info?);
        let mut stats = DomainStats::default();
        stats.state = groups.has(StatsGroup::State).then_some(state);
        if state.0 == DomainState::ShutOff {
            return Ok(stats);
        }
        if groups.has(StatsGroup::Cpu) {
            let mut cpu = CpuStats::default();
            cpu.time = Duration::from_nanos(info.cpu_time);
            stats.cpu = Some(cpu);
        }
        if groups.has(StatsGroup::Balloon) {
            stats.balloon = Some(params::memory(info.memory, info.max_mem));
        }
        Ok(stats)
    }
}

/// `virDomainStatsTypes`.
fn numbers(groups: StatsGroups) -> u32 {
    [
        (StatsGroup::State, 1 << 0),
        (StatsGroup::Cpu, 1 << 1),
        (StatsGroup::Balloon, 1 << 2),
        (StatsGroup::Vcpu, 1 << 3),
        (StatsGroup::Interface, 1 << 4),
        (StatsGroup::Block, 1 << 5),
    ]
    .into_iter()
    .filter(|(group, _)| groups.has(*group))
    // The state at least: no number at all means all of them.
    .fold(1, |all, (_, number)| all | number)
}
