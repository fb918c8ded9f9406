//! A host with 100 running containers.

use super::bench::Bench;
use crate::failure::{Outcome, failed};
use crate::figure::{self, Bar, Samples};
use crate::peer::Peer;
use crate::qemu::milliseconds;

const RUNNING: usize = 100;
/// Rounds of starting and stopping all of them.
const CROWDS: usize = 3;
const STATS: usize = 25;

/// Measures starting all at once, statistics, and memory.
pub(super) fn measure(bench: &Bench, ours: &mut Peer) -> Outcome {
    figure::remark(&format!("defining {RUNNING} domains"));
    let mut names = Vec::new();
    for number in 0..RUNNING {
        let name = format!("many-{number:03}");
        ours.ask(&format!("define {}", bench.document(&name)?.display()))?;
        names.push(name);
    }
    let names = names.join(" ");
    figure::remark(&format!("starting all {RUNNING} at once: {CROWDS} rounds"));
    let (mut starts, mut ends) = (Samples::default(), Samples::default());
    for round in 1..=CROWDS {
        let started = ours.ask(&format!("start_all {RUNNING} {names}"))?;
        starts.add(started.took.as_secs_f64());
        if round == CROWDS {
            statistics(ours)?;
        }
        let ended = ours.ask(&format!("destroy_many {RUNNING} {names}"))?;
        ends.add(ended.took.as_secs_f64());
    }
    figure::print("lxc.start_100_s", "s", Bar::Open, &starts);
    figure::print("lxc.destroy_100_s", "s", Bar::Open, &ends);
    Ok(())
}

fn statistics(ours: &mut Peer) -> Outcome {
    let mut samples = Samples::default();
    for _ in 0..STATS {
        let answer = ours.ask("stats")?;
        if answer.count != RUNNING {
            return failed(format!("rows of statistics: {}", answer.count));
        }
        samples.add(milliseconds(answer.took));
    }
    figure::print("lxc.bulk_stats_100_ms", "ms", Bar::AtMost(20.0), &samples);
    let memory = ours.resident_mib()?;
    figure::print(
        "lxc.manager_rss_mib",
        "MiB",
        Bar::Open,
        &[memory].into_iter().collect(),
    );
    Ok(())
}
