//! Calls, connections, documents.

use super::Sides;
use crate::failure::{Outcome, failed};
use crate::figure::{self, Bar, Samples};
use crate::peer::{Answer, Peer};
use std::fs;
use std::path::Path;
use virt_remote::rpc::RpcOptions;

const ROUNDS: usize = 9;
/// Calls of one round.
const CALLS: usize = 8_000;
const CONNECTIONS: usize = 50;
const DOCUMENTS: usize = 200;

/// Measures all of them.
pub(super) fn measure(sides: &mut Sides, directory: &Path) -> Outcome {
    figure::remark(&format!("{ROUNDS} rounds of {CALLS} calls on either side"));
    let one = info(sides, "info", CALLS, 1)?;
    one.print("info_1", Bar::AtLeast(1.0));
    // As many callers as that, with the calls in flight that a connection has when nothing is said.
    info(sides, "info", CALLS, 64)?.print("info_64_callers", Bar::Open);
    in_flight(sides, 64)?;
    let many = info(sides, "info", CALLS, 64)?;
    many.print("info_64", Bar::AtLeast(1.0));
    in_flight(sides, default_in_flight())?;
    figure::print(
        "rpc.cpu_per_call_ours_over_c",
        "ratio",
        Bar::AtMost(1.0),
        &one.efforts,
    );
    figure::print(
        "rpc.cpu_per_call_64_ours_over_c",
        "ratio",
        Bar::Open,
        &many.efforts,
    );
    info(sides, "whole_info", CALLS / 8, 1)?.print("whole_info", Bar::Open);
    connections(sides, "unix", CONNECTIONS, Bar::AtLeast(1.0))?;
    documents(sides, directory)
}

/// The calls in flight of a connection when nothing is said.
pub(super) fn default_in_flight() -> usize {
    RpcOptions::default().calls_in_flight
}

/// Sets how many calls our side has in flight; libvirt's client has no limit.
pub(super) fn in_flight(sides: &mut Sides, calls: usize) -> Outcome {
    sides.ours.ask(&format!("in_flight {calls}")).map(drop)
}

/// Calls a second, libvirt's time over ours, and our CPU time over libvirt's.
#[derive(Default)]
pub(super) struct Infos {
    ours: Samples,
    libvirts: Samples,
    speeds: Samples,
    efforts: Samples,
}

impl Infos {
    /// Prints the calls a second of both and their ratio.
    pub(super) fn print(&self, name: &str, bar: Bar) {
        figure::print(&format!("rpc.{name}_per_s"), "1/s", Bar::Open, &self.ours);
        figure::print(&format!("rpc.{name}_c_per_s"), "1/s", Bar::Open, &self.libvirts);
        figure::print(&format!("rpc.{name}_ours_over_c"), "ratio", bar, &self.speeds);
    }
}

/// So many ask at a time, on one connection.
pub(super) fn info(sides: &mut Sides, command: &str, calls: usize, at_once: usize) -> Outcome<Infos> {
    let mut infos = Infos::default();
    let command = format!("{command} {at_once} {}", calls / at_once);
    for _ in 0..ROUNDS {
        let (ours, our_effort) = with_effort(&mut sides.ours, &command)?;
        let (libvirts, libvirts_effort) = with_effort(&mut sides.libvirt, &command)?;
        infos.ours.add(per_second(ours));
        infos.libvirts.add(per_second(libvirts));
        infos
            .speeds
            .add(libvirts.took.as_secs_f64() / ours.took.as_secs_f64());
        infos.efforts.add(our_effort / libvirts_effort);
    }
    Ok(infos)
}

/// What the peer answered, and the CPU seconds it used for that.
fn with_effort(peer: &mut Peer, command: &str) -> Outcome<(Answer, f64)> {
    let before = peer.ask("cpu")?.took;
    let answer = peer.ask(command)?;
    let used = peer.ask("cpu")?.took.saturating_sub(before);
    Ok((answer, used.as_secs_f64()))
}

