//! What handles take of a program's memory.

use super::{Sides, calls};
use crate::failure::{Outcome, failed};
use crate::figure::{self, Bar, Samples};
use std::path::Path;

const HANDLES: usize = 1_000;
const ROUNDS: usize = 5;

/// What listing and keeping a thousand handles adds to a program that has done no more than connect: each round has a
/// process of its own, in which nothing is left to be used again.
pub(super) fn measure(sides: &mut Sides, program: &Path, directory: &Path) -> Outcome {
    calls::define(sides, directory, HANDLES)?;
    let mut growths = [Samples::default(), Samples::default()];
    let [ours, libvirts] = sides.uris.clone();
    for _ in 0..ROUNDS {
        let fresh = Sides::start(program, &ours, &libvirts)?;
        for (mut peer, growth) in [fresh.ours, fresh.libvirt].into_iter().zip(&mut growths) {
            let before = peer.resident_mib()?;
            let count = peer.ask("hold")?.count;
            if count != HANDLES {
                return failed(format!("{count} domains are listed, {HANDLES} are defined"));
            }
            growth.add(peer.resident_mib()? - before);
        }
    }
    let [ours, libvirts] = growths;
    figure::print("rpc.handles_1000_mib", "MiB", Bar::AtMost(5.0), &ours);
    figure::print("rpc.handles_1000_c_mib", "MiB", Bar::Open, &libvirts);
    Ok(())
}
