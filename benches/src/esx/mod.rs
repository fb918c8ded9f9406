//! The figures of the ESX backend, on the simulator of vSphere: lists beside virsh and pyvmomi, events, memory, the first
//! build.

mod build;
mod events;
mod lists;
mod ours;
mod python;

use crate::failure::{Outcome, failed};

pub(crate) use ours::COMMAND;
pub(crate) use ours::run as run_peer;

/// Measures `part` (`lists`, `events`, `build`), or all of them.
pub(crate) fn run(part: Option<&str>) -> Outcome {
    let parts: &[&str] = match &part {
        None => &["lists", "events", "build"],
        Some(part) => &[part],
    };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()?;
    for part in parts {
        match *part {
            "lists" => runtime.block_on(lists::measure())?,
            "events" => runtime.block_on(events::measure())?,
            "build" => build::measure()?,
            other => {
                return failed(format!(
                    "there is no part \"{other}\": say lists, events or build"
                ));
            }
        }
    }
    Ok(())
}
