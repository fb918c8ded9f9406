//! The figures of the QEMU backend.

mod build;
mod domain;
mod floor;
mod many;
mod one;

use crate::failure::{Outcome, failed};
use crate::figure;
use crate::peer::{Peer, compile_libvirt_peer};
use crate::sdk_peer;
use std::process::Command;
use virt_testkit::live::libvirtd::Libvirtd;

pub(crate) use domain::Bench;
pub(crate) use one::milliseconds;

/// Measures `part` (`one`, `many`, `build`), or all of them.
pub(crate) fn run(part: Option<&str>) -> Outcome {
    let all = part.is_none();
    match part {
        None | Some("one" | "many") => {
            let runtime = tokio::runtime::Builder::new_multi_thread()
                .worker_threads(1)
                .enable_all()
                .build()?;
            figure::remark("starting a private libvirtd");
            let daemon = runtime.block_on(Libvirtd::start())?;
            let bench = Bench::create()?;
            figure::remark(&format!(
                "domains of type {}, as many CPUs as here: {}",
                bench.kind(),
                cpus()
            ));
            if all || part == Some("one") {
                one::measure(&bench, &mut sides(&daemon, &bench)?)?;
            }
            if all || part == Some("many") {
                many::measure(&bench, &mut sides(&daemon, &bench)?)?;
            }
            runtime.block_on(daemon.stop())?;
        }
        Some("build") => {}
        Some(other) => return failed(format!("there is no part \"{other}\": say one, many or build")),
    }
    if all || part == Some("build") {
        build::measure()?;
    }
    Ok(())
}

/// The two that are measured side by side.
struct Sides {
    ours: Peer,
    libvirt: Peer,
}

fn sides(daemon: &Libvirtd, bench: &Bench) -> Outcome<Sides> {
    let uri = format!("qemu:///embed?root={}", bench.root().display());
    let myself = std::env::current_exe()?;
    let ours = Peer::start("the SDK", Command::new(myself).arg(sdk_peer::COMMAND).arg(uri))?;
    let program = compile_libvirt_peer(bench.directory())?;
    let libvirt = Peer::start("libvirt", Command::new(program).arg(daemon.uri()))?;
    Ok(Sides { ours, libvirt })
}

fn cpus() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}
