//! `cargo xtask soak rpc-decoders [SECONDS]`: whatever a libvirt daemon may say, in a login too, and
//! the file of credentials, fuzzed.

use super::fuzz;
use crate::failure::Outcome;
use crate::say;

/// Fuzzes each target for so many seconds.
pub(super) fn run(seconds: Option<&str>) -> Outcome {
    let seconds = fuzz::seconds(seconds, "rpc-decoders")?;
    say::heading("Soak: decoders of libvirt's protocol");
    let runs = ["rpc_messages", "rpc_connection", "auth_conf", "sasl_login"].map(|target| fuzz::Run {
        name: target,
        target,
        environment: None,
        seeds: |_, _| Ok(None),
        longest: 4096,
    });
    let tests = (
        "virt-remote",
        ["--features", "rpc", "--test", "decoders"].as_slice(),
    );
    fuzz::run(runs.into(), "targets", seconds, tests)
}
