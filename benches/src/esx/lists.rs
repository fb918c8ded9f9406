//! Connecting and listing all machines with their state, uuid, CPUs and memory: whole programs, in turns.

use super::{ours, python};
use crate::failure::{Outcome, failed};
use crate::figure::{self, Bar, Samples};
use std::time::{Duration, Instant};
use virt_testkit::live::vsphere::{Simulator, SimulatorOptions};

const MACHINES: u32 = 1_000;
const TURNS: usize = 11;
const SLOW_MACHINES: u32 = 100;
const SLOW_TURNS: usize = 5;
const DELAY: Duration = Duration::from_millis(10);

pub(super) async fn measure() -> Outcome {
    figure::remark(&format!("starting a simulator with {MACHINES} machines"));
    let options = SimulatorOptions::esx().with_machines(MACHINES);
    let simulator = Simulator::start(options).await?;
    simulator.control().reset_calls().await?;
    let (count, _) = ours::list(&simulator).await?;
    expect(count, MACHINES)?;
    let calls = simulator.calls().await?.total();
    let calls = f64::from(u32::try_from(calls)?);
    figure::print(
        "esx.list_1000_calls",
        "calls",
        Bar::AtMost(8.0),
        &[calls].into_iter().collect(),
    );
    let mut peer = python::Peer::prepare().await;
    if let Err(failure) = &peer {
        figure::remark(&format!("pyvmomi is left out: {failure}"));
    }
    let (mut virsh, mut pyvmomi, mut ours_ms) = (Samples::default(), Samples::default(), Samples::default());
    let (mut held, mut resident) = (Samples::default(), Samples::default());
    for _ in 0..TURNS {
        let (ours, grown) = of_ours(&simulator, MACHINES).await?;
        ours_ms.add(ours * 1000.0);
        held.add(f64::from(u32::try_from(grown.held)?) / 1024.0);
        resident.add(f64::from(u32::try_from(grown.resident)?) / 1024.0);
        virsh.add(of_virsh(&simulator, MACHINES).await? / ours);
        if let Ok(peer) = &mut peer {
            let (ours, _) = of_ours(&simulator, MACHINES).await?;
            pyvmomi.add(peer.list(&simulator, MACHINES).await? / ours);
        }
    }
    figure::print("esx.list_1000_ms", "ms", Bar::Open, &ours_ms);
    figure::print("esx.list_1000_virsh_over_ours", "x", Bar::AtLeast(10.0), &virsh);
    if peer.is_ok() {
        figure::print(
            "esx.list_1000_pyvmomi_over_ours",
            "x",
            Bar::AtLeast(1.5),
            &pyvmomi,
        );
    }
    figure::print("esx.cache_1000_mib", "MiB", Bar::AtMost(10.0), &held);
    figure::print("esx.cache_1000_resident_mib", "MiB", Bar::Open, &resident);
    drop(simulator);
    slow().await
}

/// A server that is far away.
async fn slow() -> Outcome {
    let options = SimulatorOptions::esx()
        .with_machines(SLOW_MACHINES)
        .with_delay(DELAY);
    let simulator = Simulator::start(options).await?;
    let mut ratios = Samples::default();
    for _ in 0..SLOW_TURNS {
        let (ours, _) = of_ours(&simulator, SLOW_MACHINES).await?;
        ratios.add(of_virsh(&simulator, SLOW_MACHINES).await? / ours);
    }
    figure::print(
        "esx.list_100_10ms_virsh_over_ours",
        "x",
        Bar::AtLeast(40.0),
        &ratios,
    );
    Ok(())
}

/// Seconds of our program, and by how much it grows.
async fn of_ours(simulator: &Simulator, machines: u32) -> Outcome<(f64, ours::Grown)> {
    let began = Instant::now();
    let (count, grown) = ours::list(simulator).await?;
    let took = began.elapsed().as_secs_f64();
    expect(count, machines)?;
    Ok((took, grown))
}

async fn of_virsh(simulator: &Simulator, machines: u32) -> Outcome<f64> {
    let uri = simulator.esx_uri();
    let began = Instant::now();
    // With the state of each; names alone are one call to it as well.
    let said = simulator.virsh(&uri, &["list", "--all"]).await?;
    let took = began.elapsed().as_secs_f64();
    let lines = said.lines().filter(|line| !line.trim().is_empty()).count();
    // Two of them are its head.
    expect(lines.saturating_sub(2), machines)?;
    Ok(took)
}

pub(super) fn expect(count: usize, machines: u32) -> Outcome {
    if usize::try_from(machines).is_ok_and(|machines| machines == count) {
        return Ok(());
    }
    failed(format!("{count} of {machines} machines were listed"))
}
