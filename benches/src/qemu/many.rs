//! A host with 200 domains defined and 50 running.

use super::Sides;
use super::domain::Bench;
use super::one::milliseconds;
use crate::failure::{Outcome, failed};
use crate::figure::{self, Bar, Samples};

const DEFINED: usize = 200;
const RUNNING: usize = 50;
const AT_ONCE: usize = 8;
/// Rounds of starting and stopping all that run.
const CROWDS: usize = 3;
const LISTS: usize = 200;
const STATS: usize = 25;

/// Measures lists, statistics, memory, and starting many at once.
pub(super) fn measure(bench: &Bench, sides: &mut Sides) -> Outcome {
    figure::remark(&format!("defining {DEFINED} domains on both sides"));
    let (mut ours, mut libvirts) = (Vec::new(), Vec::new());
    for number in 0..DEFINED {
        let (name, libvirt) = (format!("many-{number:03}"), format!("many-libvirt-{number:03}"));
        sides
            .ours
            .ask(&format!("define {}", bench.document(&name)?.display()))?;
        sides
            .libvirt
            .ask(&format!("define {}", bench.document(&libvirt)?.display()))?;
        ours.push(name);
        libvirts.push(libvirt);
    }
    ours.truncate(RUNNING);
    libvirts.truncate(RUNNING);
    crowds(sides, &ours.join(" "), &libvirts.join(" "))?;
    lists(sides)?;
    statistics(sides)?;
    let memory = sides.ours.resident_mib()?;
    figure::print(
        "qemu.manager_rss_mib",
        "MiB",
        Bar::AtMost(25.0),
        &[memory].into_iter().collect(),
    );
    sides
        .ours
        .ask(&format!("destroy_many {AT_ONCE} {}", ours.join(" ")))?;
    sides
        .libvirt
        .ask(&format!("destroy_many {AT_ONCE} {}", libvirts.join(" ")))?;
    Ok(())
}

/// Starts all that are to run, several times; the last time they stay.
fn crowds(sides: &mut Sides, ours: &str, libvirts: &str) -> Outcome {
    figure::remark(&format!(
        "starting {RUNNING}, {AT_ONCE} at a time: {CROWDS} rounds"
    ));
    let (mut our, mut their, mut ratios) = (Samples::default(), Samples::default(), Samples::default());
    for round in 1..=CROWDS {
        let mine = milliseconds(sides.ours.ask(&format!("start_many {AT_ONCE} {ours}"))?.took);
        if round < CROWDS {
            sides.ours.ask(&format!("destroy_many {AT_ONCE} {ours}"))?;
        }
        let theirs = milliseconds(
            sides
                .libvirt
                .ask(&format!("start_many {AT_ONCE} {libvirts}"))?
                .took,
        );
        if round < CROWDS {
            sides.libvirt.ask(&format!("destroy_many {AT_ONCE} {libvirts}"))?;
        }
        our.add(mine);
        their.add(theirs);
        ratios.add(theirs / mine);
    }
    figure::print("qemu.start_50_ms", "ms", Bar::Open, &our);
    figure::print("qemu.start_50_libvirt_ms", "ms", Bar::Open, &their);
    figure::print(
        "qemu.start_50_libvirt_over_ours",
        "ratio",
        Bar::AtLeast(2.0),
        &ratios,
    );
    Ok(())
}

fn lists(sides: &mut Sides) -> Outcome {
    let mut samples = Samples::default();
    for _ in 0..LISTS {
        let answer = sides.ours.ask("list")?;
        if answer.count != DEFINED {
            return failed(format!(
                "the SDK lists {} domains, {DEFINED} are defined",
                answer.count
            ));
        }
        samples.add(milliseconds(answer.took));
    }
    figure::print("qemu.list_200_ms", "ms", Bar::AtMost(1.0), &samples);
    Ok(())
}

fn statistics(sides: &mut Sides) -> Outcome {
    let (mut our, mut their, mut ratios) = (Samples::default(), Samples::default(), Samples::default());
    for _ in 0..STATS {
        let mine = sides.ours.ask("stats")?;
        let theirs = sides.libvirt.ask("stats")?;
        if (mine.count, theirs.count) != (RUNNING, RUNNING) {
            return failed(format!(
                "rows of statistics: SDK {}, libvirt {}",
                mine.count, theirs.count
            ));
        }
        our.add(milliseconds(mine.took));
        their.add(milliseconds(theirs.took));
        ratios.add(theirs.took.as_secs_f64() / mine.took.as_secs_f64());
    }
    figure::print("qemu.bulk_stats_50_ms", "ms", Bar::Open, &our);
    figure::print("qemu.bulk_stats_50_libvirt_ms", "ms", Bar::Open, &their);
    figure::print(
        "qemu.bulk_stats_50_libvirt_over_ours",
        "ratio",
        Bar::AtLeast(5.0),
        &ratios,
    );
    Ok(())
}
