//! A login by SASL (SCRAM, DIGEST-MD5) at a daemon that does not know the password.
//!
//! An input that begins with a zero byte is a series of decisions that the daemon's answers are made by, any other is what
//! it says. What holds for logins is in the tests of virt-remote, which try the same on fewer inputs.
#![no_main]

#[path = "../../virt-core/tests/documents/choices.rs"]
#[allow(dead_code, reason = "the tests need more of it")]
mod choices;
#[path = "../../virt-remote/tests/decoders/login.rs"]
mod login;

use choices::Choices;
use libfuzzer_sys::fuzz_target;
use login::Impostor;

fuzz_target!(|input: &[u8]| {
    let impostor = match input {
        [0, decisions @ ..] => Impostor::made(&mut Choices::new(decisions)),
        said => Impostor::of_bytes(said),
    };
    if let Err(broken) = login::hold(&impostor) {
        panic!("{broken}");
    }
});
