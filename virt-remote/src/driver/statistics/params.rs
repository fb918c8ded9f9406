//! From the daemon's typed parameters to statistics.

use std::time::Duration;

use virt_core::stats::{
    BalloonStats, BlockStats, CpuStats, DomainStats, InterfaceStats, StatsGroup, StatsGroups, Traffic,
    VcpuStats,
};

use super::state_of;
use crate::protocol::xdr::TypedParams;

/// What the parameters tell of these groups.
pub(super) fn stats(params: &TypedParams, groups: StatsGroups) -> DomainStats {
    let mut stats = DomainStats::default();
    if groups.has(StatsGroup::State) {
        let number = |field: &str| i32::try_from(params.i64(field)?).ok();
        let reason = number("state.reason").unwrap_or_default();
        stats.state = number("state.state").map(|state| state_of(state, reason));
    }
    if groups.has(StatsGroup::Cpu) {
        stats.cpu = cpu(params);
    }
    if groups.has(StatsGroup::Balloon) {
        stats.balloon = balloon(params);
    }
    if groups.has(StatsGroup::Vcpu) {
        stats.vcpus = each(params, "vcpu.maximum", vcpu);
    }
    if groups.has(StatsGroup::Block) {
        stats.block = each(params, "block.count", block);
    }
    if groups.has(StatsGroup::Interface) {
        stats.interfaces = each(params, "net.count", interface);
    }
    stats
}

/// Whether the daemon tells less interfaces than there are.
pub(super) fn some_interfaces_are_missing(params: &TypedParams) -> bool {
    let told = each(params, "net.count", interface).len();
    params
        .u64("net.count")
        .is_some_and(|count| count != told.try_into().unwrap_or(u64::MAX))
}

/// Memory, from KiB.
pub(super) fn memory(current: u64, maximum: u64) -> BalloonStats {
    let mut balloon = BalloonStats::default();
    balloon.current = bytes(current);
    balloon.maximum = bytes(maximum);
    balloon
}

/// What there is of each of a numbered kind.
fn each<T>(params: &TypedParams, count: &str, of: fn(&TypedParams, u32) -> Option<T>) -> Vec<T> {
    let count = params.u64(count).unwrap_or_default();
    // Whatever the daemon says: there is no more than one for each parameter.
    let most = u32::try_from(params.len()).unwrap_or(u32::MAX);
    let count = u32::try_from(count).unwrap_or(u32::MAX).min(most);
    (0..count).filter_map(|index| of(params, index)).collect()
}

fn cpu(params: &TypedParams) -> Option<CpuStats> {
    let time = |field: &str| params.u64(field).map(Duration::from_nanos);
    let mut cpu = CpuStats::default();
    cpu.time = time("cpu.time")?;
    cpu.user = time("cpu.user");
    cpu.system = time("cpu.system");
    Some(cpu)
}

/// In KiB, but for counts and times.
fn balloon(params: &TypedParams) -> Option<BalloonStats> {
    let size = |field: &str| params.u64(field).map(bytes);
    let mut balloon = BalloonStats::default();
    balloon.current = size("balloon.current")?;
    balloon.maximum = size("balloon.maximum").unwrap_or(balloon.current);
    balloon.rss = size("balloon.rss");
    balloon.unused = size("balloon.unused");
    // libvirt calls what the guest has all in all "available", and what it could use without swapping "usable".
    balloon.available = size("balloon.usable");
    balloon.usable = size("balloon.available");
    balloon.swap_in = size("balloon.swap_in");
    balloon.swap_out = size("balloon.swap_out");
    balloon.major_faults = params.u64("balloon.major_fault");
    balloon.minor_faults = params.u64("balloon.minor_fault");
    balloon.disk_caches = size("balloon.disk_caches");
    balloon.last_update = params.u64("balloon.last-update");
    Some(balloon)
}

fn bytes(kib: u64) -> u64 {
    kib.saturating_mul(1024)
}

