//! The core's row of a machine.
//!
//! | rest of the row | unit | group |
//! | --- | --- | --- |
//! | `esx.interval` | seconds that rates are means of | all that are measured |
//! | `esx.cpu.usage`, `.demand` | MHz | CPU |
//! | `esx.cpu.percent` | of what its vCPUs can use | CPU |
//! | `esx.cpu.used`, `.ready` | nanoseconds in the interval | CPU |
//! | `esx.vcpu.N.used`, `.ready` | nanoseconds in the interval | vCPUs |
//! | `esx.memory.active`, `.granted`, `.ballooned`, `.shared`, `.swapped`, `.compressed`, `.overhead` | bytes | memory |
//! | `esx.block.N.rd.rate`, `.wr.rate` | bytes per second | disks |
//! | `esx.block.N.rd.reqs`, `.wr.reqs` | requests per second | disks |
//! | `esx.block.N.rd.latency`, `.wr.latency` | nanoseconds per request | disks |
//! | `esx.net.N.rx.rate`, `.tx.rate` | bytes per second | interfaces |
//! | `esx.net.N.rx.pkts`, `.tx.pkts`, `.rx.drop`, `.tx.drop` | packets in the interval | interfaces |

use std::time::Duration;

use virt_core::model::ByteSize;
use virt_core::params::{ParamValue, Params};
use virt_core::stats::{
    BalloonStats, BlockStats, DomainStats, DomainStatsRow, InterfaceStats, StatsGroup, StatsGroups, VcpuStats,
};

use super::Asked;
use crate::extension::{CpuUsage, DiskUsage, InterfaceUsage, MemoryUsage};

impl Asked {
    pub(super) fn row(self, groups: StatsGroups) -> DomainStatsRow {
        let mut stats = DomainStats::default();
        let info = &self.listed.info;
        if groups.has(StatsGroup::State) {
            stats.state = Some((info.state, info.reason));
        }
        if !self.listed.machine.is_active() {
            return DomainStatsRow::new(self.listed.info.domain, stats);
        }
        let usage = self.usage();
        let mut rest = Rest(Params::new());
        if let Some(interval) = usage.interval {
            rest.put("esx.interval", Some(interval.as_secs()));
        }
        if groups.has(StatsGroup::Cpu) {
            rest.cpu(&usage.cpu);
        }
        if groups.has(StatsGroup::Balloon) {
            stats.balloon = Some(balloon(&usage.memory));
            rest.memory(&usage.memory);
        }
        if groups.has(StatsGroup::Vcpu) {
            // How long each has run since the start nobody counts.
            stats.vcpus = usage
                .cpu
                .vcpus
                .iter()
                .map(|vcpu| VcpuStats::new(vcpu.index))
                .collect();
            rest.vcpus(&usage.cpu);
        }
        if groups.has(StatsGroup::Block) {
            stats.block = usage.disks.iter().map(block).collect();
            usage
                .disks
                .iter()
                .enumerate()
                .for_each(|(index, disk)| rest.disk(index, disk));
        }
        if groups.has(StatsGroup::Interface) {
            stats.interfaces = usage.interfaces.iter().map(interface).collect();
            let interfaces = usage.interfaces.iter().enumerate();
            interfaces.for_each(|(index, interface)| rest.interface(index, interface));
        }
        stats.rest = rest.0;
        let row = DomainStatsRow::new(usage.domain, stats);
        match usage.error {
            Some(error) => row.with_error(error),
            None => row,
        }
    }
}

/// What a balloon has taken the guest does not have; what the host holds for it is what it consumes.
fn balloon(memory: &MemoryUsage) -> BalloonStats {
    let mut balloon = BalloonStats::default();
    balloon.maximum = memory.configured.as_bytes();
    let taken = memory.ballooned.unwrap_or(ByteSize::ZERO).as_bytes();
    balloon.current = balloon.maximum.saturating_sub(taken);
    balloon.rss = memory.consumed.map(ByteSize::as_bytes);
    balloon
}

fn block(disk: &DiskUsage) -> BlockStats {
    let mut block = BlockStats::default();
    block.target.clone_from(&disk.target);
    block.path.clone_from(&disk.path);
    block.capacity = disk.capacity.map(ByteSize::as_bytes);
    block.physical = disk.physical.map(ByteSize::as_bytes);
    block.uncounted = true;
    block
}

fn interface(interface: &InterfaceUsage) -> InterfaceStats {
    let mut found = InterfaceStats::default();
    found.name.clone_from(&interface.name);
    found.mac.clone_from(&interface.mac);
    found
}

