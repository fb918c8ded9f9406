//! The tally of a family, and the report of them all.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "this is a report")]

use std::process::ExitCode;

use virt_testkit::corpus::Corpus;

use crate::family::{ALL, Family};
use crate::verdict::Verdict;

/// How the cases of a family came out.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    passed: usize,
    excepted: Vec<String>,
    unsupported: Vec<String>,
    total: usize,
    /// The cases that failed, with their reasons.
    pub(crate) failures: Vec<String>,
}

impl Tally {
    /// Judges every case of the family.
    pub(crate) fn of(corpus: &Corpus, family: &Family) -> Self {
        let mut tally = Self::default();
        for case in corpus.family(family.name) {
            tally.total += 1;
            match (family.judge)(corpus, case) {
                Verdict::Passed => tally.passed += 1,
                Verdict::Failed(how) => tally
                    .failures
                    .push(format!("{}: {}: {how}", case.family, case.name)),
                Verdict::Excepted(rule) => tally
                    .excepted
                    .push(format!("{}: {}: {rule}", case.family, case.name)),
                Verdict::Unsupported(why) => tally
                    .unsupported
                    .push(format!("{}: {}: {why}", case.family, case.name)),
            }
        }
        tally
    }

    fn print(&self, family: &str) {
        println!(
            "{family} {} {} {} {} {}",
            self.passed,
            self.failures.len(),
            self.excepted.len(),
            self.unsupported.len(),
            self.total
        );
    }
}

/// Prints a line a family, `FAMILY passed failed excepted unsupported total`, then the failures and the exceptions.
pub(crate) fn print(corpus: Result<Corpus, String>, wanted: &[String]) -> ExitCode {
    let corpus = match corpus {
        Ok(corpus) => corpus,
        Err(missing) => {
            eprintln!("{missing}");
            return ExitCode::FAILURE;
        }
    };
    let families = corpus.families();
    if let Some(unknown) = wanted.iter().find(|name| !families.contains(&name.as_str())) {
        eprintln!(
            "there is no family {unknown:?} in the corpus: {}",
            families.join(" ")
        );
        return ExitCode::FAILURE;
    }
    let mut tallies = Vec::new();
    for name in families {
        if !wanted.is_empty() && !wanted.iter().any(|one| one == name) {
            continue;
        }
        let judged = ALL.iter().find(|family| family.name == name);
        let tally = judged.map_or_else(
            || nobody_judges(&corpus, name),
            |family| Tally::of(&corpus, family),
        );
        tally.print(name);
        tallies.push(tally);
    }
    for failure in tallies.iter().flat_map(|tally| &tally.failures) {
        println!("failed: {failure}");
    }
    for exception in tallies.iter().flat_map(|tally| &tally.excepted) {
        println!("excepted: {exception}");
    }
    if !wanted.is_empty() {
        for case in tallies.iter().flat_map(|tally| &tally.unsupported) {
            println!("unsupported: {case}");
        }
    }
    match tallies.iter().all(|tally| tally.failures.is_empty()) {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    }
}

fn nobody_judges(corpus: &Corpus, family: &str) -> Tally {
    let all = corpus.family(family);
    let unsupported: Vec<String> = all
        .map(|case| format!("{family}: {}: nothing judges this family", case.name))
        .collect();
    Tally {
        total: unsupported.len(),
        unsupported,
        ..Tally::default()
    }
}
