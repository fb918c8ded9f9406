//! Events: none is lost, and how soon they are told.

use super::Sides;
use crate::failure::Outcome;
use crate::figure::{self, Bar, Samples};

const EVENTS: usize = 10_000;
const LATENCIES: usize = 2_000;
const ROUNDS: usize = 5;

/// Measures both.
pub(super) fn measure(sides: &mut Sides) -> Outcome {
    figure::remark(&format!("{EVENTS} events on either side"));
    let command = format!("events {EVENTS}");
    for (peer, name, bar) in [
        (&mut sides.ours, "rpc.events_lost_of_10000", Bar::AtMost(0.0)),
        (&mut sides.libvirt, "rpc.events_lost_of_10000_c", Bar::Open),
    ] {
        let lost = EVENTS.saturating_sub(peer.ask(&command)?.count);
        let lost = u32::try_from(lost).map_or(f64::NAN, f64::from);
        figure::print(name, "events", bar, &[lost].into_iter().collect());
    }
    let command = format!("latency {LATENCIES}");
    let (mut ours, mut libvirts, mut ratios) = (Samples::default(), Samples::default(), Samples::default());
    for _ in 0..ROUNDS {
        let mine = sides.ours.ask(&command)?.took.as_secs_f64() * 1e6;
        let theirs = sides.libvirt.ask(&command)?.took.as_secs_f64() * 1e6;
        ours.add(mine);
        libvirts.add(theirs);
        ratios.add(mine / theirs);
    }
    figure::print("rpc.event_latency_us", "us", Bar::Open, &ours);
    figure::print("rpc.event_latency_c_us", "us", Bar::Open, &libvirts);
    figure::print("rpc.event_latency_ours_over_c", "ratio", Bar::Open, &ratios);
    Ok(())
}
