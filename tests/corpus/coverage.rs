//! `coverage`: how much of libvirt's schemas has a typed field.
#![expect(clippy::print_stdout, reason = "this is a report")]

use virt_sdk::model::AnyDocument;
use virt_testkit::corpus::{Corpus, Coverage};

/// What is left untyped on purpose, with the reason.
const EXCEPTIONS: &[(&str, &str)] = &[];

/// The paths without a type, but for the exceptions.
///
/// # Errors
/// Lists them, or says what can't be read.
pub(crate) fn check(corpus: &Corpus, verbose: bool) -> Result<(), String> {
    let mut missing = Vec::new();
    for one in Coverage::of_all(corpus)? {
        if verbose {
            println!(
                "{} {:.2} % of {} paths typed",
                one.schema,
                one.per_cent(),
                one.total
            );
        }
        if !AnyDocument::ROOTS.contains(&one.root.as_str()) {
            continue;
        }
        let unexcepted = one.missing.iter().filter(|path| {
            let is_excepted = |(prefix, _): &(&str, &str)| path.starts_with(prefix);
            !EXCEPTIONS.iter().any(is_excepted)
        });
        missing.extend(unexcepted.map(|path| format!("{}: {path}", one.schema)));
    }
    match missing.is_empty() {
        true => Ok(()),
        false => Err(format!(
            "{} paths have no type:\n{}",
            missing.len(),
            missing.join("\n")
        )),
    }
}