fn vcpu(params: &TypedParams, index: u32) -> Option<VcpuStats> {
    let field = |name: &str| format!("vcpu.{index}.{name}");
    // One that is offline has none.
    params.get(&field("state"))?;
    let time = |name: &str| params.u64(&field(name)).map(Duration::from_nanos);
    let mut vcpu = VcpuStats::new(index);
    vcpu.halted = params.bool(&field("halted"));
    vcpu.time = time("time");
    vcpu.wait = time("wait");
    Some(vcpu)
}

fn block(params: &TypedParams, index: u32) -> Option<BlockStats> {
    let field = |name: &str| format!("block.{index}.{name}");
    let number = |name: &str| params.u64(&field(name));
    let time = |name: &str| Duration::from_nanos(number(name).unwrap_or_default());
    let text = |name: &str| params.string(&field(name)).map(|text| text.text().into_owned());
    let mut block = BlockStats::default();
    block.target = text("name")?;
    block.path = text("path");
    block.read_requests = number("rd.reqs").unwrap_or_default();
    block.read_bytes = number("rd.bytes").unwrap_or_default();
    block.read_time = time("rd.times");
    block.write_requests = number("wr.reqs").unwrap_or_default();
    block.write_bytes = number("wr.bytes").unwrap_or_default();
    block.write_time = time("wr.times");
    block.flush_requests = number("fl.reqs").unwrap_or_default();
    block.flush_time = time("fl.times");
    block.allocation = number("allocation");
    block.capacity = number("capacity");
    block.physical = number("physical");
    Some(block)
}

fn interface(params: &TypedParams, index: u32) -> Option<InterfaceStats> {
    let field = |name: &str| format!("net.{index}.{name}");
    let number = |name: &str| params.u64(&field(name));
    let mut interface = InterfaceStats::default();
    interface.name = params.string(&field("name"))?.text().into_owned();
    let count = |name: &str| number(name).unwrap_or_default();
    if number("rx.bytes").is_some() || number("tx.bytes").is_some() {
        let mut traffic = Traffic::default();
        traffic.rx_bytes = count("rx.bytes");
        traffic.rx_packets = count("rx.pkts");
        traffic.rx_errors = count("rx.errs");
        traffic.rx_drops = count("rx.drop");
        traffic.tx_bytes = count("tx.bytes");
        traffic.tx_packets = count("tx.pkts");
        traffic.tx_errors = count("tx.errs");
        traffic.tx_drops = count("tx.drop");
        interface.traffic = Some(traffic);
    }
    Some(interface)
}

#[cfg(test)]
mod tests {
    use super::*;
    use virt_core::domain::{DomainState, StateReason};

    #[test]
    fn parameters_become_statistics_whatever_their_width() {
        let params = TypedParams::default()
            .with("state.state", 1_i32)
            .with("state.reason", 1_i32)
            .with("cpu.time", 5_000_000_000_u64)
            .with("balloon.current", 1024_u64)
            .with("balloon.maximum", 2048_u64)
            .with("vcpu.maximum", 2_u32)
            .with("vcpu.0.state", 1_i32)
            .with("vcpu.0.time", 7_u64)
            .with("block.count", 1_u32)
            .with("block.0.name", "vda")
            .with("block.0.rd.bytes", 9_u64)
            .with("net.count", u32::MAX)
            .with("net.0.name", "vnet0")
            .with("net.0.rx.bytes", 11_u64);
        let stats = stats(&params, StatsGroups::all());
        assert_eq!(stats.state, Some((DomainState::Running, StateReason::Booted)));
        assert_eq!(stats.cpu.map(|cpu| cpu.time), Some(Duration::from_secs(5)));
        let memory = stats.balloon.map(|balloon| (balloon.current, balloon.maximum));
        assert_eq!(memory, Some((1 << 20, 2 << 20)));
        assert_eq!(stats.vcpus.len(), 1);
        assert_eq!(stats.block.first().map(|block| block.read_bytes), Some(9));
        let received = stats.interfaces.first().and_then(|one| one.traffic);
        assert_eq!(received.map(|traffic| traffic.rx_bytes), Some(11));
        assert!(some_interfaces_are_missing(&params));
    }
}
