//! From nothing to the first answer: our program opening `qemu+ssh://…/embed` and listing, beside
//! `virsh -c qemu+ssh://…/system list`.

use super::direct;
use crate::failure::{Outcome, failed};
use crate::figure::{self, Bar, Samples};
use crate::peer::Peer;
use crate::qemu::{Bench, milliseconds};
use crate::sdk_peer;
use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt as _;
use std::process::{Command, Stdio};
use std::time::Instant;
use tokio::runtime::Runtime;
use virt_testkit::live::far::FarMachine;
use virt_testkit::live::libvirtd::Libvirtd;

const PAIRS: usize = 15;

/// Measures whole programs, from their start to the answer.
pub(super) fn measure(runtime: &Runtime, far: &FarMachine, bench: &Bench) -> Outcome {
    figure::remark("starting a private libvirtd");
    let daemon = runtime.block_on(Libvirtd::start())?;
    let uri = direct(runtime, far, bench)?;
    let virsh = virsh_uri(far, bench, &daemon)?;
    let (mut ours, mut theirs, mut ratios) = (Samples::default(), Samples::default(), Samples::default());
    // Once, so that both sides' files are in memory.
    our_list(&uri)?;
    virsh_list(&virsh)?;
    for _ in 0..PAIRS {
        let mine = our_list(&uri)?;
        let libvirt = virsh_list(&virsh)?;
        ours.add(mine);
        theirs.add(libvirt);
        ratios.add(libvirt / mine);
    }
    figure::print("ssh.open_ms", "ms", Bar::Open, &ours);
    figure::print("ssh.open_virsh_ms", "ms", Bar::Open, &theirs);
    figure::print("ssh.open_virsh_over_ours", "ratio", Bar::AtLeast(2.5), &ratios);
    counts(far, bench)?;
    runtime.block_on(daemon.stop())?;
    Ok(())
}

/// What one open costs on the wire and on the far machine.
fn counts(far: &FarMachine, bench: &Bench) -> Outcome {
    let sessions = |log: &str| log.matches("Starting session:").count();
    let before = sessions(&far.sshd.log());
    far.line.reset_counters();
    our_list(&far.uri(&bench.root()))?;
    let trips = far.line.counters().round_trips;
    let execs = sessions(&far.sshd.log()) - before;
    let one =
        |value: u64| -> Outcome<Samples> { Ok(std::iter::once(f64::from(u32::try_from(value)?)).collect()) };
    figure::print("ssh.open_roundtrips", "turns", Bar::Open, &one(trips)?);
    figure::print("ssh.open_execs", "execs", Bar::Open, &one(u64::try_from(execs)?)?);
    Ok(())
}

/// virsh reads the key from its URI, and the rest from the file of options it calls `ssh` with here:
/// the keys of the far machine would be looked for in this user's own file otherwise.
fn virsh_uri(far: &FarMachine, bench: &Bench, daemon: &Libvirtd) -> Outcome<String> {
    let socket = daemon.uri();
    let socket = socket.split_once("socket=").map_or("", |(_, socket)| socket);
    let options = bench.directory().join("ssh_config");
    std::fs::write(
        &options,
        format!(
            "UserKnownHostsFile {}\nIdentitiesOnly yes\nBatchMode yes\n",
            bench.directory().join("known_hosts").display()
        ),
    )?;
    let command = bench.directory().join("ssh");
    std::fs::write(
        &command,
        format!("#!/bin/sh\nexec ssh -F '{}' \"$@\"\n", options.display()),
    )?;
    std::fs::set_permissions(&command, Permissions::from_mode(0o755))?;
    Ok(format!(
        "qemu+ssh://root@{}/system?keyfile={}&command={}&socket={socket}&proxy=netcat",
        far.sshd.address(),
        far.key().private().display(),
        command.display(),
    ))
}

fn our_list(uri: &str) -> Outcome<f64> {
    let began = Instant::now();
    let mut peer = Peer::start(
        "the SDK",
        Command::new(std::env::current_exe()?)
            .arg(sdk_peer::COMMAND)
            .arg(uri),
    )?;
    peer.ask("list")?;
    Ok(milliseconds(began.elapsed()))
}

fn virsh_list(uri: &str) -> Outcome<f64> {
    let began = Instant::now();
    let output = Command::new("virsh")
        .args(["-c", uri, "list", "--all", "--name"])
        .stdin(Stdio::null())
        .output()?;
    let took = milliseconds(began.elapsed());
    match output.status.success() {
        true => Ok(took),
        false => failed(format!(
            "virsh: {}",
            String::from_utf8_lossy(&output.stderr).trim()
        )),
    }
}
