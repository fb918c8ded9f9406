//! The benches of the virt SDK: `cargo xtask bench GROUP` installs what they need and runs them.
//!
//! One line a figure: `GROUP.NAME VALUE UNIT <=BAR n=N p10=… p90=… ok`, or `short` at its end where the bar is
//! missed. Both sides, the SDK and libvirt, are peers that speak one small protocol on their standard input and
//! output and take the time themselves, so that neither pays for the other's harness.

mod cold_build;
mod documents;
mod esx;
mod failure;
mod figure;
mod lxc;
mod peer;
mod qemu;
mod rpc;
mod sdk_peer;
mod ssh;

use failure::{Outcome, failed};
use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match run(&words) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            figure::remark(&format!("bench: {failure}"));
            ExitCode::FAILURE
        }
    }
}

fn run(words: &[&str]) -> Outcome {
    match words {
        [sdk_peer::COMMAND, uri] => sdk_peer::run(uri),
        [rpc::COMMAND, uri] => rpc::run_peer(uri),
        [documents::MEMORY] => documents::memory_peer(),
        ["documents"] => documents::run(None),
        ["documents", part] => documents::run(Some(part)),
        [esx::COMMAND, uri] => esx::run_peer(uri),
        ["esx"] => esx::run(None),
        ["esx", part] => esx::run(Some(part)),
        ["lxc"] => lxc::run(None),
        ["lxc", part] => lxc::run(Some(part)),
        ["qemu"] => qemu::run(None),
        ["qemu", part] => qemu::run(Some(part)),
        ["rpc"] => rpc::run(None),
        ["rpc", part] => rpc::run(Some(part)),
        ["ssh"] => ssh::run(None),
        ["ssh", part] => ssh::run(Some(part)),
        _ => failed("say: cargo xtask bench documents, esx, lxc, qemu, rpc or ssh"),
    }
}
