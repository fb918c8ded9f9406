//! The content of every message of libvirt's protocol: the first two bytes of an input say which, the rest is that.
//!
//! What holds for it is in the tests of virt-remote, which try the same on fewer inputs.
#![no_main]

#[path = "../../virt-remote/tests/decoders/messages.rs"]
mod messages;

use libfuzzer_sys::{Corpus, fuzz_target};

fuzz_target!(|input: &[u8]| -> Corpus {
    let Some((which, content)) = input.split_first_chunk() else {
        return Corpus::Reject;
    };
    let at = usize::from(u16::from_le_bytes(*which)) % messages::count();
    match messages::hold(at, content) {
        Ok(_) => Corpus::Keep,
        Err(broken) => panic!("{broken}"),
    }
});
