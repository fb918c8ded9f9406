//! Every type of document at once: any value is written and read back equal, and hostile bytes are refused or kept.
//!
//! The documents are made through the engine's view of them, so a new type is covered by being in `AnyDocument`.
#![expect(
    clippy::indexing_slicing,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

#[allow(unreachable_pub, reason = "the fuzz targets share these files")]
mod choices;
#[allow(unreachable_pub, reason = "the fuzz targets share these files")]
mod generate;
#[allow(unreachable_pub, reason = "the fuzz targets share these files")]
mod laws;
mod wild;

use choices::Choices;
use proptest::collection::vec;
use proptest::prelude::any;
use proptest::test_runner::{Config, TestCaseError, TestError, TestRunner};
use virt_core::model::AnyDocument;

/// Tries the law on decisions by random bytes, for each type of document; a failure names the type and the fewest bytes.
fn for_every_root(law: fn(&str, &[u8]) -> Result<(), String>) {
    // The time there is does not grow with the number of types.
    let types = u32::try_from(AnyDocument::ROOTS.len()).unwrap_or(1);
    let cases = Config::default().cases * 6 / (types + 5);
    for root in AnyDocument::ROOTS {
        let config = Config {
            failure_persistence: None,
            max_shrink_iters: 4096,
            cases,
            ..Config::default()
        };
        let tried = TestRunner::new(config).run(&vec(any::<u8>(), 0..900), |bytes| {
            law(root, &bytes).map_err(TestCaseError::fail)
        });
        match tried {
            Ok(()) => {}
            Err(TestError::Fail(why, bytes)) => {
                let bytes: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
                panic!("{root}: {why}\ndecisions {bytes}");
            }
            Err(TestError::Abort(why)) => panic!("{root}: {why}"),
        }
    }
}

#[test]
fn any_value_is_written_and_read_back_equal() {
    for_every_root(|root, bytes| laws::hold(&generate::document(root, &mut Choices::new(bytes))));
}

#[test]
fn two_documents_differ_exactly_when_they_are_not_equal() {
    for_every_root(|root, bytes| {
        // Two documents that have much in common: the same decisions but for some.
        let mut other = bytes.to_vec();
        if let (Some(place), Some(byte)) = (bytes.first(), bytes.last()) {
            let place = usize::from(*place) * 3 % other.len();
            other[place] = byte.wrapping_add(1);
        }
        let one = generate::document(root, &mut Choices::new(bytes));
        let other = generate::document(root, &mut Choices::new(&other));
        laws::differ_as_told(&one, &other)?;
        laws::differ_as_told(&other, &one)
    });
}

/// What people put where no type looks is written as it is, or refused.
#[test]
fn what_is_put_in_by_hand_is_kept_or_refused() {
    for_every_root(|root, bytes| {
        wild::written_as_it_is_or_refused(&wild::document(root, &mut Choices::new(bytes)))
    });
}

#[test]
fn a_secret_is_shown_nowhere() {
    for_every_root(|root, bytes| {
        let document = generate::document(root, &mut Choices::new(bytes));
        let empty = AnyDocument::empty(root).expect("it has a type");
        let shown = [
            document.to_string(),
            format!("{document:?}"),
            serde_json::to_string(&document).map_err(|error| error.to_string())?,
            format!("{:?}", empty.diff(&document)),
            format!("{:?}", document.diff(&empty)),
            document
                .validate()
                .err()
                .map(|error| error.to_string())
                .unwrap_or_default(),
        ];
        match shown.iter().find(|text| text.contains(generate::SECRET)) {
            Some(text) => Err(format!("a secret is shown: {text}")),
            None => Ok(()),
        }
    });
}

#[test]
fn mutated_documents_are_refused_at_a_place_or_kept() {
    for_every_root(|root, bytes| {
        let (seed, mutations) = bytes.split_at(bytes.len() / 2);
        let text = generate::document(root, &mut Choices::new(seed)).to_xml();
        let mutated = mutated(text.into_bytes(), &mut Choices::new(mutations));
        laws::hold_for_bytes(&mutated).map(drop)
    });
}

/// What was found by fuzzing and by these tests, once each.
#[test]
fn what_was_wrong_once_stays_right() {
    for text in [
        // Stray texts with something typed or a comment between them are one text in the canonical form.
        "<domain type='kvm'>a<name>b</name>c<vcpu>1</vcpu><!-- d -->e</domain>",
        // An attribute whose name begins with xmlns is an ordinary one.
        "<domain type='kvm' xmlnsq='urn:q'><name>b</name><q:c/></domain>",
        // Elements in a default namespace, and out of it again.
        "<domain type='kvm'><name>b</name><c xmlns='urn:c'><d xmlns=''><e/></d></c></domain>",
    ] {
        let document = laws::hold_for_bytes(text.as_bytes());
        assert!(matches!(&document, Ok(Some(_))), "{text}: {document:?}");
    }
}

/// The text with up to eight changes: bytes replaced, pieces taken out, doubled or put elsewhere, markup put in.
fn mutated(mut text: Vec<u8>, choices: &mut Choices<'_>) -> Vec<u8> {
    const MARKUP: &[&str] = &[
        "<",
        ">",
        "/>",
        "</a>",
        "<a>",
        "&amp;",
        "&#x0;",
        "&x;",
        "<!--",
        "-->",
        "<![CDATA[",
        "]]>",
        "<?p?>",
        "<!DOCTYPE x>",
        "'",
        "\"",
        " xmlns='u'",
        " xmlns:q='u'",
        "q:",
        "\u{0}",
        "\u{FEFF}",
        " ",
        "\r\n",
        "<address/>",
        "<source/>",
        "0x",
        "-",
    ];
    for _ in 0..1 + choices.below(8) {
        if text.is_empty() || choices.is_empty() {
            break;
        }
        let at = choices.below(text.len());
        let end = (at + choices.below(40)).min(text.len());
        match choices.below(5) {
            0 => text[at] = choices.byte(),
            1 => drop(text.drain(at..end)),
            2 => {
                let piece = text[at..end].to_vec();
                text.splice(at..at, piece);
            }
            3 => {
                let piece: Vec<u8> = text.drain(at..end).collect();
                let to = choices.below(text.len() + 1);
                text.splice(to..to, piece);
            }
            _ => {
                let markup = choices.pick(MARKUP).bytes();
                text.splice(at..at, markup);
            }
        }
    }
    text
}
