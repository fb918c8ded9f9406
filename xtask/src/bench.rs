//! `cargo xtask bench GROUP`: installs the peers and runs the benches, which are a package of their own.

use crate::failure::{Failure, Outcome};
use crate::install::{self, Need};
use crate::{cargo, say};

/// Runs the group's figures, in the profile of a program as it is shipped.
pub(crate) fn run(arguments: &[String]) -> Outcome {
    const ADVICE: &str = "say: cargo xtask bench documents, esx, lxc, qemu, rpc or ssh";
    let needs: &[Need] = match arguments.first().map(String::as_str) {
        Some("documents") => &[Need::Libvirt, Need::Compiler],
        Some("esx") => &[Need::Vsphere, Need::Libvirt, Need::Compiler],
        Some("lxc") => &[Need::Lxc, Need::Libvirt, Need::Compiler],
        Some("qemu") => &[Need::Qemu, Need::Libvirt, Need::Compiler],
        Some("rpc") => &[Need::Libvirt, Need::Compiler, Need::Sshd],
        Some("ssh") => &[Need::Qemu, Need::Libvirt, Need::Compiler, Need::Sshd],
        Some(other) => {
            return Err(Failure::new(format!("there is no bench \"{other}\"")).advise(ADVICE));
        }
        None => return Err(Failure::new("which bench?").advise(ADVICE)),
    };
    install::ensure(needs)?;
    say::heading("Building the benches (profile \"shipped\": release, with link-time optimisation)");
    let mut command = cargo::command(&[
        "run",
        "--profile",
        "shipped",
        "--quiet",
        "--package",
        "virt-benches",
        "--",
    ]);
    command.args(arguments);
    cargo::run(command)
}
