//! The conformance suite, on every target there is: `cargo test --test conformance -- test::lists`.

use std::process::ExitCode;
use std::sync::Arc;

use virt_testkit::conformance::{self, ReferenceTarget, TargetChoice};
use virt_testkit::harness;

fn main() -> ExitCode {
    let targets = [TargetChoice::new("test", || Ok(Arc::new(ReferenceTarget)))];
    harness::main(conformance::tests(&targets))
}
