//! How many round trips an operation waits for: what it takes longer on a line with a delay, by that delay.

use crate::failure::{Outcome, failed};
use crate::figure::{self, Bar, Samples};
use crate::peer::Peer;
use crate::qemu::{Bench, milliseconds};
use crate::sdk_peer;
use std::process::Command;
use std::time::Duration;
use tokio::runtime::Runtime;
use virt_testkit::live::far::FarMachine;

/// The delay each way, and what a round trip takes with it.
const EACH_WAY: Duration = Duration::from_millis(10);
const ROUND_TRIP_MS: f64 = 20.0;
const ROUNDS: usize = 11;
const DEFINED: usize = 200;
const RUNNING: usize = 50;

/// Measures a start, a list of 200, and the statistics of 50.
pub(super) fn measure(runtime: &Runtime, far: &FarMachine, bench: &Bench) -> Outcome {
    let _inside = runtime.enter();
    far.line.set_delay(Duration::ZERO);
    let root = bench.directory().join("far-root");
    let mut peer = Peer::start(
        "the SDK",
        Command::new(std::env::current_exe()?)
            .arg(sdk_peer::COMMAND)
            .arg(far.uri(&root)),
    )?;
    figure::remark(&format!("defining {DEFINED} domains over SSH"));
    let mut names = Vec::new();
    for number in 0..DEFINED {
        let name = format!("far-{number:03}");
        peer.ask(&format!("define {}", bench.document(&name)?.display()))?;
        names.push(name);
    }
    let Some(first) = names.first().cloned() else {
        return failed("no domain was defined");
    };
    let starts = trips(
        far,
        &mut peer,
        &format!("start_paused {first}"),
        Some(&format!("destroy {first}")),
    )?;
    figure::print("ssh.start_roundtrips", "round trips", Bar::AtMost(12.0), &starts);
    let lists = trips(far, &mut peer, "list", None)?;
    figure::print("ssh.list_200_roundtrips", "round trips", Bar::AtMost(3.0), &lists);
    names.truncate(RUNNING);
    let names = names.join(" ");
    figure::remark(&format!("starting {RUNNING} guests over SSH"));
    peer.ask(&format!("start_many 8 {names}"))?;
    let statistics = trips(far, &mut peer, "stats", None)?;
    figure::print(
        "ssh.stats_50_roundtrips",
        "round trips",
        Bar::AtMost(3.0),
        &statistics,
    );
    peer.ask(&format!("destroy_many 8 {names}"))?;
    Ok(())
}

/// Carries `command` out near and far in turn, and `after` it what takes it back.
fn trips(far: &FarMachine, peer: &mut Peer, command: &str, after: Option<&str>) -> Outcome<Samples> {
    let mut samples = Samples::default();
    for _ in 0..ROUNDS {
        let mut took = [0.0; 2];
        for (delay, took) in [Duration::ZERO, EACH_WAY].into_iter().zip(&mut took) {
            far.line.set_delay(delay);
            *took = milliseconds(peer.ask(command)?.took);
            far.line.set_delay(Duration::ZERO);
            if let Some(after) = after {
                peer.ask(after)?;
            }
        }
        let [near, distant] = took;
        samples.add(((distant - near) / ROUND_TRIP_MS).max(0.0));
    }
    Ok(samples)
}
