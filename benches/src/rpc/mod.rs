//! The figures of libvirt's protocol: the SDK beside libvirt's own client, both on the test driver of one libvirtd.

mod calls;
mod events;
mod handles;
mod peer;
mod pki;
mod transfers;
mod ways;
mod work;

use crate::failure::{Outcome, failed};
use crate::figure;
use crate::peer::{Peer, compile_libvirt_peer};
use std::path::Path;
use std::process::Command;
use virt_testkit::live::libvirtd::Libvirtd;

pub(crate) use peer::{COMMAND, run as run_peer};

/// Measures `part` (`calls`, `handles`, `events`, `transfers`, `ways`), or all of them.
pub(crate) fn run(part: Option<&str>) -> Outcome {
    let parts = ["calls", "handles", "events", "transfers", "ways"];
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
    let mut sides = Sides::start(&program, &uri, &uri)?;
    if wants("calls") {
        calls::measure(&mut sides, directory.path())?;
    }
    if wants("handles") {
        handles::measure(&mut sides, &program, directory.path())?;
    }
    if wants("events") {
        events::measure(&mut sides)?;
    }
    drop(sides);
    if wants("transfers") {
        transfers::measure(&runtime, &daemon.uri(), directory.path())?;
    }
    runtime.block_on(daemon.stop())?;
    if wants("ways") {
        ways::measure(&runtime, &program, directory.path())?;
    }
    Ok(())
}

/// The two that are measured side by side.
struct Sides {
    ours: Peer,
    libvirt: Peer,
    /// By which each reaches the daemon.
    uris: [String; 2],
}

impl Sides {
    /// Starts both, in processes of their own; `program` is libvirt's.
    fn start(program: &Path, ours: &str, libvirts: &str) -> Outcome<Self> {
        let myself = std::env::current_exe()?;
        Ok(Self {
            ours: Peer::start("the SDK", Command::new(myself).arg(COMMAND).arg(ours))?,
            libvirt: Peer::start("libvirt", Command::new(program).arg(libvirts))?,
            uris: [ours.to_owned(), libvirts.to_owned()],
        })
    }
}
