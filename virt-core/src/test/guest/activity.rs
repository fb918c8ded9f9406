//! What a guest does with its devices: counters that grow with time and with simulated work.

use std::time::Duration;

use crate::stats::{BalloonStats, BlockStats, CpuStats, InterfaceStats, Traffic, VcpuStats};
use crate::test::document::{DiskProfile, InterfaceProfile, Profile};

/// Work a test lets a guest do: added to what its statistics count. Disks and interfaces count it on the first of each.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Activity {
    /// CPU time used.
    pub cpu_time: Duration,
    /// Bytes read from the first disk.
    pub read_bytes: u64,
    /// Bytes written to the first disk.
    pub write_bytes: u64,
    /// Bytes received by the first interface.
    pub rx_bytes: u64,
    /// Bytes sent by the first interface.
    pub tx_bytes: u64,
}

impl Activity {
    /// So much CPU time.
    #[must_use]
    pub fn cpu(mut self, time: Duration) -> Self {
        self.cpu_time = time;
        self
    }

    /// So many bytes read from and written to the first disk.
    #[must_use]
    pub fn disk(mut self, read: u64, written: u64) -> Self {
        (self.read_bytes, self.write_bytes) = (read, written);
        self
    }

    /// So many bytes received and sent by the first interface.
    #[must_use]
    pub fn network(mut self, received: u64, sent: u64) -> Self {
        (self.rx_bytes, self.tx_bytes) = (received, sent);
        self
    }
}

/// What a guest has counted in its present run.
#[derive(Debug, Default)]
pub(in crate::test) struct Counters {
    worked: Activity,
}

/// A request is as large as this.
const REQUEST: u64 = 4096;
/// An image is as large as this, unless it was resized.
pub(in crate::test) const IMAGE: u64 = 8 << 30;
/// So much of an image is in use.
pub(in crate::test) const IMAGE_IN_USE: u64 = 1 << 30;
/// A packet is as large as this.
const PACKET: u64 = 1500;

impl Counters {
    /// A run begins: everything is at zero.
    pub(in crate::test) fn begin(&mut self) {
        self.worked = Activity::default();
    }

    pub(in crate::test) fn work(&mut self, activity: &Activity) {
        let worked = &mut self.worked;
        worked.cpu_time = worked.cpu_time.saturating_add(activity.cpu_time);
        for (counter, more) in [
            (&mut worked.read_bytes, activity.read_bytes),
            (&mut worked.write_bytes, activity.write_bytes),
            (&mut worked.rx_bytes, activity.rx_bytes),
            (&mut worked.tx_bytes, activity.tx_bytes),
        ] {
            *counter = counter.saturating_add(more);
        }
    }

    /// An idle guest uses a twentieth of a processor.
    pub(in crate::test) fn cpu(&self, running: Duration) -> CpuStats {
        let time = (running / 20).saturating_add(self.worked.cpu_time);
        CpuStats {
            time,
            user: Some(time * 3 / 4),
            system: Some(time / 4),
        }
    }

    pub(in crate::test) fn vcpus(&self, running: Duration, count: u32) -> Vec<VcpuStats> {
        let share = self.cpu(running).time / count.max(1);
        (0..count)
            .map(|index| {
                let mut vcpu = VcpuStats::new(index);
                vcpu.halted = Some(false);
                vcpu.time = Some(share);
                vcpu.wait = Some(share / 100);
                vcpu
            })
            .collect()
    }

    pub(in crate::test) fn balloon(&self, profile: &Profile, current: u64) -> BalloonStats {
        let mut balloon = BalloonStats {
            current,
            maximum: profile.max_memory.as_bytes(),
            rss: Some(current / 2),
            ..BalloonStats::default()
        };
        if profile.has_balloon {
            balloon.available = Some(current / 32 * 31);
            balloon.unused = Some(current / 4 * 3);
            balloon.usable = Some(current / 8 * 7);
            balloon.swap_in = Some(0);
            balloon.swap_out = Some(0);
        }
        balloon
    }

    /// An idle guest reads and writes a block a second.
    pub(in crate::test) fn block(
        &self,
        running: Duration,
        disks: &[DiskProfile],
        capacity: impl Fn(&str) -> u64,
    ) -> Vec<BlockStats> {
        let idle = running.as_secs().saturating_mul(REQUEST);
        disks
            .iter()
            .enumerate()
            .map(|(position, disk)| {
                let (read, written) = if position == 0 {
                    (self.worked.read_bytes, self.worked.write_bytes)
                } else {
                    (0, 0)
                };
                let (read_bytes, write_bytes) = (idle.saturating_add(read), idle.saturating_add(written));
                BlockStats {
                    target: disk.target.clone(),
                    path: disk.path.clone(),
                    read_requests: read_bytes.div_ceil(REQUEST),
                    read_bytes,
                    read_time: Duration::from_nanos(read_bytes),
                    write_requests: write_bytes.div_ceil(REQUEST),
                    write_bytes,
                    write_time: Duration::from_nanos(write_bytes),
                    flush_requests: running.as_secs() / 5,
                    flush_time: Duration::from_millis(running.as_secs() / 5),
                    allocation: Some(IMAGE_IN_USE),
                    capacity: Some(capacity(&disk.target)),
                    physical: Some(IMAGE_IN_USE),
                    uncounted: false,
                }
            })
            .collect()
    }

    /// An idle guest hears and says a packet a second.
    pub(in crate::test) fn interfaces(
        &self,
        running: Duration,
        interfaces: &[InterfaceProfile],
    ) -> Vec<InterfaceStats> {
        let idle = running.as_secs().saturating_mul(PACKET);
        interfaces
            .iter()
            .enumerate()
            .map(|(position, interface)| {
                let (received, sent) = if position == 0 {
                    (self.worked.rx_bytes, self.worked.tx_bytes)
                } else {
                    (0, 0)
                };
                let (rx_bytes, tx_bytes) = (idle.saturating_add(received), idle.saturating_add(sent));
                InterfaceStats {
                    name: interface.alias.clone(),
                    mac: interface.mac.map(|mac| mac.to_string()),
                    traffic: Some(Traffic {
                        rx_bytes,
                        rx_packets: rx_bytes.div_ceil(PACKET),
                        tx_bytes,
                        tx_packets: tx_bytes.div_ceil(PACKET),
                        ..Traffic::default()
                    }),
                }
            })
            .collect()
    }
}
