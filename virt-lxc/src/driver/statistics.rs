//! Statistics in bulk, from control groups: one batch for all containers.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use uuid::Uuid;
use virt_core::driver::StatisticsDriver;
use virt_core::host::{BatchMode, HostOp, HostReply};
use virt_core::params::ParamValue;
use virt_core::stats::{
    BalloonStats, BlockStats, CpuStats, DomainStats, DomainStatsRow, InterfaceStats, StatsGroup, StatsGroups,
    Traffic, VcpuStats,
};
use virt_core::{CallContext, Error, ErrorKind, Outcome, Result};
use virt_manager::unreachable;

use super::EmbedDriver;
use crate::cgroup::{Controller, Figure, Usage};
use crate::document::guest_ends;
use crate::manager::{Entry, View};

/// How long the machine may take for all of them.
const PATIENCE: Duration = Duration::from_secs(2);

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
        let mut asked: Vec<Asked> = entries
            .into_iter()
            .map(|entry| Asked::of(entry, groups))
            .collect();
        self.read(call, &mut asked, groups).await;
        let mut rows = Vec::with_capacity(asked.len());
        for asked in asked {
            let is_active = asked.entry.view().is_active();
            // What ended meanwhile has no failure of its own.
            if is_active || domains.is_some() {
                rows.push(asked.row(groups, is_active));
            }
        }
        rows.sort_unstable_by(|a, b| a.domain.name.cmp(&b.domain.name));
        Ok(rows)
    }
}

/// A container of which something is asked.
struct Asked {
    entry: Arc<Entry>,
    view: View,
    files: Vec<(Figure, String)>,
    usage: Usage,
    /// The content of `/proc/PID/net/dev`.
    traffic: Option<HashMap<String, Traffic>>,
    disks: Arc<HashMap<String, String>>,
    failure: Option<Error>,
}

impl Asked {
    fn of(entry: Arc<Entry>, groups: StatsGroups) -> Self {
        let view = entry.view().clone();
        let controllers = [
            (StatsGroup::Cpu, Controller::Cpuacct),
            (StatsGroup::Balloon, Controller::Memory),
            (StatsGroup::Block, Controller::Io),
            (StatsGroup::State, Controller::Pids),
        ];
        let wanted: Vec<Controller> = controllers
            .into_iter()
            .filter(|(group, _)| groups.has(*group))
            .map(|(_, controller)| controller)
            .collect();
        let files = view
            .run
            .as_ref()
            .map(|run| Figure::files(&run.groups, &wanted))
            .unwrap_or_default();
        Self {
            entry,
            view,
            files,
            usage: Usage::default(),
            traffic: None,
            disks: Arc::default(),
            failure: None,
        }
    }

    fn row(self, groups: StatsGroups, is_active: bool) -> DomainStatsRow {
        let reference = self.entry.reference();
        let mut stats = DomainStats::default();
        if groups.has(StatsGroup::State) {
            let view = self.entry.view();
            stats.state = Some((view.state, view.reason));
            if let Some(processes) = self.usage.processes {
                stats.rest.push("pids.current", ParamValue::ULong(processes));
            }
        }
        if !is_active || self.view.run.is_none() {
            return DomainStatsRow::new(reference, stats);
        }
        if groups.has(StatsGroup::Cpu) {
            stats.cpu = self.cpu();
        }
        if groups.has(StatsGroup::Balloon) {
            stats.balloon = Some(self.memory());
        }
        if groups.has(StatsGroup::Vcpu) {
            // Of each nothing is known: a container's threads run on whichever is free.
            let count = self.view.glance().map_or(0, |glance| glance.vcpus);
            stats.vcpus = (0..count).map(VcpuStats::new).collect();
        }
        if groups.has(StatsGroup::Block) {
            stats.block = self.block();
        }
        if groups.has(StatsGroup::Interface) {
            stats.interfaces = self.interfaces();
        }
        let row = DomainStatsRow::new(reference, stats);
        match self.failure {
            Some(failure) => row.with_error(failure),
            None => row,
        }
    }

    fn cpu(&self) -> Option<CpuStats> {
        let mut cpu = CpuStats::default();
        cpu.time = self.usage.cpu?;
        (cpu.user, cpu.system) = (self.usage.cpu_user, self.usage.cpu_system);
        Some(cpu)
    }

    fn memory(&self) -> BalloonStats {
        let mut balloon = BalloonStats::default();
        let (most, now) = self
            .view
            .glance()
            .map(|glance| (glance.memory.as_bytes(), glance.current_memory.as_bytes()))
            .unwrap_or_default();
        balloon.maximum = most;
        balloon.current = self.usage.memory_limit.unwrap_or(now);
        balloon.rss = self.usage.anonymous;
        balloon.available = Some(balloon.current);
        if let Some(used) = self.usage.memory {
            let unused = balloon.current.saturating_sub(used);
            balloon.unused = Some(unused);
            balloon.usable = Some(
                unused
                    .saturating_add(self.usage.cache.unwrap_or(0))
                    .min(balloon.current),
            );
        }
        balloon.disk_caches = self.usage.cache;
        balloon.major_faults = self.usage.major_faults;
        let all = self.usage.faults;
        balloon.minor_faults = all.map(|all| all.saturating_sub(self.usage.major_faults.unwrap_or(0)));
        balloon
    }

    /// By device of the host: a container has no disks of its own.
    fn block(&self) -> Vec<BlockStats> {
        let rows = self.usage.io.iter().map(|(device, io)| {
            let mut block = BlockStats::default();
            let name = self.disks.get(device);
            block.target = name.unwrap_or(device).clone();
            block.path = name.map(|name| format!("/dev/{name}"));
            (block.read_requests, block.read_bytes) = (io.reads, io.read_bytes);
            (block.write_requests, block.write_bytes) = (io.writes, io.written_bytes);
            block
        });
        rows.collect()
    }

