//! OpenSSH's own tunnel to a unix socket, `ssh -N -L HERE:THERE`: the peer.

use crate::failure::{Outcome, failed};
use crate::qemu::Bench;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use virt_testkit::live::far::FarMachine;

/// A running `ssh` whose socket leads to one on the far machine; dropping it ends it.
#[derive(Debug)]
pub(super) struct Tunnel {
    child: Child,
    socket: PathBuf,
}

impl Tunnel {
    /// Opens one to the socket at `there`.
    pub(super) fn open(far: &FarMachine, bench: &Bench, there: &Path) -> Outcome<Self> {
        let socket = bench.directory().join("openssh.sock");
        drop(std::fs::remove_file(&socket));
        let known = bench.directory().join("known_hosts");
        let child = Command::new("ssh")
            .args([
                "-F",
                "none",
                "-N",
                "-o",
                "BatchMode=yes",
                "-o",
                "IdentitiesOnly=yes",
            ])
            .arg("-o")
            .arg(format!("UserKnownHostsFile={}", known.display()))
            .arg("-i")
            .arg(far.key().private())
            .args(["-p", &far.sshd.address().port().to_string()])
            .arg("-L")
            .arg(format!("{}:{}", socket.display(), there.display()))
            .arg(format!("root@{}", far.sshd.address().ip()))
            .stdin(Stdio::null())
            .spawn()?;
        let tunnel = Self { child, socket };
        let until = Instant::now() + Duration::from_secs(20);
        while !tunnel.socket.exists() {
            if Instant::now() > until {
                return failed("OpenSSH's tunnel did not open");
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        Ok(tunnel)
    }

    /// Its end on this side.
    pub(super) fn socket(&self) -> &Path {
        &self.socket
    }
}

impl Drop for Tunnel {
    fn drop(&mut self) {
        // It may have ended by itself.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
