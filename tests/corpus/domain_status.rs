//! `qemustatusxml2xml`: what the daemon keeps of a running domain is read and written again.

use virt_sdk::model::DomainStatus;
use virt_testkit::corpus::{Case, Corpus};

use crate::compare::same;
use crate::document::round_trip;
use crate::verdict::Verdict;

pub(crate) fn judge(corpus: &Corpus, case: &Case) -> Verdict {
    match (case.input_file(), case.expected_file()) {
        (Some(input), Some(expected)) => written_again(corpus, input, expected).into(),
        _ => Verdict::Unsupported("the case has no two files"),
    }
}

fn written_again(corpus: &Corpus, input: &str, expected: &str) -> Result<(), String> {
    let text = corpus.read(input)?;
    round_trip(&text)?;
    let status = DomainStatus::from_xml(&text).map_err(|error| error.to_string())?;
    status.validate().map_err(|error| error.to_string())?;
    // The directory of libvirt's tests.
    let ours = status
        .normalized()
        .with_memory_directory("/var/lib/libvirt/qemu/ram");
    same(&ours.to_xml(), &corpus.read(expected)?)
}