    fn interfaces(&self) -> Vec<InterfaceStats> {
        let live = self.view.live.as_ref().and_then(|live| live.config().ok());
        let ends = live.as_ref().map(guest_ends).unwrap_or_default();
        let rows = ends.into_iter().map(|end| {
            let mut interface = InterfaceStats::default();
            interface.traffic = self.traffic.as_ref().and_then(|all| all.get(&end.name)).copied();
            interface.name = end.host.unwrap_or(end.name);
            interface.mac = end.mac;
            interface
        });
        rows.collect()
    }
}

impl EmbedDriver {
    /// Reads everything that is asked of all containers, in one round trip.
    async fn read(&self, call: &CallContext, asked: &mut [Asked], groups: StatsGroups) {
        let wants_traffic = groups.has(StatsGroup::Interface);
        let read = |path: String| HostOp::Read { path };
        let mut ops = Vec::new();
        if groups.has(StatsGroup::Block) {
            ops.push(read("/proc/diskstats".to_owned()));
        }
        for one in asked.iter() {
            ops.extend(one.files.iter().map(|(_, path)| read(path.clone())));
            if let (true, Some(run)) = (wants_traffic, &one.view.run) {
                ops.push(read(format!("/proc/{}/net/dev", run.init.pid)));
            }
        }
        if ops.is_empty() {
            return;
        }
        let replies = call
            .at_most(PATIENCE)
            .bound(Outcome::NotApplied, async {
                Ok(self.manager.host.batch(BatchMode::All, ops).await)
            })
            .await;
        let mut replies = match replies {
            Ok(replies) => replies.into_iter(),
            Err(_) => {
                for one in asked.iter_mut() {
                    one.failure = Some(unreachable());
                }
                return;
            }
        };
        let ticks = self.manager.facts().clock_ticks;
        let mut disks = Arc::default();
        if groups.has(StatsGroup::Block)
            && let Some(Ok(HostReply::Bytes(bytes))) = replies.next()
        {
            disks = Arc::new(disk_names(&String::from_utf8_lossy(&bytes)));
        }
        for one in asked {
            one.disks = Arc::clone(&disks);
            for (figure, _) in std::mem::take(&mut one.files) {
                if let Some(content) = one.take(replies.next()) {
                    one.usage.add(figure, &content, ticks);
                }
            }
            if wants_traffic && one.view.run.is_some() {
                let content = one.take(replies.next());
                one.traffic = content.as_deref().map(parse_net_dev);
            }
        }
    }
}

impl Asked {
    /// A file's content. One that is not there belongs to a controller without this figure, or to a container that has
    /// just ended.
    fn take(&mut self, reply: Option<Result<HostReply>>) -> Option<String> {
        match reply {
            Some(Ok(HostReply::Bytes(bytes))) => Some(String::from_utf8_lossy(&bytes).into_owned()),
            Some(Err(error)) if error.kind() == ErrorKind::ConnectionLost => {
                self.failure.get_or_insert(error);
                None
            }
            _ => None,
        }
    }
}

/// The names of block devices by their numbers, from `/proc/diskstats`.
fn disk_names(content: &str) -> HashMap<String, String> {
    let line = |line: &str| {
        let mut words = line.split_ascii_whitespace();
        let (major, minor, name) = (words.next()?, words.next()?, words.next()?);
        Some((format!("{major}:{minor}"), name.to_owned()))
    };
    content.lines().filter_map(line).collect()
}

/// `eth0: RX-BYTES PACKETS ERRORS DROPS FIFO FRAME COMPRESSED MULTICAST TX-BYTES PACKETS ERRORS DROPS …`, a line each.
fn parse_net_dev(content: &str) -> HashMap<String, Traffic> {
    let line = |line: &str| {
        let (name, numbers) = line.split_once(':')?;
        let mut numbers = numbers.split_ascii_whitespace().map(str::parse::<u64>);
        let mut next = || numbers.next()?.ok();
        let mut traffic = Traffic::default();
        traffic.rx_bytes = next()?;
        traffic.rx_packets = next()?;
        traffic.rx_errors = next()?;
        traffic.rx_drops = next()?;
        for _ in 0..4 {
            next()?;
        }
        traffic.tx_bytes = next()?;
        traffic.tx_packets = next()?;
        traffic.tx_errors = next()?;
        traffic.tx_drops = next()?;
        Some((name.trim().to_owned(), traffic))
    };
    content.lines().filter_map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn traffic_is_that_of_the_container_itself() {
        let content = "Inter-|   Receive  |  Transmit\n face |bytes packets\n\
            \u{20}   lo:       0       0    0    0    0     0          0         0        0       0    0    0    0     0       0          0\n\
            \u{20} eth0:     100       1    2    3    0     0          0         0      200       4    5    6    0     0       0          0\n";
        let all = parse_net_dev(content);
        let eth0 = all.get("eth0").unwrap();
        assert_eq!(
            (eth0.rx_bytes, eth0.rx_drops, eth0.tx_bytes, eth0.tx_drops),
            (100, 3, 200, 6)
        );
        assert_eq!(all.len(), 2);
    }

    #[test]
    fn disks_have_names() {
        let names = disk_names("   8       0 sda 1 2 3\n 254 1 vda1 0\n");
        assert_eq!(names.get("254:1").unwrap(), "vda1");
    }
}
