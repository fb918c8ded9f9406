//! Calls and connections over TLS and SSH, beside libvirt's client on the same way.

use super::pki::Pki;
use super::{Sides, calls};
use crate::failure::Outcome;
use crate::figure;
use std::fs;
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use tokio::runtime::Runtime;
use virt_testkit::live::far::FarMachine;
use virt_testkit::live::libvirtd::Libvirtd;
use virt_testkit::live::libvirtd_options::LibvirtdOptions;

/// Calls of one round.
const CALLS: usize = 2_000;

/// Measures both ways.
pub(super) fn measure(runtime: &Runtime, program: &Path, directory: &Path) -> Outcome {
    let pki = Pki::create(&directory.join("pki"))?;
    let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port();
    figure::remark("starting a private libvirtd that listens for TLS");
    let daemon = runtime.block_on(Libvirtd::start_with(&options(&pki, port)))?;
    let uri = format!(
        "test+tls://127.0.0.1:{port}/default?pkipath={}",
        pki.directory().display()
    );
    one(&mut Sides::start(program, &uri, &uri)?, "tls", 20)?;
    let far = runtime.block_on(FarMachine::start(|sshd| sshd))?;
    let (ours, libvirts) = ssh(runtime, &far, &daemon, directory)?;
    one(&mut Sides::start(program, &ours, &libvirts)?, "ssh", 3)?;
    runtime.block_on(daemon.stop())?;
    Ok(())
}

fn one(sides: &mut Sides, way: &str, connections: usize) -> Outcome {
    figure::remark(&format!("{CALLS} calls over {way} a round on either side"));
    for at_once in [1, 64] {
        calls::in_flight(sides, at_once.max(calls::default_in_flight()))?;
        let infos = calls::info(sides, "info", CALLS, at_once)?;
        infos.print(&format!("{way}_info_{at_once}"), figure::Bar::Open);
    }
    calls::connections(sides, way, connections, figure::Bar::Open)
}

fn options(pki: &Pki, port: u16) -> LibvirtdOptions {
    let quoted = |name: &str| format!("\"{}\"", pki.file(name).display());
    LibvirtdOptions::default()
        .listen()
        .set("listen_addr", "\"127.0.0.1\"")
        .set("listen_tls", "1")
        .set("tls_port", &format!("\"{port}\""))
        .set("auth_tls", "\"none\"")
        .set("ca_file", &quoted("cacert.pem"))
        .set("cert_file", &quoted("servercert.pem"))
        .set("key_file", &quoted("serverkey.pem"))
}

/// The URIs of both sides. libvirt's client runs `ssh`, which is told of key and known keys by a program of its own.
fn ssh(
    runtime: &Runtime,
    far: &FarMachine,
    daemon: &Libvirtd,
    directory: &Path,
) -> Outcome<(String, String)> {
    let _inside = runtime.enter();
    let known = directory.join("known_hosts");
    fs::write(&known, far.sshd.known_hosts(Default::default())?)?;
    let key = far.key().private().display();
    let program = directory.join("ssh");
    fs::write(
        &program,
        format!(
            "#!/bin/sh\nexec ssh -F none -o BatchMode=yes -o UserKnownHostsFile={} -i {key} \"$@\"\n",
            known.display()
        ),
    )?;
    fs::set_permissions(&program, fs::Permissions::from_mode(0o700))?;
    let start = format!(
        "test+ssh://root@{}/default?socket={}",
        far.sshd.address(),
        daemon.socket().display()
    );
    let ours = format!(
        "{start}&sshconfig=none&keyfile={key}&known_hosts={}",
        known.display()
    );
    let libvirts = format!("{start}&command={}", program.display());
    Ok((ours, libvirts))
}