fn per_second(answer: Answer) -> f64 {
    // A few thousand calls: exact.
    let count = u32::try_from(answer.count).map_or(f64::NAN, f64::from);
    count / answer.took.as_secs_f64()
}

/// Connections opened and closed, by the way of this name.
pub(super) fn connections(sides: &mut Sides, way: &str, each: usize, bar: Bar) -> Outcome {
    let [our_uri, libvirts_uri] = sides.uris.clone();
    let (mut ours, mut libvirts, mut ratios) = (Samples::default(), Samples::default(), Samples::default());
    for _ in 0..ROUNDS {
        let mine = sides.ours.ask(&format!("connect {each} {our_uri}"))?;
        let theirs = sides.libvirt.ask(&format!("connect {each} {libvirts_uri}"))?;
        ours.add(1e3 / per_second(mine));
        libvirts.add(1e3 / per_second(theirs));
        ratios.add(theirs.took.as_secs_f64() / mine.took.as_secs_f64());
    }
    figure::print(&format!("rpc.connect_{way}_ms"), "ms", Bar::Open, &ours);
    figure::print(&format!("rpc.connect_{way}_c_ms"), "ms", Bar::Open, &libvirts);
    figure::print(&format!("rpc.connect_{way}_c_over_ours"), "ratio", bar, &ratios);
    Ok(())
}

/// Defines domains until there are so many; each like a small one of every day.
pub(super) fn define(sides: &mut Sides, directory: &Path, until: usize) -> Outcome {
    let present = sides.libvirt.ask("hold")?.count;
    let file = directory.join("domain.xml");
    for number in present..until {
        fs::write(&file, document(number))?;
        sides.libvirt.ask(&format!("define {}", file.display()))?;
    }
    Ok(())
}

fn document(number: usize) -> String {
    format!(
        "<domain type='test'><name>bench-{number:04}</name><memory unit='MiB'>1024</memory><vcpu>2</vcpu>\
         <os><type>hvm</type><boot dev='hd'/></os><features><acpi/><apic/></features><devices>\
         <disk type='file' device='disk'><driver name='qemu' type='qcow2'/><source file='/srv/{number}.qcow2'/>\
         <target dev='vda' bus='virtio'/></disk><interface type='network'><source network='default'/>\
         <model type='virtio'/></interface><console type='pty'/><input type='tablet' bus='usb'/>\
         <graphics type='vnc' autoport='yes'/><video><model type='virtio'/></video>\
         <memballoon model='virtio'/></devices></domain>"
    )
}

fn hold(sides: &mut Sides, expected: usize) -> Outcome {
    for peer in [&mut sides.ours, &mut sides.libvirt] {
        let count = peer.ask("hold")?.count;
        if count != expected {
            return failed(format!("{count} domains are listed, {expected} are defined"));
        }
    }
    Ok(())
}

fn documents(sides: &mut Sides, directory: &Path) -> Outcome {
    define(sides, directory, DOCUMENTS)?;
    hold(sides, DOCUMENTS)?;
    let (mut ours, mut libvirts, mut ratios) = (Samples::default(), Samples::default(), Samples::default());
    for _ in 0..5 * ROUNDS {
        let mine = sides.ours.ask("xml")?;
        let theirs = sides.libvirt.ask("xml")?;
        if (mine.count, theirs.count) != (DOCUMENTS, DOCUMENTS) {
            return failed(format!("documents: SDK {}, libvirt {}", mine.count, theirs.count));
        }
        ours.add(mine.took.as_secs_f64() * 1e3);
        libvirts.add(theirs.took.as_secs_f64() * 1e3);
        ratios.add(theirs.took.as_secs_f64() / mine.took.as_secs_f64());
    }
    figure::print("rpc.xml_200_ms", "ms", Bar::Open, &ours);
    figure::print("rpc.xml_200_c_ms", "ms", Bar::Open, &libvirts);
    figure::print("rpc.xml_200_ours_over_c", "ratio", Bar::AtLeast(1.5), &ratios);
    Ok(())
}
