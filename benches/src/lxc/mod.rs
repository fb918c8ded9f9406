//! The figures of the LXC backend.

mod bench;
mod many;
mod native;
mod one;

use crate::failure::{Outcome, failed};
use crate::figure;
use crate::peer::{Peer, compile_libvirt_peer};
use crate::sdk_peer;
use bench::Bench;
use std::process::Command;
use virt_testkit::live::libvirtd::Libvirtd;
use virt_testkit::live::libvirtd_options::LibvirtdOptions;
use virt_testkit::live::lxc::LxcTools;

/// Measures `part` (`one`, `many`), or all of them.
pub(crate) fn run(part: Option<&str>) -> Outcome {
    if let Some(part) = part
        && !["one", "many"].contains(&part)
    {
        return failed(format!("there is no part \"{part}\": say one or many"));
    }
    let wants = |name: &str| part.is_none_or(|part| part == name);
    let tools = LxcTools::check()?;
    let bench = Bench::create()?;
    figure::remark(&format!("LXC {}", tools.version));
    if wants("one") {
        one(&bench)?;
    }
    if wants("many") {
        many::measure(&bench, &mut ours(&bench)?)?;
    }
    Ok(())
}

fn one(bench: &Bench) -> Outcome {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()?;
    figure::remark("starting a private libvirtd");
    // On this machine's network, as the containers of both sides are at one bridge.
    let options = LibvirtdOptions::default().containers();
    let daemon = runtime.block_on(Libvirtd::start_with(&options))?;
    let program = compile_libvirt_peer(bench.directory())?;
    let uri = format!("lxc+unix:///system?socket={}", daemon.socket().display());
    let mut sides = Sides {
        ours: ours(bench)?,
        libvirt: Peer::start("libvirt", Command::new(program).arg(uri))?,
    };
    let measured = one::measure(bench, &mut sides);
    drop(sides);
    runtime.block_on(daemon.stop())?;
    measured
}

/// The two that are peers; the third, liblxc's tools, are processes.
struct Sides {
    ours: Peer,
    libvirt: Peer,
}

fn ours(bench: &Bench) -> Outcome<Peer> {
    let uri = format!("lxc:///embed?root={}", bench.root().display());
    let myself = std::env::current_exe()?;
    Peer::start("the SDK", Command::new(myself).arg(sdk_peer::COMMAND).arg(uri))
}
