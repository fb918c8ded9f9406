//! How much of libvirt's schemas has a typed field, counted by their paths.

use crate::failure::{Outcome, failed};
use crate::figure::{self, Bar};
use virt_testkit::corpus::{Corpus, Coverage};

/// One line a document.
pub(super) fn measure() -> Outcome {
    let corpus = match Corpus::find() {
        Ok(corpus) => corpus,
        Err(missing) => {
            figure::remark(&format!("coverage is not counted: {missing}"));
            return Ok(());
        }
    };
    let coverages = Coverage::of_all(&corpus).or_else(failed)?;
    for one in coverages {
        let family = one.schema.trim_end_matches(".rng");
        let bar = if family == "domain" { 99.0 } else { 100.0 };
        let share = [one.per_cent()].into_iter().collect();
        figure::print(
            &format!("documents.{family}_paths_typed_pct"),
            "%",
            Bar::AtLeast(bar),
            &share,
        );
        for path in &one.missing {
            figure::remark(&format!("no type for {path}"));
        }
    }
    Ok(())
}
