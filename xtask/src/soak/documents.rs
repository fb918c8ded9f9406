//! `cargo xtask soak documents [SECONDS]`: every type of document fuzzed.

use super::{fuzz, seeds};
use crate::failure::Outcome;
use crate::say;
use std::path::Path;
use virt_sdk::model::AnyDocument;

/// Fuzzes each type for so many seconds.
pub(super) fn run(seconds: Option<&str>) -> Outcome {
    let seconds = fuzz::seconds(seconds, "documents")?;
    say::heading("Soak: documents");
    let runs = AnyDocument::ROOTS.iter().map(|root| fuzz::Run {
        name: root,
        target: "document",
        environment: Some(("VIRT_FUZZ_ROOT", root)),
        seeds: begin_with,
        longest: 32768,
    });
    let tests = ("virt-core", ["--test", "documents"].as_slice());
    fuzz::run(runs.collect(), "types of documents", seconds, tests)
}

fn begin_with(root: &str, directory: &Path) -> Outcome<Option<String>> {
    seeds::copy(root, directory)?;
    Ok(Some(seeds::dictionary(root)))
}
