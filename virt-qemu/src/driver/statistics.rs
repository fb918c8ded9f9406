//! Statistics in bulk.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use futures::future::join_all;
use uuid::Uuid;
use virt_core::driver::StatisticsDriver;
use virt_core::host::{BatchMode, HostOp, HostReply, ProcessInfo};
use virt_core::model::DomainConfig;
use virt_core::stats::{
    BalloonStats, BlockStats, CpuStats, DomainStats, DomainStatsRow, InterfaceStats, StatsGroup, StatsGroups,
    VcpuStats,
};
use virt_core::{CallContext, Error, ErrorKind, Result};
use virt_manager::document::{current_memory, interfaces, memory, vcpus};
use virt_manager::unreachable;

use super::EmbedDriver;
use crate::document;
use crate::manager::{Entry, View};
use crate::owner::Run;
use crate::qmp::QmpConnection;
use crate::qmp::commands::balloon::{BalloonStatistics, QueryBalloon};
use crate::qmp::commands::block::QueryBlockstats;
use crate::qmp::commands::qom::QomGet;

/// How long one guest may take before its row goes without what only it can tell.
const PATIENCE: Duration = Duration::from_secs(1);

#[async_trait]
impl StatisticsDriver for EmbedDriver {
    async fn domains(
        &self,
        call: &CallContext,
        domains: Option<&[Uuid]>,
        groups: StatsGroups,
    ) -> Result<Vec<DomainStatsRow>> {
        self.manager.root.life.check_open()?;
        let entries = self.manager.root.registry.named_or_running(domains);
        let views: Vec<(Arc<Entry>, View)> = entries
            .into_iter()
            .map(|entry| {
                let view = entry.view().clone();
                (entry, view)
            })
            .collect();
        let (processes, rows) = tokio::join!(
            self.processes(&views, groups),
            join_all(
                views
                    .iter()
                    .map(|(entry, view)| guest_row(call, entry, view, groups))
            )
        );
        let mut rows: Vec<DomainStatsRow> = rows;
        for ((_, view), row) in views.iter().zip(rows.iter_mut()) {
            let process = view.run.as_ref().and_then(|run| processes.get(&run.process.pid));
            add_process(&mut row.stats, view, process, groups);
            if row.error.is_none() && process.is_some_and(|facts| facts.is_lost) {
                row.error = Some(unreachable());
            }
        }
        // What ended or vanished meanwhile has no failure of its own.
        let gone = |uuid: Uuid| {
            let entry = self.manager.root.registry.existing(uuid).ok();
            entry.is_none_or(|entry| domains.is_none() && !entry.view().is_active())
        };
        rows.retain(|row| !gone(row.domain.uuid));
        rows.sort_unstable_by(|a, b| a.domain.name.cmp(&b.domain.name));
        Ok(rows)
    }
}

impl EmbedDriver {
    /// What the host knows of the guests' processes, in one batch.
    async fn processes(
        &self,
        views: &[(Arc<Entry>, View)],
        groups: StatsGroups,
    ) -> HashMap<u32, ProcessFacts> {
        if !groups.has(StatsGroup::Cpu) && !groups.has(StatsGroup::Balloon) && !groups.has(StatsGroup::Vcpu) {
            return HashMap::new();
        }
        let runs: Vec<&Arc<Run>> = views.iter().filter_map(|(_, view)| view.run.as_ref()).collect();
        let mut ops = Vec::new();
        for run in &runs {
            ops.push(HostOp::Inspect { pid: run.process.pid });
            if groups.has(StatsGroup::Vcpu) {
                ops.extend(run.vcpu_threads().iter().map(|thread| HostOp::Read {
                    path: format!("/proc/{}/task/{thread}/schedstat", run.process.pid),
                }));
            }
        }
        if ops.is_empty() {
            return HashMap::new();
        }
        let asked = self.manager.host.batch(BatchMode::All, ops);
        let replies = tokio::time::timeout(PATIENCE, asked).await;
        let mut replies = replies.unwrap_or_default().into_iter();
        let mut facts = HashMap::new();
        for run in runs {
            let (process, is_lost) = match replies.next() {
                Some(Ok(HostReply::Process(process))) => {
                    (process.filter(|info| info.identity == run.process), false)
                }
                Some(Err(error)) => (None, error.kind() == ErrorKind::ConnectionLost),
                None => (None, true),
                Some(Ok(_)) => (None, false),
            };
            let threads = if groups.has(StatsGroup::Vcpu) {
                run.vcpu_threads().len()
            } else {
                0
            };
            let schedules = replies
                .by_ref()
                .take(threads)
                .map(|reply| match reply {
                    Ok(HostReply::Bytes(bytes)) => parse_schedstat(&bytes),
                    _ => None,
                })
                .collect();
            let known = ProcessFacts {
                process,
                is_lost,
                schedules,
            };
            facts.insert(run.process.pid, known);
        }
        facts
    }
}

