//! The figures that are asked for, and the numbers a server has for them.

use virt_core::stats::{StatsGroup, StatsGroups};

use crate::vim::{PerfCounterInfo, PerfMetricId};

/// A figure that servers measure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Figure {
    CpuUsage,
    CpuUsed,
    CpuReady,
    MemoryConsumed,
    MemoryActive,
    MemoryGranted,
    MemoryBallooned,
    DiskRead,
    DiskWritten,
    DiskReads,
    DiskWrites,
    DiskReadLatency,
    DiskWriteLatency,
    NetReceived,
    NetSent,
    NetPacketsReceived,
    NetPacketsSent,
    NetDroppedReceived,
    NetDroppedSent,
}

/// Of the machine as a whole, and of each of its devices.
const WHOLE: &str = "";
const EACH: &str = "*";

/// A figure: for which group of statistics, how servers call it, and of what it is asked.
const FIGURES: &[(Figure, StatsGroup, &str, &str)] = &[
    (Figure::CpuUsage, StatsGroup::Cpu, "cpu.usage.average", WHOLE),
    (Figure::CpuUsed, StatsGroup::Cpu, "cpu.used.summation", WHOLE),
    (Figure::CpuReady, StatsGroup::Cpu, "cpu.ready.summation", WHOLE),
    (Figure::CpuUsed, StatsGroup::Vcpu, "cpu.used.summation", EACH),
    (Figure::CpuReady, StatsGroup::Vcpu, "cpu.ready.summation", EACH),
    (
        Figure::MemoryConsumed,
        StatsGroup::Balloon,
        "mem.consumed.average",
        WHOLE,
    ),
    (
        Figure::MemoryActive,
        StatsGroup::Balloon,
        "mem.active.average",
        WHOLE,
    ),
    (
        Figure::MemoryGranted,
        StatsGroup::Balloon,
        "mem.granted.average",
        WHOLE,
    ),
    (
        Figure::MemoryBallooned,
        StatsGroup::Balloon,
        "mem.vmmemctl.average",
        WHOLE,
    ),
    (
        Figure::DiskRead,
        StatsGroup::Block,
        "virtualDisk.read.average",
        EACH,
    ),
    (
        Figure::DiskWritten,
        StatsGroup::Block,
        "virtualDisk.write.average",
        EACH,
    ),
    (
        Figure::DiskReads,
        StatsGroup::Block,
        "virtualDisk.numberReadAveraged.average",
        EACH,
    ),
    (
        Figure::DiskWrites,
        StatsGroup::Block,
        "virtualDisk.numberWriteAveraged.average",
        EACH,
    ),
    (
        Figure::DiskReadLatency,
        StatsGroup::Block,
        "virtualDisk.totalReadLatency.average",
        EACH,
    ),
    (
        Figure::DiskWriteLatency,
        StatsGroup::Block,
        "virtualDisk.totalWriteLatency.average",
        EACH,
    ),
    (
        Figure::NetReceived,
        StatsGroup::Interface,
        "net.received.average",
        EACH,
    ),
    (
        Figure::NetSent,
        StatsGroup::Interface,
        "net.transmitted.average",
        EACH,
    ),
    (
        Figure::NetPacketsReceived,
        StatsGroup::Interface,
        "net.packetsRx.summation",
        EACH,
    ),
    (
        Figure::NetPacketsSent,
        StatsGroup::Interface,
        "net.packetsTx.summation",
        EACH,
    ),
    (
        Figure::NetDroppedReceived,
        StatsGroup::Interface,
        "net.droppedRx.summation",
        EACH,
    ),
    (
        Figure::NetDroppedSent,
        StatsGroup::Interface,
        "net.droppedTx.summation",
        EACH,
    ),
];

/// The numbers that a server has for the figures: others on each, and not on all for all of them.
#[derive(Debug, Default)]
pub(super) struct Counters {
    /// A figure's name, its number.
    known: Vec<(&'static str, i32)>,
}

impl Counters {
    pub(super) fn of(infos: &[PerfCounterInfo]) -> Self {
        let mut known: Vec<(&'static str, i32)> = Vec::new();
        for info in infos {
            let name = format!(
                "{}.{}.{}",
                info.group_info.key, info.name_info.key, info.rollup_type
            );
            let figure = FIGURES.iter().find(|(_, _, one, _)| *one == name);
            if let Some((_, _, name, _)) = figure {
                known.push((name, info.key));
            }
        }
        Self { known }
    }

    /// What is to be asked for these groups.
    pub(super) fn wanted(&self, groups: StatsGroups) -> Vec<PerfMetricId> {
        let wanted = FIGURES.iter().filter(|(_, group, ..)| groups.has(*group));
        wanted
            .filter_map(|(_, _, name, of)| {
                let (_, number) = self.known.iter().find(|(known, _)| known == name)?;
                Some(PerfMetricId {
                    counter_id: *number,
                    instance: (*of).to_owned(),
                })
            })
            .collect()
    }

    /// How busy a processor of a host is.
    pub(super) fn processor(&self, number: u32) -> Option<PerfMetricId> {
        let (_, _, name, _) = FIGURES.iter().find(|(figure, ..)| *figure == Figure::CpuUsage)?;
        let (_, counter) = self.known.iter().find(|(known, _)| known == name)?;
        Some(PerfMetricId {
            counter_id: *counter,
            instance: number.to_string(),
        })
    }

    /// The figure that has this number.
    pub(super) fn figure(&self, number: i32) -> Option<Figure> {
        let (name, _) = self.known.iter().find(|(_, known)| *known == number)?;
        let (figure, ..) = FIGURES.iter().find(|(_, _, one, _)| one == name)?;
        Some(*figure)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vim::PerfSummaryType;

    #[test]
    fn figures_are_known_by_their_names_and_what_a_server_lacks_is_not_asked_for() {
        let info = |key: i32, group: &str, name: &str, rollup: PerfSummaryType| {
            let mut info = PerfCounterInfo {
                key,
                rollup_type: rollup,
                ..PerfCounterInfo::default()
            };
            info.group_info.key = group.to_owned();
            info.name_info.key = name.to_owned();
            info
        };
        let infos = [
            info(1, "cpu", "usage", PerfSummaryType::Minimum),
            info(2, "cpu", "usage", PerfSummaryType::Average),
            info(6, "cpu", "used", PerfSummaryType::Summation),
        ];
        let counters = Counters::of(&infos);
        assert_eq!(
            (counters.figure(2), counters.figure(1)),
            (Some(Figure::CpuUsage), None)
        );
        let wanted = counters.wanted(StatsGroup::Cpu.into());
        let numbers: Vec<i32> = wanted.iter().map(|metric| metric.counter_id).collect();
        assert_eq!(numbers, [2, 6]);
        let of_vcpus = counters.wanted(StatsGroup::Vcpu.into());
        assert_eq!(
            of_vcpus.first().map(|metric| metric.instance.as_str()),
            Some(EACH)
        );
        assert_eq!(counters.wanted(StatsGroups::none()), []);
    }
}
