//! The conformance suite, on every target there is: `cargo test --test conformance -- test::lists`.

#[cfg(all(feature = "qemu", feature = "ssh"))]
#[path = "../qemu/machines.rs"]
#[allow(dead_code, reason = "the live tests use more of it")]
mod machines;
#[cfg(all(feature = "qemu", feature = "ssh"))]
mod qemu;

use std::process::ExitCode;
use std::sync::Arc;

use virt_testkit::conformance::{self, ReferenceTarget, TargetChoice};
use virt_testkit::harness;

fn main() -> ExitCode {
    let reference = TargetChoice::new("test", || Ok(Arc::new(ReferenceTarget)));
    let targets: Vec<TargetChoice> = std::iter::once(reference).chain(live()).collect();
    harness::main(conformance::tests(&targets))
}

#[cfg(all(feature = "qemu", feature = "ssh"))]
fn live() -> impl Iterator<Item = TargetChoice> {
    qemu::targets().into_iter()
}

#[cfg(not(all(feature = "qemu", feature = "ssh")))]
fn live() -> impl Iterator<Item = TargetChoice> {
    std::iter::empty()
}