/// What the host knows of a guest's process.
struct ProcessFacts {
    process: Option<ProcessInfo>,
    /// Whether the machine did not answer.
    is_lost: bool,
    /// For each vCPU: time it ran, and time it waited for a CPU.
    schedules: Vec<Option<(Duration, Duration)>>,
}

/// `/proc/PID/task/TID/schedstat`: nanoseconds on a CPU, nanoseconds waiting for one, time slices.
fn parse_schedstat(bytes: &[u8]) -> Option<(Duration, Duration)> {
    let text = std::str::from_utf8(bytes).ok()?;
    let mut numbers = text.split_ascii_whitespace().map_while(|word| word.parse().ok());
    Some((
        Duration::from_nanos(numbers.next()?),
        Duration::from_nanos(numbers.next()?),
    ))
}

fn add_process(stats: &mut DomainStats, view: &View, facts: Option<&ProcessFacts>, groups: StatsGroups) {
    let Some(facts) = facts else { return };
    if let Some(process) = &facts.process {
        if groups.has(StatsGroup::Cpu) {
            let mut cpu = CpuStats::default();
            cpu.time = Duration::from_nanos(process.cpu_time_ns);
            stats.cpu = Some(cpu);
        }
        if let Some(balloon) = &mut stats.balloon {
            balloon.rss = Some(process.rss_bytes);
        }
    }
    if groups.has(StatsGroup::Vcpu) {
        let count = view.live.as_ref().map_or(0, |live| vcpus(live));
        stats.vcpus = (0..count).map(VcpuStats::new).collect();
        for (vcpu, schedule) in stats.vcpus.iter_mut().zip(&facts.schedules) {
            vcpu.time = schedule.map(|(ran, _)| ran);
            vcpu.wait = schedule.map(|(_, waited)| waited);
        }
    }
}

/// What only the guest's own process can tell, and what the manager knows.
async fn guest_row(call: &CallContext, entry: &Entry, view: &View, groups: StatsGroups) -> DomainStatsRow {
    let mut stats = DomainStats::default();
    if groups.has(StatsGroup::State) {
        stats.state = Some((view.state, view.reason));
    }
    let reference = entry.reference();
    let (Some(live), Some(run)) = (&view.live, &view.run) else {
        return DomainStatsRow::new(reference, stats);
    };
    if groups.has(StatsGroup::Balloon) {
        let mut balloon = BalloonStats::default();
        balloon.maximum = memory(live).as_bytes();
        balloon.current = view.balloon.unwrap_or_else(|| current_memory(live).as_bytes());
        stats.balloon = Some(balloon);
    }
    if groups.has(StatsGroup::Interface) {
        stats.interfaces = interfaces(live)
            .map(|(name, mac)| {
                let mut interface = InterfaceStats::default();
                (interface.name, interface.mac) = (name, mac);
                interface
            })
            .collect();
    }
    match ask_guest(call, run, live, groups, &mut stats).await {
        Ok(()) => DomainStatsRow::new(reference, stats),
        Err(error) => DomainStatsRow::new(reference, stats).with_error(error),
    }
}

