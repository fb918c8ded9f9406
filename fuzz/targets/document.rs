//! One target for every type of document: `$VIRT_FUZZ_ROOT` says which root element this run is about.
//!
//! An input that begins with a zero byte is a series of decisions a document is made by, any other is the text of one.
//! What holds for documents is in the tests of virt-core, which try the same on fewer inputs.
#![no_main]

#[path = "../../virt-core/tests/documents/choices.rs"]
#[allow(dead_code, reason = "the tests need more of it")]
mod choices;
#[path = "../../virt-core/tests/documents/generate.rs"]
mod generate;
#[path = "../../virt-core/tests/documents/laws.rs"]
mod laws;

use std::sync::LazyLock;

use choices::Choices;
use libfuzzer_sys::{Corpus, fuzz_target};

static ROOT: LazyLock<String> =
    LazyLock::new(|| std::env::var("VIRT_FUZZ_ROOT").expect("VIRT_FUZZ_ROOT names a root element"));

fuzz_target!(|input: &[u8]| -> Corpus {
    let judged = match input {
        [0, decisions @ ..] => {
            laws::hold(&generate::document(&ROOT, &mut Choices::new(decisions))).map(|()| true)
        }
        text => laws::hold_for_bytes(text).map(|found| found.is_none_or(|document| document.root() == *ROOT)),
    };
    match judged {
        Ok(true) => Corpus::Keep,
        Ok(false) => Corpus::Reject,
        Err(broken) => panic!("{broken}"),
    }
});
