//! Shares and weights: cgroup v1 and v2 count them differently.

/// `cpu.weight` of v2 for `cpu.shares` of v1: 2..=262144 to 1..=10000, as runc and systemd convert them.
pub(super) fn cpu_weight(shares: u64) -> u64 {
    let shares = shares.clamp(2, 262_144);
    1 + ((shares - 2) * 9999) / 262_142
}

/// `cpu.shares` for `cpu.weight`: the smallest that gives this weight.
pub(super) fn cpu_shares(weight: u64) -> u64 {
    let weight = weight.clamp(1, 10_000);
    2 + ((weight - 1) * 262_142).div_ceil(9999)
}

/// `io.weight` of v2 for `blkio.weight` of v1: 10..=1000 to 1..=10000, as runc converts them.
pub(super) fn io_weight(weight: u32) -> u32 {
    let weight = weight.clamp(10, 1000);
    1 + ((weight - 10) * 9999) / 990
}

/// `blkio.weight` for `io.weight`, where there is one that gives it.
pub(super) fn blkio_weight(weight: u32) -> Option<u32> {
    let near = 10 + (weight.clamp(1, 10_000) - 1) * 990 / 9999;
    (near..=near + 1).find(|one| (10..=1000).contains(one) && io_weight(*one) == weight)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ends_meet_ends() {
        assert_eq!(
            (cpu_weight(2), cpu_weight(1024), cpu_weight(262_144)),
            (1, 39, 10_000)
        );
        assert_eq!((io_weight(10), io_weight(1000)), (1, 10_000));
    }

    #[test]
    fn weights_come_back() {
        for weight in 1..=10_000 {
            assert_eq!(cpu_weight(cpu_shares(weight)), weight);
        }
        for weight in 10..=1000 {
            assert_eq!(blkio_weight(io_weight(weight)), Some(weight));
        }
        assert_eq!(blkio_weight(2), None);
    }
}
