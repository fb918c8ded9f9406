//! One container, started and destroyed again and again: the SDK, liblxc's tools and libvirt in turn; then programs run in
//! one.

use super::bench::Bench;
use super::{Sides, native};
use crate::failure::Outcome;
use crate::figure::{self, Bar, Samples};
use crate::qemu::milliseconds;
use std::time::Duration;
use virt_testkit::live::lxc::Native;

/// Rounds that count; two more come before, to warm up.
const ROUNDS: usize = 25;
const WARM_UP: usize = 2;
/// Between a container's end and the next one's start, and between its start and its end.
const PAUSE: Duration = Duration::from_millis(250);
/// Programs run, after the first.
const PROGRAMS: usize = 50;
const PROGRAM: &str = "/bin/true";
const NAME: &str = "bench-one";
const LIBVIRTS: &str = "bench-one-libvirt";

/// Measures starting, destroying, and running a program.
pub(super) fn measure(bench: &Bench, sides: &mut Sides) -> Outcome {
    sides
        .ours
        .ask(&format!("define {}", bench.document(NAME)?.display()))?;
    sides
        .libvirt
        .ask(&format!("define {}", bench.document(LIBVIRTS)?.display()))?;
    let copy = native::copy_of(bench, NAME)?;
    let by_hand = native::by_hand(bench, "bench-by-hand")?;
    figure::remark(&format!("start and destroy: {ROUNDS} rounds"));
    let mut rounds = Vec::new();
    for round in 0..ROUNDS + WARM_UP {
        let measured = measure_round(bench, sides, (&copy, &by_hand), round)?;
        if round >= WARM_UP {
            rounds.push(measured);
        }
    }
    sides.libvirt.ask(&format!("undefine {LIBVIRTS}"))?;
    report(&rounds);
    programs(bench, sides)?;
    sides.ours.ask(&format!("undefine {NAME}"))?;
    Ok(())
}

/// What one round took, in milliseconds.
#[derive(Debug, Default)]
struct Round {
    start: f64,
    start_native: f64,
    start_by_hand: f64,
    start_libvirt: f64,
    destroy: f64,
    destroy_native: f64,
    destroy_libvirt: f64,
}

/// Whose turn it is.
#[derive(Debug, Clone, Copy)]
enum Side {
    Ours,
    Native,
    ByHand,
    Libvirt,
}

/// All sides, each of them first in its turn.
fn order(round: usize) -> impl Iterator<Item = Side> {
    let sides = [Side::Ours, Side::Native, Side::ByHand, Side::Libvirt];
    let count = sides.len();
    (0..count).filter_map(move |index| sides.get((index + round) % count).copied())
}

/// The kernel takes a network apart long after its container has ended, and what is started meanwhile waits for it: whoever
/// comes next begins when nothing of the one before is left to be done.
fn pause(bench: &Bench) -> Outcome {
    bench.settle()?;
    std::thread::sleep(PAUSE);
    Ok(())
}

fn measure_round(
    bench: &Bench,
    sides: &mut Sides,
    (copy, by_hand): (&Native, &Native),
    number: usize,
) -> Outcome<Round> {
    let mut round = Round::default();
    for side in order(number) {
        pause(bench)?;
        match side {
            Side::Ours => {
                round.start = milliseconds(sides.ours.ask(&format!("start {NAME}"))?.took);
                std::thread::sleep(PAUSE);
                round.destroy = milliseconds(sides.ours.ask(&format!("destroy {NAME}"))?.took);
            }
            Side::Native => {
                round.start_native = milliseconds(native::start(copy)?);
                std::thread::sleep(PAUSE);
                round.destroy_native = milliseconds(native::kill(copy)?);
            }
            Side::ByHand => {
                round.start_by_hand = milliseconds(native::start(by_hand)?);
                std::thread::sleep(PAUSE);
                native::kill(by_hand)?;
            }
            Side::Libvirt => {
                round.start_libvirt = milliseconds(sides.libvirt.ask(&format!("start {LIBVIRTS}"))?.took);
                std::thread::sleep(PAUSE);
                round.destroy_libvirt = milliseconds(sides.libvirt.ask(&format!("destroy {LIBVIRTS}"))?.took);
            }
        }
    }
    Ok(round)
}

fn report(rounds: &[Round]) {
    let each = |value: fn(&Round) -> f64| -> Samples { rounds.iter().map(value).collect() };
    let time = |name: &str, value: fn(&Round) -> f64| figure::print(name, "ms", Bar::Open, &each(value));
    time("lxc.start_ms", |round| round.start);
    time("lxc.start_lxc_start_ms", |round| round.start_native);
    time("lxc.start_by_hand_ms", |round| round.start_by_hand);
    time("lxc.start_libvirt_ms", |round| round.start_libvirt);
    time("lxc.destroy_ms", |round| round.destroy);
    time("lxc.destroy_lxc_stop_ms", |round| round.destroy_native);
    time("lxc.destroy_libvirt_ms", |round| round.destroy_libvirt);
    let start = each(|round| round.start / round.start_native);
    figure::print("lxc.start_over_lxc_start", "ratio", Bar::AtMost(1.3), &start);
    let libvirt = each(|round| round.start_libvirt / round.start);
    figure::print(
        "lxc.start_libvirt_over_ours",
        "ratio",
        Bar::AtLeast(3.0),
        &libvirt,
    );
    let destroy = each(|round| round.destroy / round.destroy_native);
    figure::print("lxc.destroy_over_lxc_stop", "ratio", Bar::AtMost(1.2), &destroy);
}

/// Runs a program in one running container, by the SDK and by `lxc-attach` in turn.
fn programs(bench: &Bench, sides: &mut Sides) -> Outcome {
    figure::remark(&format!("running {PROGRAM}: {PROGRAMS} times"));
    sides.ours.ask(&format!("start {NAME}"))?;
    let running = Native::at(&bench.root(), NAME);
    let (mut ours, mut attach, mut ratios) = (Samples::default(), Samples::default(), Samples::default());
    for round in 0..=PROGRAMS {
        let (our, native);
        if round % 2 == 0 {
            our = milliseconds(sides.ours.ask(&format!("exec {NAME} {PROGRAM}"))?.took);
            native = milliseconds(native::attach(&running, PROGRAM)?);
        } else {
            native = milliseconds(native::attach(&running, PROGRAM)?);
            our = milliseconds(sides.ours.ask(&format!("exec {NAME} {PROGRAM}"))?.took);
        }
        if round > 0 {
            ours.add(our);
            attach.add(native);
            ratios.add(our / native);
        }
    }
    sides.ours.ask(&format!("destroy {NAME}"))?;
    figure::print("lxc.exec_ms", "ms", Bar::Open, &ours);
    figure::print("lxc.exec_lxc_attach_ms", "ms", Bar::Open, &attach);
    figure::print("lxc.exec_over_lxc_attach", "ratio", Bar::AtMost(1.1), &ratios);
    Ok(())
}
