//! `cargo xtask help`.

use crate::failure::Outcome;
use crate::say;

const TEXT: &str = "\
The commands of the virt SDK project

  cargo xtask quickstart      install what is missing, boot a small guest and show what the SDK does with it
  cargo xtask test            install what is missing and run every test
  cargo xtask soak GROUP      the long runs: qemu (calls dropped, a manager killed, at random), ssh (lines cut at random, the whole
                              suite), lxc (containers used by us and by others at once, a manager killed),
                              documents [SECONDS] (each type of document fuzzed so long, 600 unless said),
                              rpc (a libvirtd with 64 callers, calls given up, events counted, and one killed again and again),
                              rpc-decoders [SECONDS] (what a daemon may say, fuzzed so long, 600 unless said)
  cargo xtask bench GROUP     measure against the floor, libvirt, OpenSSH, lxc-start and pyvmomi: documents, esx, lxc, qemu, rpc,
                              ssh
  cargo xtask corpus [FAMILY…]  judge by libvirt's own test data, a line a family: passed failed excepted unsupported total
  cargo xtask coverage [--check]  which of libvirt's functions are typed, an object a line; writes docs/rpc-coverage.md
  cargo xtask codegen [--check]  make the types of libvirt's protocol and of the vSphere API from the facts about them, or
                              compare them
  cargo xtask check           formatting, lints, documentation, licences
  cargo xtask licences        only the licences of what the project depends on
  cargo xtask install [WHAT]  only the install step

WHAT is any of qemu, qemu-7.2, guest-tools, libvirt, lxc, compiler, c++-compiler, sshd, shells, vsphere,
schemas; all of them when left out.
Everything made here is kept in $VIRT_SDK_CACHE, else $XDG_CACHE_HOME/virt-sdk, else ~/.cache/virt-sdk.";

/// Prints the list of commands.
pub(crate) fn print() -> Outcome {
    say::line(TEXT);
    Ok(())
}
