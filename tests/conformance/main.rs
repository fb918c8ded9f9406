//! The conformance suite, on every target there is: `cargo test --test conformance -- test::lists`.

#[cfg(feature = "esx")]
mod esx;
#[cfg(any(feature = "rpc", all(any(feature = "lxc", feature = "qemu"), feature = "ssh")))]
mod guest_shell;
#[cfg(feature = "rpc")]
mod libvirt;
#[cfg(all(feature = "lxc", feature = "ssh"))]
mod lxc;
#[cfg(any(feature = "rpc", all(feature = "qemu", feature = "ssh")))]
#[path = "../qemu/machines.rs"]
#[allow(dead_code, reason = "the live tests use more of it")]
mod machines;
#[cfg(all(feature = "qemu", feature = "ssh"))]
mod qemu;
#[cfg(any(feature = "rpc", all(feature = "qemu", feature = "ssh")))]
mod selection;

use std::process::ExitCode;
use std::sync::Arc;

use virt_testkit::conformance::{self, ReferenceTarget, TargetChoice};
use virt_testkit::harness;

fn main() -> ExitCode {
    let targets: [Vec<TargetChoice>; _] = [
        vec![TargetChoice::new("test", || Ok(Arc::new(ReferenceTarget)))],
        #[cfg(feature = "esx")]
        esx::targets().into(),
        #[cfg(all(feature = "lxc", feature = "ssh"))]
        lxc::targets().into(),
        #[cfg(all(feature = "qemu", feature = "ssh"))]
        qemu::targets().into(),
        #[cfg(feature = "rpc")]
        libvirt::targets().into(),
    ];
    harness::main(conformance::tests(&targets.concat()))
}
