//! `cargo xtask check`: formatting, lints, documentation, generated code, licences.

use crate::cargo;
use crate::failure::Outcome;
use crate::{codegen, coverage, facts, licences, say};

/// Runs all of them; the first that fails ends the command.
pub(crate) fn run() -> Outcome {
    say::heading("Formatting");
    cargo::run(cargo::command(&["fmt", "--all", "--check"]))?;
    say::heading("Lints");
    let lints = [
        "clippy",
        "--workspace",
        "--all-targets",
        "--all-features",
        "--quiet",
        "--",
        "-D",
        "warnings",
    ];
    cargo::run(cargo::command(&lints))?;
    // As programs get them: the features that are off have no code, and what is left has a use.
    let bare = [
        "clippy",
        "-p",
        "virt-core",
        "-p",
        "virt-sdk",
        "--quiet",
        "--",
        "-D",
        "warnings",
    ];
    cargo::run(cargo::command(&bare))?;
    say::heading("Documentation");
    let mut documentation = cargo::command(&["doc", "--workspace", "--no-deps", "--all-features", "--quiet"]);
    documentation.env("RUSTDOCFLAGS", "-D warnings");
    cargo::run(documentation)?;
    if facts::are_here() {
        say::heading("Generated code");
        codegen::run(&["--check".to_owned()])?;
        say::heading("Coverage of libvirt's functions");
        coverage::run(&["--check".to_owned()])?;
    }
    licences::run()
}
