//! A QMP command through our tunnel and through OpenSSH's: the same few lines of client on both.

use super::openssh::Tunnel;
use super::{direct, host};
use crate::failure::{Outcome, failed};
use crate::figure::{self, Bar, Samples};
use crate::peer::Peer;
use crate::qemu::Bench;
use crate::sdk_peer;
use std::path::PathBuf;
use std::process::Command;
use std::time::Instant;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::UnixStream;
use tokio::runtime::Runtime;
use virt_sdk::host::{ByteStream, StreamUse};
use virt_testkit::live::far::FarMachine;

/// Pairs of bursts, interleaved, and the commands of one.
const PAIRS: usize = 40;
const BURST: usize = 50;
const NAME: &str = "bench-ssh";

/// Measures it on the rescue monitor of a guest that is paused.
pub(super) fn measure(runtime: &Runtime, far: &FarMachine, bench: &Bench) -> Outcome {
    let document = bench.document(NAME)?;
    let uri = format!("qemu:///embed?root={}", bench.root().display());
    let mut manager = Peer::start(
        "the SDK",
        Command::new(std::env::current_exe()?)
            .arg(sdk_peer::COMMAND)
            .arg(uri),
    )?;
    manager.ask(&format!("define {}", document.display()))?;
    manager.ask(&format!("start_paused {NAME}"))?;
    let measured = compare(runtime, far, bench);
    manager.ask(&format!("destroy {NAME}"))?;
    manager.ask(&format!("undefine {NAME}"))?;
    measured
}

fn compare(runtime: &Runtime, far: &FarMachine, bench: &Bench) -> Outcome {
    let monitor = rescue_monitor(bench)?;
    let uri = direct(runtime, far, bench)?;
    runtime.block_on(async {
        let host = host(&uri).await?;
        let tunnel = Tunnel::open(far, bench, &monitor)?;
        let (mut ours, mut theirs, mut ratios) = (Samples::default(), Samples::default(), Samples::default());
        for _ in 0..PAIRS {
            // A monitor has one client at a time.
            let path = monitor.display().to_string();
            let mine = burst(host.sockets().connect_unix(&path, StreamUse::Control).await?).await?;
            let openssh = burst(Box::new(UnixStream::connect(tunnel.socket()).await?)).await?;
            ours.add(mine);
            theirs.add(openssh);
            ratios.add(mine / openssh);
        }
        figure::print("ssh.qmp_roundtrip_us", "us", Bar::Open, &ours);
        figure::print("ssh.qmp_roundtrip_openssh_us", "us", Bar::Open, &theirs);
        figure::print(
            "ssh.qmp_roundtrip_over_openssh",
            "ratio",
            Bar::AtMost(1.1),
            &ratios,
        );
        Ok(())
    })
}

/// The rescue monitor of the only guest that runs.
fn rescue_monitor(bench: &Bench) -> Outcome<PathBuf> {
    for entry in std::fs::read_dir(bench.root().join("run"))? {
        let monitor = entry?.path().join("rescue.sock");
        if monitor.exists() {
            return Ok(monitor);
        }
    }
    failed("the guest has no rescue monitor")
}

/// Many commands one after the other; how long one took, in microseconds.
async fn burst(stream: Box<dyn ByteStream>) -> Outcome<f64> {
    let mut stream = BufReader::new(stream);
    let mut line = String::new();
    stream.read_line(&mut line).await?;
    exchange(&mut stream, "qmp_capabilities").await?;
    let began = Instant::now();
    for _ in 0..BURST {
        exchange(&mut stream, "query-status").await?;
    }
    let count = f64::from(u32::try_from(BURST)?);
    Ok(began.elapsed().as_secs_f64() * 1e6 / count)
}

async fn exchange(stream: &mut BufReader<Box<dyn ByteStream>>, command: &str) -> Outcome {
    let text = format!("{{\"execute\":\"{command}\"}}\n");
    stream.get_mut().write_all(text.as_bytes()).await?;
    stream.get_mut().flush().await?;
    let mut line = String::new();
    while !line.contains("\"return\"") {
        line.clear();
        if stream.read_line(&mut line).await? == 0 {
            return failed("the monitor ended");
        }
    }
    Ok(())
}