async fn ask_guest(
    call: &CallContext,
    run: &Run,
    live: &DomainConfig,
    groups: StatsGroups,
    stats: &mut DomainStats,
) -> Result<()> {
    let wants_block = groups.has(StatsGroup::Block) && document::has_disks(live);
    let wants_balloon = groups.has(StatsGroup::Balloon) && document::balloon_alias(live).is_some();
    if !wants_block && !wants_balloon {
        return Ok(());
    }
    let qmp = run.qmp()?;
    if run.is_silent() && qmp.in_flight() > 0 {
        return Err(silent());
    }
    run.set_silent(false);
    let call = call.at_most(PATIENCE);
    let asked = async {
        let (block, balloon) = tokio::join!(
            async {
                if wants_block {
                    block_stats(&qmp, live, &call).await.map(Some)
                } else {
                    Ok(None)
                }
            },
            async {
                if wants_balloon {
                    memory_stats(&qmp, live, &call).await.map(Some)
                } else {
                    Ok(None)
                }
            },
        );
        Ok::<_, Error>((block?, balloon?))
    };
    match asked.await {
        Ok((block, memory)) => {
            if let Some(block) = block {
                stats.block = block;
            }
            if let (Some(balloon), Some((actual, figures))) = (&mut stats.balloon, memory) {
                fill_balloon(balloon, actual, figures);
            }
            Ok(())
        }
        Err(error) => {
            run.set_silent(error.kind() == ErrorKind::Timeout);
            Err(error)
        }
    }
}

fn silent() -> Error {
    Error::new(
        ErrorKind::Timeout,
        "QEMU has not answered its monitor since it was last asked",
    )
}

async fn block_stats(
    qmp: &QmpConnection,
    live: &DomainConfig,
    call: &CallContext,
) -> Result<Vec<BlockStats>> {
    let answered = qmp.execute(&QueryBlockstats::default(), call.deadline).await?;
    Ok(document::block_stats(live, &answered))
}

async fn memory_stats(
    qmp: &QmpConnection,
    live: &DomainConfig,
    call: &CallContext,
) -> Result<(Option<u64>, Option<BalloonStatistics>)> {
    let alias = document::balloon_alias(live).unwrap_or_default();
    let get = QomGet {
        path: format!("/machine/peripheral/{alias}"),
        property: "guest-stats".to_owned(),
    };
    let (actual, figures) = tokio::join!(
        qmp.execute(&QueryBalloon, call.deadline),
        qmp.execute(&get, call.deadline)
    );
    // A guest without a driver for its balloon has no such figures: that is no failure of the row.
    let actual = match actual {
        Ok(info) => Some(info.actual),
        Err(error) if error.class().is_some() => None,
        Err(error) => return Err(error.into()),
    };
    let figures = match figures {
        Ok(value) => serde_json::from_value(value).ok(),
        Err(error) if error.class().is_some() => None,
        Err(error) => return Err(error.into()),
    };
    Ok((actual, figures))
}

fn fill_balloon(balloon: &mut BalloonStats, actual: Option<u64>, figures: Option<BalloonStatistics>) {
    if let Some(actual) = actual {
        balloon.current = actual;
    }
    let Some(figures) = figures.filter(|figures| figures.last_update > 0) else {
        return;
    };
    balloon.last_update = Some(figures.last_update);
    balloon.swap_in = figures.stats.swap_in;
    balloon.swap_out = figures.stats.swap_out;
    balloon.major_faults = figures.stats.major_faults;
    balloon.minor_faults = figures.stats.minor_faults;
    balloon.unused = figures.stats.free_memory;
    balloon.available = figures.stats.total_memory;
    balloon.usable = figures.stats.available_memory;
    balloon.disk_caches = figures.stats.disk_caches;
}
