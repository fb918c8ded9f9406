//! `qemuxmlactive2xml`: a running domain, written as it runs and as it would start again.
//!
//! Both expected documents have defaults and addresses that only QEMU's driver knows. What is a matter of documents is
//! which parts of the one are left out of the other, and that is judged between the two.

use virt_sdk::model::DomainConfig;
use virt_testkit::corpus::{Case, Corpus};

use crate::compare::same;
use crate::verdict::Verdict;

pub(crate) fn judge(corpus: &Corpus, case: &Case) -> Verdict {
    let Some(expected) = case.expected_file() else {
        return Verdict::Unsupported("the case has no expected file");
    };
    let active = expected.replace("-inactive.", "-active.");
    if active == expected || !corpus.path(&active).exists() {
        return Verdict::Unsupported("defaults and addresses are filled in by QEMU's driver");
    }
    match inactive_of(corpus, &active, expected) {
        Ok(()) => Verdict::Unsupported(
            "defaults and addresses are filled in by QEMU's driver; what is left out when it is off, is as expected",
        ),
        Err(how) => Verdict::Failed(how),
    }
}

fn inactive_of(corpus: &Corpus, active: &str, expected: &str) -> Result<(), String> {
    let active = DomainConfig::from_xml(&corpus.read(active)?).map_err(|error| error.to_string())?;
    same(&active.inactive().to_xml(), &corpus.read(expected)?)
}
