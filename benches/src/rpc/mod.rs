//! The figures of libvirt's protocol: the SDK beside libvirt's own client, both on the test driver of one libvirtd.

mod calls;
mod events;
mod peer;
mod transfers;
mod work;

use crate::failure::{Outcome, failed};
use crate::figure;
use crate::peer::{Peer, compile_libvirt_peer};
use std::process::Command;
use virt_testkit::live::libvirtd::Libvirtd;

pub(crate) use peer::{COMMAND, run as run_peer};

/// Measures `part` (`calls`, `events`, `transfers`), or all of them.
pub(crate) fn run(part: Option<&str>) -> Outcome {
    let parts = ["calls", "events", "transfers"];
    if let Some(part) = part
        && !parts.contains(&part)
    {
        return failed(format!(
            "there is no part \"{part}\": say one of {}",
            parts.join(", ")
        ));
    }
    let wants = |name: &str| part.is_none_or(|part| part == name);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()?;
    figure::remark("starting a private libvirtd");
    let daemon = runtime.block_on(Libvirtd::start())?;
    let directory = tempfile::tempdir()?;
    let program = compile_libvirt_peer(directory.path())?;
    let uri = format!("test+unix:///default?socket={}", daemon.socket().display());
    let myself = std::env::current_exe()?;
    let mut sides = Sides {
        ours: Peer::start("the SDK", Command::new(myself).arg(COMMAND).arg(&uri))?,
        libvirt: Peer::start("libvirt", Command::new(program).arg(&uri))?,
        uri,
    };
    if wants("calls") {
        calls::measure(&mut sides, directory.path())?;
    }
    if wants("events") {
        events::measure(&mut sides)?;
    }
    drop(sides);
    if wants("transfers") {
        transfers::measure(&runtime, &daemon.uri(), directory.path())?;
    }
    runtime.block_on(daemon.stop())?;
    Ok(())
}

/// The two that are measured side by side.
struct Sides {
    ours: Peer,
    libvirt: Peer,
    uri: String,
}
