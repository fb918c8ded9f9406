//! How soon what others do is heard of: from the call of one connection to the event on another.

use super::ours;
use crate::failure::{Outcome, failed};
use crate::figure::{self, Bar, Samples};
use std::time::{Duration, Instant};
use virt_sdk::event::{DomainChange, Event, EventStream};
use virt_testkit::live::vsphere::{Simulator, SimulatorOptions};

const TURNS: usize = 25;
const PATIENCE: Duration = Duration::from_secs(30);

pub(super) async fn measure() -> Outcome {
    let simulator = Simulator::start(SimulatorOptions::esx()).await?;
    let (listening, acting) = (ours::connect(&simulator).await?, ours::connect(&simulator).await?);
    let Some(domain) = acting.domains().await?.into_iter().next() else {
        return failed("the simulator has no machine");
    };
    let mut events = listening.domain(domain.uuid()).await?.events().await?;
    let mut latency = Samples::default();
    for _ in 0..TURNS {
        let began = Instant::now();
        domain.suspend().await?;
        hear(&mut events, |change| matches!(change, DomainChange::Suspended(_))).await?;
        latency.add(began.elapsed().as_secs_f64() * 1000.0);
        domain.resume().await?;
        // What is undone before it is told is not told.
        hear(&mut events, |change| matches!(change, DomainChange::Resumed(_))).await?;
    }
    figure::print("esx.event_latency_ms", "ms", Bar::AtMost(1000.0), &latency);
    for connection in [listening, acting] {
        connection.shutdown().await?;
    }
    Ok(())
}

/// Waits for a change.
async fn hear(events: &mut EventStream, is_it: impl Fn(&DomainChange) -> bool) -> Outcome {
    let heard = async {
        while let Some(event) = events.next().await {
            if let Event::Domain(event) = event
                && is_it(&event.change)
            {
                return true;
            }
        }
        false
    };
    if tokio::time::timeout(PATIENCE, heard).await.unwrap_or(false) {
        return Ok(());
    }
    failed("a change was not heard of")
}
