//! Every decoder of libvirt's protocol, with made up bytes: what `cargo xtask soak rpc-decoders` does for hours.
#![cfg(feature = "rpc")]
#![allow(clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]
#![allow(unreachable_pub, reason = "the modules of a test are no interface")]

mod auth_conf;
#[path = "../../../virt-core/tests/documents/choices.rs"]
#[allow(dead_code, clippy::indexing_slicing, reason = "it is the documents' too")]
mod choices;
mod connection;
#[allow(clippy::indexing_slicing, reason = "a test fails by panicking")]
mod login;
mod messages;

use choices::Choices;
use login::Impostor;
use proptest::collection::vec;
use proptest::prelude::{ProptestConfig, Strategy, any, prop_oneof, proptest};

/// Bytes as messages have them: small numbers, mostly, and at times any.
fn content() -> impl Strategy<Value = Vec<u8>> {
    let word = prop_oneof![
        6 => (0_u32..4).prop_map(u32::to_be_bytes),
        2 => (0_u32..70).prop_map(u32::to_be_bytes),
        2 => any::<[u8; 4]>(),
    ];
    (vec(word, 0..60), vec(any::<u8>(), 0..4)).prop_map(|(words, rest)| {
        let words = words.into_iter().flatten();
        words.chain(rest).collect()
    })
}

#[test]
fn every_message_of_every_procedure_is_decoded_harmlessly() {
    for at in 0..messages::count() {
        proptest!(ProptestConfig::with_cases(8), |(content in content())| {
            messages::hold(at, &content).expect("what holds for messages");
        });
    }
}

proptest! {
    #[test]
    fn any_bytes_are_harmless_to_the_decoders(at in 0..messages::count(), content in vec(any::<u8>(), 0..400)) {
        messages::hold(at, &content).expect("what holds for messages");
    }

    #[test]
    fn a_connection_outlives_whatever_a_daemon_says(decisions in vec(any::<u8>(), 0..300)) {
        connection::hold(&connection::told(&mut Choices::new(&decisions))).expect("what holds for connections");
    }

    #[test]
    fn a_connection_ends_at_garbage(bytes in vec(any::<u8>(), 0..300)) {
        connection::hold(&bytes).expect("what holds for connections");
    }

    #[test]
    fn a_file_of_credentials_says_what_was_written(decisions in vec(any::<u8>(), 0..120)) {
        auth_conf::hold_made(&auth_conf::made(&mut Choices::new(&decisions))).expect("what holds for files");
    }

    #[test]
    fn any_text_is_a_file_of_credentials_or_named_by_its_line(
        text in "(\\[?(auth-libvirt-far|credentials-c|[ -~]{0,8})\\]?\n|[a-z]{0,12} ?=? ?[ -~é]{0,8}\n|credentials=c\n){0,8}",
    ) {
        auth_conf::hold(&text).expect("what holds for files");
    }

    #[test]
    fn a_daemon_that_nearly_keeps_to_the_login_is_not_believed(decisions in vec(any::<u8>(), 0..40)) {
        login::hold(&Impostor::made(&mut Choices::new(&decisions))).expect("what holds for logins");
    }

    #[test]
    fn a_daemon_that_says_anything_in_a_login_is_not_believed(said in vec(any::<u8>(), 0..120)) {
        login::hold(&Impostor::of_bytes(&said)).expect("what holds for logins");
    }
}

/// Otherwise the tests above would say nothing.
#[test]
fn made_up_files_and_logins_get_far_enough() {
    let (mut credentials, mut proofs) = (0, 0);
    for number in 0..2000_u32 {
        // Bytes that look random and are the same every time.
        let mut seed = number.wrapping_mul(2_654_435_761) | 1;
        let bytes: Vec<u8> = std::iter::repeat_with(|| {
            seed ^= seed << 13;
            seed ^= seed >> 17;
            seed ^= seed << 5;
            seed.to_be_bytes()[0]
        })
        .take(60)
        .collect();
        let file = auth_conf::made(&mut Choices::new(&bytes));
        credentials += usize::from(auth_conf::hold_made(&file).expect("what holds for files"));
        if number < 400 {
            let said =
                login::hold(&Impostor::made(&mut Choices::new(&bytes))).expect("what holds for logins");
            proofs += usize::from(said > 1);
        }
    }
    assert!(credentials > 150, "{credentials} files of 2,000 have credentials");
    assert!(proofs > 20, "{proofs} logins of 400 come to the client's proof");
}

/// Otherwise the tests above would say nothing.
#[test]
fn made_up_messages_are_messages_often_enough() {
    let mut understood = 0;
    for at in 0..messages::count() {
        for length in 0..40 {
            let content = vec![0; 4 * length];
            understood += usize::from(messages::hold(at, &content).expect("what holds for messages"));
        }
    }
    assert!(
        understood > messages::count() / 2,
        "{understood} of {}",
        messages::count()
    );
}
