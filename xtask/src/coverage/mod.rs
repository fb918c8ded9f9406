//! `cargo xtask coverage [--check]`: which of libvirt's functions are typed here, which are reached raw.
//!
//! Typed is a function that the documentation of virt-core's handles and drivers names, and whose procedure the driver
//! for libvirt's daemons calls; or one that [`exceptions`] says a typed one does the work of. Both are read from the
//! sources, so that what this prints is what there is.

mod api;
mod exceptions;
mod fields;
mod page;
mod sources;
mod verdict;

use crate::failure::{Doing as _, Failure, Outcome};
use crate::{cargo, check_flag, facts, say};
use api::Function;
use sources::Sources;
use std::fs;
use verdict::{Judged, Verdict};

/// The page with the table.
const PAGE: &str = "docs/rpc-coverage.md";

/// How much of what goes over the wire is to be typed, in percent.
const BAR: f64 = 60.0;

/// Prints the table and writes the page, or with `--check` compares it.
pub(crate) fn run(arguments: &[String]) -> Outcome {
    let check = check_flag::is_given("coverage", arguments)?;
    let judged = judge()?;
    let table = page::table(&judged);
    say::line(&table);
    let groups = fields::groups(&facts::read("enums.json")?, &cargo::workspace())?;
    let text = page::text(&judged, &groups);
    let path = cargo::workspace().join(PAGE);
    if !check {
        fs::write(&path, &text).doing(|| format!("write {}", path.display()))?;
    } else if fs::read_to_string(&path).is_ok_and(|present| present != text) || !path.is_file() {
        return Err(Failure::new(format!("{PAGE} is not what the sources say"))
            .advise("run `cargo xtask coverage`, and never edit it by hand"));
    }
    let unknown = page::unknown(&groups);
    let missing = page::named(&judged, Verdict::is_missing);
    let share = page::typed_share(&judged);
    say::line(&format!(
        "rpc.typed_percent {share:.1} % >={BAR} {}",
        if share >= BAR { "ok" } else { "short" }
    ));
    if !unknown.is_empty() {
        say::line(&format!(
            "fields of typed parameters that no struct knows: {}",
            unknown.join(", ")
        ));
    }
    match missing.is_empty() {
        true => Ok(()),
        false => Err(
            Failure::new(format!("not reached at all: {}", missing.join(", ")))
                .advise("see xtask/src/coverage/exceptions.rs"),
        ),
    }
}

/// Every function, and how it is reached.
fn judge() -> Outcome<Vec<Judged>> {
    let functions = Function::all(&facts::read("public_api.json")?)?;
    let sources = Sources::read(&cargo::workspace(), &functions)?;
    verdict::judge(functions, &sources)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_function_of_libvirt_is_reached_somehow() {
        if !facts::are_here() {
            virt_testkit::skip!("the facts about libvirt's protocol are not here: set VIRT_FACTS");
        }
        let judged = judge().expect("a verdict on each function");
        let missing = page::named(&judged, Verdict::is_missing);
        assert!(missing.is_empty(), "{missing:?}");
        assert!(judged.len() > 500, "{} functions", judged.len());
        let unknown = exceptions::all().find(|name| judged.iter().all(|one| one.function.name != *name));
        assert_eq!(unknown, None, "libvirt has no such function");
    }
}
