//! libvirt's file of credentials.
//!
//! An input that begins with a zero byte is a series of decisions a file is made by, any other is the text of one. What
//! holds for them is in the tests of virt-remote, which try the same on fewer inputs.
#![no_main]

#[path = "../../virt-remote/tests/decoders/auth_conf.rs"]
mod auth_conf;
#[path = "../../virt-core/tests/documents/choices.rs"]
#[allow(dead_code, reason = "the tests need more of it")]
mod choices;

use choices::Choices;
use libfuzzer_sys::{Corpus, fuzz_target};

fuzz_target!(|input: &[u8]| -> Corpus {
    let held = match input {
        [0, decisions @ ..] => auth_conf::hold_made(&auth_conf::made(&mut Choices::new(decisions))),
        text => match std::str::from_utf8(text) {
            Ok(text) => auth_conf::hold(text),
            Err(_) => return Corpus::Reject,
        },
    };
    match held {
        Ok(_) => Corpus::Keep,
        Err(broken) => panic!("{broken}"),
    }
});
