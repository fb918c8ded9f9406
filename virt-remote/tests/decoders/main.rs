//! Every decoder of libvirt's protocol, with made up bytes: what `cargo xtask soak rpc-decoders` does for hours.
#![cfg(feature = "rpc")]
#![allow(clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]
#![allow(unreachable_pub, reason = "the modules of a test are no interface")]

#[path = "../../../virt-core/tests/documents/choices.rs"]
#[allow(dead_code, clippy::indexing_slicing, reason = "it is the documents' too")]
mod choices;
mod connection;
mod messages;

use choices::Choices;
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
