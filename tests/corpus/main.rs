//! libvirt's own test data, judged by family.
//!
//! * `cargo xtask corpus [FAMILY…]` (here: `--report [FAMILY…]`) prints a line a family, then what failed and why.
//! * As a test, a family with a failure fails.
//!
//! The data is read from `$VIRT_CORPUS`; without it the tests say so, and fail where `CI` is set.

mod active;
mod compare;
mod coverage;
mod document;
mod domain;
mod domain_status;
mod family;
mod host;
mod lxc;
mod moment;
mod network;
mod reason;
mod relaxng;
mod report;
mod schema;
mod storage;
mod verdict;
mod vmx;
mod xen;

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use virt_testkit::corpus::Corpus;
use virt_testkit::harness::{self, NamedTest, Verdict};

fn main() -> ExitCode {
    let mut words = std::env::args().skip(1).skip_while(|word| word != "--report");
    let corpus = Corpus::find();
    if words.next().is_some() {
        let wanted: Vec<String> = words.collect();
        return report::print(corpus, &wanted);
    }
    let corpus = corpus.map(Arc::new);
    let families = family::ALL.iter().map(|family| {
        test(family.name, corpus.clone(), move |corpus| {
            family_passes(corpus, family)
        })
    });
    let coverage = test("coverage", corpus.clone(), |corpus| coverage::check(corpus, true));
    let relaxng = test("relaxng", corpus.clone(), relaxng::check);
    let validation = test("validation", corpus.clone(), domain::check_validation);
    harness::main(families.chain([coverage, relaxng, validation]).collect())
}

fn family_passes(corpus: &Corpus, family: &family::Family) -> Result<(), String> {
    let tally = report::Tally::of(corpus, family);
    match tally.failures.is_empty() {
        true => Ok(()),
        false => Err(tally.failures.join("\n")),
    }
}

/// A test that needs the corpus.
fn test(
    name: &'static str,
    corpus: Result<Arc<Corpus>, String>,
    run: impl FnOnce(&Corpus) -> Result<(), String> + Send + 'static,
) -> NamedTest {
    NamedTest::new(name, move || async move {
        match corpus {
            Ok(corpus) => match run(&corpus) {
                Ok(()) => Verdict::Passed,
                Err(how) => Verdict::Failed(how),
            },
            Err(missing) if std::env::var_os("CI").is_none() => Verdict::Skipped(missing),
            Err(missing) => Verdict::Failed(missing),
        }
    })
    .time_limit(Duration::from_secs(300))
}
