//! What a parsed document takes: the resident memory of a program that holds many.

use super::samples;
use crate::failure::{Outcome, failed};
use crate::figure::{self, Bar};
use std::process::Command;
use virt_sdk::model::DomainConfig;

/// The word that makes this program the one that holds them.
pub(crate) const COMMAND: &str = "documents-memory";

const COPIES: usize = 500;

/// Prints the kilobytes a parsed domain of 29 KB takes.
pub(super) fn measure() -> Outcome {
    let output = Command::new(std::env::current_exe()?).arg(COMMAND).output()?;
    let text = String::from_utf8(output.stdout)?;
    let kilobytes: f64 = text.trim().parse()?;
    figure::print(
        "documents.memory_29k_kib",
        "KiB",
        Bar::Open,
        &[kilobytes].into_iter().collect(),
    );
    Ok(())
}

/// Parses many and says what one took.
#[expect(clippy::print_stdout, reason = "its standard output is its answer")]
pub(crate) fn run() -> Outcome {
    let text = samples::large();
    // Once, so that what parsing leaves behind is not counted.
    drop(DomainConfig::from_xml(&text)?);
    let before = resident()?;
    let mut kept = Vec::with_capacity(COPIES);
    for _ in 0..COPIES {
        kept.push(DomainConfig::from_xml(&text)?);
    }
    let grown = f64::from(u32::try_from(resident()?.saturating_sub(before))?);
    println!("{}", grown / f64::from(u32::try_from(kept.len())?));
    Ok(())
}

/// Kilobytes of this program in memory.
fn resident() -> Outcome<u64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    match line.and_then(|line| line.split_whitespace().next()) {
        Some(number) => Ok(number.parse()?),
        None => failed("the kernel does not tell this program's size"),
    }
}
