//! Statistics of domains.

mod groups;

use std::time::Duration;

pub use groups::{StatsGroup, StatsGroups};

use crate::domain::{DomainRef, DomainState, StateReason};
use crate::error::Error;
use crate::params::Params;

/// The statistics of one domain.
#[derive(Debug)]
#[non_exhaustive]
pub struct DomainStatsRow {
    /// Which domain.
    pub domain: DomainRef,
    /// What was read.
    pub stats: DomainStats,
    /// Why some of it is missing: the guest did not answer in time, or answered with an error.
    pub error: Option<Error>,
}

impl DomainStatsRow {
    /// A complete row.
    #[must_use]
    pub fn new(domain: DomainRef, stats: DomainStats) -> Self {
        Self {
            domain,
            stats,
            error: None,
        }
    }

    /// The same row, some of it missing for this reason.
    #[must_use]
    pub fn with_error(mut self, error: Error) -> Self {
        self.error = Some(error);
        self
    }
}

/// What was read of a domain: what was not asked for, or can't be had, is `None` or empty.
#[derive(Debug, Clone, Default, PartialEq)]
#[non_exhaustive]
pub struct DomainStats {
    /// State and reason (`VIR_DOMAIN_STATS_STATE`).
    pub state: Option<(DomainState, StateReason)>,
    /// CPU time of the whole machine (`VIR_DOMAIN_STATS_CPU_TOTAL`).
    pub cpu: Option<CpuStats>,
    /// Memory (`VIR_DOMAIN_STATS_BALLOON`).
    pub balloon: Option<BalloonStats>,
    /// vCPUs (`VIR_DOMAIN_STATS_VCPU`).
    pub vcpus: Vec<VcpuStats>,
    /// Disks (`VIR_DOMAIN_STATS_BLOCK`).
    pub block: Vec<BlockStats>,
    /// Network interfaces (`VIR_DOMAIN_STATS_INTERFACE`).
    pub interfaces: Vec<InterfaceStats>,
    /// What a daemon tells of these groups that has no field here, by libvirt's names (`block.0.threshold`).
    pub rest: Params,
}

/// CPU time of a machine, hypervisor's own work included.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct CpuStats {
    /// Time used since its start.
    pub time: Duration,
    /// Of it, in user mode, where known.
    pub user: Option<Duration>,
    /// Of it, in the kernel, where known.
    pub system: Option<Duration>,
}

/// Memory of a machine, in bytes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct BalloonStats {
    /// What the guest has now.
    pub current: u64,
    /// The most it can have.
    pub maximum: u64,
    /// What the hypervisor's process holds resident on the host.
    pub rss: Option<u64>,
    /// What the guest reports as unused.
    pub unused: Option<u64>,
    /// What the guest reports it could use without swapping.
    pub available: Option<u64>,
    /// What the guest reports as usable all in all.
    pub usable: Option<u64>,
    /// Swapped in since its start.
    pub swap_in: Option<u64>,
    /// Swapped out since its start.
    pub swap_out: Option<u64>,
    /// Page faults that needed a read.
    pub major_faults: Option<u64>,
    /// Page faults that did not.
    pub minor_faults: Option<u64>,
    /// What the guest holds as disk caches.
    pub disk_caches: Option<u64>,
    /// When the guest last reported, in seconds since 1970.
    pub last_update: Option<u64>,
}

/// One vCPU.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct VcpuStats {
    /// Its number.
    pub index: u32,
    /// Whether it is halted, where known.
    pub halted: Option<bool>,
    /// Time it ran on the host.
    pub time: Option<Duration>,
    /// Time it waited for a host CPU.
    pub wait: Option<Duration>,
}

impl VcpuStats {
    /// A vCPU of which nothing is known yet.
    #[must_use]
    pub fn new(index: u32) -> Self {
        Self {
            index,
            halted: None,
            time: None,
            wait: None,
        }
    }
}

/// One disk; counts since the guest's start.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct BlockStats {
    /// Its target: `vda`.
    pub target: String,
    /// Its image on the host, where it is a file or a block device.
    pub path: Option<String>,
    /// Reads.
    pub read_requests: u64,
    /// Bytes read.
    pub read_bytes: u64,
    /// Time spent reading.
    pub read_time: Duration,
    /// Writes.
    pub write_requests: u64,
    /// Bytes written.
    pub write_bytes: u64,
    /// Time spent writing.
    pub write_time: Duration,
    /// Flushes.
    pub flush_requests: u64,
    /// Time spent flushing.
    pub flush_time: Duration,
    /// Highest offset written, in bytes.
    pub allocation: Option<u64>,
    /// The disk's size, in bytes.
    pub capacity: Option<u64>,
    /// What the image takes on the host, in bytes.
    pub physical: Option<u64>,
    /// Whether the hypervisor does not count (ESX, which tells rates instead): all counts and times here are 0 then, and
    /// say nothing.
    pub uncounted: bool,
}

/// One network interface; counts from the guest's point of view.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct InterfaceStats {
    /// Its alias, or the host's device where it has one.
    pub name: String,
    /// Its MAC address.
    pub mac: Option<String>,
    /// What was received and sent; `None` where the back end does not count (user-mode networking).
    pub traffic: Option<Traffic>,
}

/// What passed a network interface since the guest's start.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Traffic {
    /// Bytes received.
    pub rx_bytes: u64,
    /// Packets received.
    pub rx_packets: u64,
    /// Receive errors.
    pub rx_errors: u64,
    /// Packets dropped on receiving.
    pub rx_drops: u64,
    /// Bytes sent.
    pub tx_bytes: u64,
    /// Packets sent.
    pub tx_packets: u64,
    /// Send errors.
    pub tx_errors: u64,
    /// Packets dropped on sending.
    pub tx_drops: u64,
}
