//! A client of libvirt's protocol and whatever a daemon says to it: framing, answers, errors, events, streams with
//! holes, keepalive.
//!
//! An input that begins with a zero byte is a series of decisions that messages are made by, any other is what the daemon
//! says. What holds for connections is in the tests of virt-remote, which try the same on fewer inputs.
#![no_main]

#[path = "../../virt-core/tests/documents/choices.rs"]
#[allow(dead_code, reason = "the tests need more of it")]
mod choices;
#[path = "../../virt-remote/tests/decoders/connection.rs"]
mod connection;

use choices::Choices;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let held = match input {
        [0, decisions @ ..] => connection::hold(&connection::told(&mut Choices::new(decisions))),
        said => connection::hold(said),
    };
    if let Err(broken) = held {
        panic!("{broken}");
    }
});
