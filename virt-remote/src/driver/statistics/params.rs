//! From the daemon's typed parameters to statistics.

use std::time::Duration;

use virt_core::params::Params;
use virt_core::stats::{
    BalloonStats, BlockStats, CpuStats, DomainStats, InterfaceStats, StatsGroup, StatsGroups, Traffic,
    VcpuStats,
};

use super::state_of;
use crate::driver::params::told;
use crate::protocol::xdr::TypedParams;

/// What the parameters tell of these groups; what has no field is kept.
pub(super) fn stats(params: &TypedParams, groups: StatsGroups) -> DomainStats {
    let mut params = told(params);
    let mut stats = DomainStats::default();
    // It comes along whether it is wanted or not.
    let state = number(&mut params, "state.state");
    let reason = number(&mut params, "state.reason").unwrap_or_default();
    if groups.has(StatsGroup::State) {
        stats.state = state.map(|state| state_of(state, reason));
    }
    if groups.has(StatsGroup::Cpu) {
        stats.cpu = cpu(&mut params);
    }
    if groups.has(StatsGroup::Balloon) {
        stats.balloon = balloon(&mut params);
    }
    if groups.has(StatsGroup::Vcpu) {
        stats.vcpus = each(&mut params, "vcpu.maximum", vcpu);
    }
    if groups.has(StatsGroup::Block) {
        stats.block = each(&mut params, "block.count", block);
    }
    if groups.has(StatsGroup::Interface) {
        stats.interfaces = each(&mut params, "net.count", interface);
    }
    stats.rest = params;
    stats
}

/// Memory, from KiB.
pub(super) fn memory(current: u64, maximum: u64) -> BalloonStats {
    let mut balloon = BalloonStats::default();
    balloon.current = bytes(current);
    balloon.maximum = bytes(maximum);
    balloon
}

fn number(params: &mut Params, field: &str) -> Option<i32> {
    let number = i32::try_from(params.get(field)?.as_i64()?).ok()?;
    params.take(field);
    Some(number)
}

/// What there is of each of a numbered kind.
fn each<T>(params: &mut Params, count: &str, of: fn(&mut Params, u32) -> Option<T>) -> Vec<T> {
    // Whatever the daemon says: there is no more than one for each parameter.
    let most = u32::try_from(params.len()).unwrap_or(u32::MAX);
    let count = params.take_u64(count).unwrap_or_default();
    let count = u32::try_from(count).unwrap_or(u32::MAX).min(most);
    (0..count).filter_map(|index| of(params, index)).collect()
}

fn cpu(params: &mut Params) -> Option<CpuStats> {
    let mut time = |field: &str| params.take_u64(field).map(Duration::from_nanos);
    let mut cpu = CpuStats::default();
    cpu.time = time("cpu.time")?;
    cpu.user = time("cpu.user");
    cpu.system = time("cpu.system");
    Some(cpu)
}

/// In KiB, but for counts and times.
fn balloon(params: &mut Params) -> Option<BalloonStats> {
    let mut size = |field: &str| params.take_u64(field).map(bytes);
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
    balloon.disk_caches = size("balloon.disk_caches");
    balloon.major_faults = params.take_u64("balloon.major_fault");
    balloon.minor_faults = params.take_u64("balloon.minor_fault");
    balloon.last_update = params.take_u64("balloon.last-update");
    Some(balloon)
}

fn bytes(kib: u64) -> u64 {
    kib.saturating_mul(1024)
}

fn vcpu(params: &mut Params, index: u32) -> Option<VcpuStats> {
    let field = |name: &str| format!("vcpu.{index}.{name}");
    // One that is offline has none.
    if params.take(&field("state")).is_empty() {
        return None;
    }
    let mut time = |name: &str| params.take_u64(&field(name)).map(Duration::from_nanos);
    let mut vcpu = VcpuStats::new(index);
    vcpu.time = time("time");
    vcpu.wait = time("wait");
    vcpu.halted = params.take_bool(&field("halted"));
    Some(vcpu)
}

fn block(params: &mut Params, index: u32) -> Option<BlockStats> {
    let field = |name: &str| format!("block.{index}.{name}");
    let mut block = BlockStats::default();
    block.target = params.take_text(&field("name"))?;
    block.path = params.take_text(&field("path"));
    let mut number = |name: &str| params.take_u64(&field(name));
    block.read_requests = number("rd.reqs").unwrap_or_default();
    block.read_bytes = number("rd.bytes").unwrap_or_default();
    block.write_requests = number("wr.reqs").unwrap_or_default();
    block.write_bytes = number("wr.bytes").unwrap_or_default();
    block.flush_requests = number("fl.reqs").unwrap_or_default();
    block.allocation = number("allocation");
    block.capacity = number("capacity");
    block.physical = number("physical");
    let mut time = |name: &str| Duration::from_nanos(number(name).unwrap_or_default());
    block.read_time = time("rd.times");
    block.write_time = time("wr.times");
    block.flush_time = time("fl.times");
    Some(block)
}

fn interface(params: &mut Params, index: u32) -> Option<InterfaceStats> {
    let field = |name: &str| format!("net.{index}.{name}");
    let mut interface = InterfaceStats::default();
    interface.name = params.take_text(&field("name"))?;
    let counts = |name: &str| params.get(&field(name)).is_some();
    if counts("rx.bytes") || counts("tx.bytes") {
        let mut count = |name: &str| params.take_u64(&field(name)).unwrap_or_default();
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
            .with("net.0.rx.bytes", 11_u64)
            .with("net.0.of_tomorrow", "kept")
            .with("block.0.threshold", 3_u64)
            .with("vcpu.1.delay", 4_u64);
        let stats = stats(&params, StatsGroups::all());
        assert_eq!(stats.state, Some((DomainState::Running, StateReason::Booted)));
        assert_eq!(stats.cpu.map(|cpu| cpu.time), Some(Duration::from_secs(5)));
        let memory = stats.balloon.map(|balloon| (balloon.current, balloon.maximum));
        assert_eq!(memory, Some((1 << 20, 2 << 20)));
        assert_eq!(stats.vcpus.len(), 1);
        assert_eq!(stats.block.first().map(|block| block.read_bytes), Some(9));
        let received = stats.interfaces.first().and_then(|one| one.traffic);
        assert_eq!(received.map(|traffic| traffic.rx_bytes), Some(11));
        let rest: Vec<&str> = stats.rest.iter().map(|(name, _)| name).collect();
        assert_eq!(rest, ["block.0.threshold", "net.0.of_tomorrow", "vcpu.1.delay"]);
    }
}