/// What has no field in a row.
struct Rest(Params);

impl Rest {
    fn put(&mut self, name: impl Into<String>, value: Option<u64>) {
        if let Some(value) = value {
            self.0.push(name, ParamValue::ULong(value));
        }
    }

    fn time(&mut self, name: impl Into<String>, time: Option<Duration>) {
        self.put(name, time.and_then(|time| u64::try_from(time.as_nanos()).ok()));
    }

    fn cpu(&mut self, cpu: &CpuUsage) {
        self.put("esx.cpu.usage", cpu.mhz);
        self.put("esx.cpu.demand", cpu.demand_mhz);
        if let Some(percent) = cpu.percent {
            self.0.push("esx.cpu.percent", ParamValue::Double(percent));
        }
        self.time("esx.cpu.used", cpu.used);
        self.time("esx.cpu.ready", cpu.ready);
    }

    fn vcpus(&mut self, cpu: &CpuUsage) {
        for vcpu in &cpu.vcpus {
            self.time(format!("esx.vcpu.{}.used", vcpu.index), vcpu.used);
            self.time(format!("esx.vcpu.{}.ready", vcpu.index), vcpu.ready);
        }
    }

    fn memory(&mut self, memory: &MemoryUsage) {
        for (name, size) in [
            ("active", memory.active),
            ("granted", memory.granted),
            ("ballooned", memory.ballooned),
            ("shared", memory.shared),
            ("swapped", memory.swapped),
            ("compressed", memory.compressed),
            ("overhead", memory.overhead),
        ] {
            self.put(format!("esx.memory.{name}"), size.map(ByteSize::as_bytes));
        }
    }

    fn disk(&mut self, index: usize, disk: &DiskUsage) {
        let name = |what: &str| format!("esx.block.{index}.{what}");
        self.put(name("rd.rate"), disk.read_rate);
        self.put(name("wr.rate"), disk.write_rate);
        self.put(name("rd.reqs"), disk.reads);
        self.put(name("wr.reqs"), disk.writes);
        self.time(name("rd.latency"), disk.read_latency);
        self.time(name("wr.latency"), disk.write_latency);
    }

    fn interface(&mut self, index: usize, interface: &InterfaceUsage) {
        let name = |what: &str| format!("esx.net.{index}.{what}");
        self.put(name("rx.rate"), interface.rx_rate);
        self.put(name("tx.rate"), interface.tx_rate);
        self.put(name("rx.pkts"), interface.rx_packets);
        self.put(name("tx.pkts"), interface.tx_packets);
        self.put(name("rx.drop"), interface.rx_dropped);
        self.put(name("tx.drop"), interface.tx_dropped);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_balloon_holds_the_guest_has_not() {
        let memory = MemoryUsage {
            configured: ByteSize::mib(512),
            ballooned: Some(ByteSize::mib(128)),
            consumed: Some(ByteSize::mib(400)),
            ..MemoryUsage::default()
        };
        let balloon = balloon(&memory);
        assert_eq!(balloon.current, ByteSize::mib(384).as_bytes());
        assert_eq!(balloon.maximum, ByteSize::mib(512).as_bytes());
        assert_eq!(balloon.rss, Some(ByteSize::mib(400).as_bytes()));
        assert_eq!(
            (balloon.unused, balloon.available, balloon.swap_in),
            (None, None, None)
        );
    }

    #[test]
    fn rates_are_told_as_rates_and_never_as_counts() {
        let disk = DiskUsage {
            target: "sda".to_owned(),
            read_rate: Some(2048),
            read_latency: Some(Duration::from_millis(3)),
            ..DiskUsage::default()
        };
        let row = block(&disk);
        assert!(row.uncounted);
        assert_eq!((row.read_bytes, row.read_requests), (0, 0));
        let mut rest = Rest(Params::new());
        rest.disk(1, &disk);
        assert_eq!(rest.0.get("esx.block.1.rd.rate"), Some(&ParamValue::ULong(2048)));
        assert_eq!(
            rest.0.get("esx.block.1.rd.latency"),
            Some(&ParamValue::ULong(3_000_000))
        );
        assert_eq!(rest.0.get("esx.block.1.wr.rate"), None);
        let usage = InterfaceUsage {
            rx_rate: Some(1),
            ..InterfaceUsage::default()
        };
        assert_eq!(interface(&usage).traffic, None);
    }
}
