//! What the peer sends, decoded: greetings, events and replies. Pure.

use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use super::error::ErrorClass;
use super::event::{QmpEvent, Timestamp};

/// One decoded line.
#[derive(Debug)]
pub(crate) enum Message {
    /// The greeting of a monitor.
    Greeting(Greeting),
    /// An event.
    Event(QmpEvent),
    /// The answer to a command; `id` is missing where the peer could not read the command.
    Reply {
        /// The id the command was sent with, if it was one of ours.
        id: Option<u64>,
        /// What was answered.
        outcome: Result<Box<RawValue>, ErrorBody>,
    },
    /// Well-formed JSON of a kind this version does not know.
    Unknown,
}

/// The error object of a reply.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct ErrorBody {
    /// The class.
    #[serde(default = "generic_error")]
    pub(crate) class: ErrorClass,
    /// The description.
    #[serde(default)]
    pub(crate) desc: String,
}

fn generic_error() -> ErrorClass {
    ErrorClass::GenericError
}

/// What a monitor says of itself before the first command.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Greeting {
    /// The version of QEMU.
    #[serde(default)]
    pub version: GreetingVersion,
    /// What the monitor offers: `oob` is the only one known.
    #[serde(default)]
    pub capabilities: Vec<String>,
}

impl Greeting {
    /// Whether commands can be executed out of band, past a command that blocks the monitor.
    #[must_use]
    pub fn offers_oob(&self) -> bool {
        self.capabilities.iter().any(|capability| capability == "oob")
    }
}

/// The version in a greeting, as in the reply of `query-version`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct GreetingVersion {
    /// The three numbers.
    #[serde(default)]
    pub qemu: QemuVersion,
    /// The distribution's package name and revision; may be empty.
    #[serde(default)]
    pub package: String,
}

/// A version of QEMU.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, serde::Serialize,
)]
pub struct QemuVersion {
    /// Major number.
    #[serde(default)]
    pub major: u32,
    /// Minor number.
    #[serde(default)]
    pub minor: u32,
    /// Micro number; 50 and above in a development version.
    #[serde(default)]
    pub micro: u32,
}

impl QemuVersion {
    /// The version with these numbers.
    #[must_use]
    pub const fn new(major: u32, minor: u32, micro: u32) -> Self {
        Self { major, minor, micro }
    }
}

impl std::fmt::Display for QemuVersion {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.micro)
    }
}

#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(rename = "QMP")]
    greeting: Option<Greeting>,
    event: Option<std::borrow::Cow<'a, str>>,
    #[serde(default)]
    data: serde_json::Value,
    #[serde(default)]
    timestamp: Timestamp,
    #[serde(rename = "return", default, deserialize_with = "present", borrow)]
    returned: Option<&'a RawValue>,
    error: Option<ErrorBody>,
    #[serde(default, deserialize_with = "lenient_id")]
    id: Option<u64>,
}

/// Keeps `null` as a value: a reply of `null` is an answer.
fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<&'de RawValue>, D::Error> {
    <&RawValue>::deserialize(deserializer).map(Some)
}

/// An id that is not a number of ours is someone else's.
fn lenient_id<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u64>, D::Error> {
    Ok(serde_json::Value::deserialize(deserializer)?.as_u64())
}

/// Decodes one line; the error says what is wrong with it, without repeating it.
pub(crate) fn decode(line: &[u8]) -> Result<Message, serde_json::Error> {
    let envelope: Envelope<'_> = serde_json::from_slice(line)?;
    Ok(if let Some(name) = envelope.event {
        Message::Event(QmpEvent::decode(
            name.into_owned(),
            envelope.data,
            envelope.timestamp,
        ))
    } else if let Some(error) = envelope.error {
        Message::Reply {
            id: envelope.id,
            outcome: Err(error),
        }
    } else if let Some(returned) = envelope.returned {
        Message::Reply {
            id: envelope.id,
            outcome: Ok(returned.to_owned()),
        }
    } else if let Some(greeting) = envelope.greeting {
        Message::Greeting(greeting)
    } else {
        Message::Unknown
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_greeting_of_qemu_is_understood() {
        let line = br#"{"QMP": {"version": {"qemu": {"micro": 2, "minor": 0, "major": 10}, "package": "Debian 1:10.0.2"}, "capabilities": ["oob", "later"]}}"#;
        let Message::Greeting(greeting) = decode(line).unwrap() else {
            panic!("not a greeting")
        };
        assert_eq!(greeting.version.qemu, QemuVersion::new(10, 0, 2));
        assert!(greeting.offers_oob());
    }

    #[test]
    fn a_reply_of_null_is_a_reply() {
        let Message::Reply { id, outcome } = decode(br#"{"return":null,"id":3}"#).unwrap() else {
            panic!("not a reply")
        };
        assert_eq!(id, Some(3));
        assert_eq!(outcome.unwrap().get(), "null");
    }

    #[test]
    fn a_foreign_id_is_none_of_ours() {
        for line in [
            r#"{"return":{},"id":"libvirt-1"}"#,
            r#"{"return":{}}"#,
            r#"{"return":{},"id":-1}"#,
        ] {
            assert!(
                matches!(decode(line.as_bytes()).unwrap(), Message::Reply { id: None, .. }),
                "{line}"
            );
        }
    }

    #[test]
    fn an_unknown_object_is_no_error_and_garbage_is() {
        assert!(matches!(decode(br#"{"news":1}"#).unwrap(), Message::Unknown));
        for garbage in [
            &b"hello"[..],
            b"{",
            b"[1]",
            b"\xff\xfe",
            b"{}{}",
            b"{\"event\":3}",
        ] {
            assert!(decode(garbage).is_err(), "{garbage:?}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_make_the_decoder_panic(bytes in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..200)) {
            let _either = decode(&bytes);
        }
    }
}
