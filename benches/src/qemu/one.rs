//! One guest, started and destroyed again and again: the floor, the SDK and libvirt in turn.

use super::Sides;
use super::domain::Bench;
use super::floor::Floor;
use crate::failure::Outcome;
use crate::figure::{self, Bar, Samples};
use std::time::Duration;

/// Rounds that count; two more come before, to warm up.
const ROUNDS: usize = 25;
const WARM_UP: usize = 2;
const NAME: &str = "bench-one";

/// Measures starting (paused) and destroying.
pub(super) fn measure(bench: &Bench, sides: &mut Sides) -> Outcome {
    let document = bench.document(NAME)?;
    let libvirts = bench.document("bench-one-libvirt")?;
    sides.ours.ask(&format!("define {}", document.display()))?;
    sides.libvirt.ask(&format!("define {}", libvirts.display()))?;
    sides.ours.ask(&format!("start_paused {NAME}"))?;
    let floor = Floor::of_running(NAME, &bench.root())?;
    sides.ours.ask(&format!("destroy {NAME}"))?;
    figure::remark(&format!("start and destroy: {ROUNDS} rounds"));
    let mut rounds = Vec::new();
    for round in 0..ROUNDS + WARM_UP {
        let measured = measure_round(sides, &floor)?;
        if round >= WARM_UP {
            rounds.push(measured);
        }
    }
    sides.ours.ask(&format!("undefine {NAME}"))?;
    sides.libvirt.ask("undefine bench-one-libvirt")?;
    report(&rounds);
    Ok(())
}

/// What one round took, in milliseconds.
struct Round {
    floor: f64,
    start: f64,
    start_libvirt: f64,
    destroy: f64,
    destroy_libvirt: f64,
}

fn measure_round(sides: &mut Sides, floor: &Floor) -> Outcome<Round> {
    Ok(Round {
        floor: milliseconds(floor.measure()?),
        start: milliseconds(sides.ours.ask(&format!("start_paused {NAME}"))?.took),
        destroy: milliseconds(sides.ours.ask(&format!("destroy {NAME}"))?.took),
        start_libvirt: milliseconds(sides.libvirt.ask("start_paused bench-one-libvirt")?.took),
        destroy_libvirt: milliseconds(sides.libvirt.ask("destroy bench-one-libvirt")?.took),
    })
}

fn report(rounds: &[Round]) {
    let each = |value: fn(&Round) -> f64| -> Samples { rounds.iter().map(value).collect() };
    figure::print("qemu.floor_ms", "ms", Bar::Open, &each(|round| round.floor));
    figure::print("qemu.start_ms", "ms", Bar::Open, &each(|round| round.start));
    figure::print(
        "qemu.start_libvirt_ms",
        "ms",
        Bar::Open,
        &each(|round| round.start_libvirt),
    );
    figure::print("qemu.destroy_ms", "ms", Bar::Open, &each(|round| round.destroy));
    figure::print(
        "qemu.destroy_libvirt_ms",
        "ms",
        Bar::Open,
        &each(|round| round.destroy_libvirt),
    );
    let over_floor = each(|round| round.start / round.floor);
    figure::print("qemu.start_over_floor", "ratio", Bar::AtMost(1.15), &over_floor);
    let start = each(|round| round.start_libvirt / round.start);
    figure::print("qemu.start_libvirt_over_ours", "ratio", Bar::AtLeast(5.0), &start);
    let destroy = each(|round| round.destroy_libvirt / round.destroy);
    figure::print(
        "qemu.destroy_libvirt_over_ours",
        "ratio",
        Bar::AtLeast(10.0),
        &destroy,
    );
}

/// A duration in milliseconds.
pub(crate) fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}
