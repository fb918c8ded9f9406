//! Any value is read back as it was written, and no bytes make reading panic.

use bytes::Bytes;
use proptest::collection::vec;
use proptest::prelude::{Just, Strategy, any, prop_oneof, proptest};
use uuid::Uuid;

use super::{
    Bounded, CharArray, Chars, STRING_MAX, TypedParam, TypedParams, TypedValue, Xdr, XdrError, XdrReader,
    XdrString, XdrWriter, from_bytes, to_bytes,
};
use crate::protocol::net::{MessageDomain, MessageError};
use crate::protocol::remote::connect::ConnectGetAllDomainStatsRet;
use crate::protocol::remote::domain::{DomainGetInfoRet, DomainStatsRecord};
use crate::protocol::remote::domain_block::DomainBlockPeekRet;
use crate::protocol::remote::node::NodeGetInfoRet;
use crate::protocol::remote::object::Domain;

fn string() -> impl Strategy<Value = XdrString> {
    vec(any::<u8>(), 0..40).prop_map(XdrString::from)
}

fn value() -> impl Strategy<Value = TypedValue> {
    prop_oneof![
        any::<i32>().prop_map(TypedValue::Int),
        any::<u32>().prop_map(TypedValue::UInt),
        any::<i64>().prop_map(TypedValue::LLong),
        any::<u64>().prop_map(TypedValue::ULLong),
        proptest::num::f64::NORMAL.prop_map(TypedValue::Double),
        any::<bool>().prop_map(TypedValue::Boolean),
        string().prop_map(TypedValue::String),
    ]
}

fn params() -> impl Strategy<Value = TypedParams> {
    let param = (string(), value()).prop_map(|(field, value)| TypedParam { field, value });
    vec(param, 0..10).prop_map(|params| params.into_iter().collect())
}

fn domain() -> impl Strategy<Value = Domain> {
    (string(), any::<[u8; 16]>(), any::<i32>()).prop_map(|(name, uuid, id)| Domain {
        name,
        uuid: Uuid::from_bytes(uuid),
        id,
    })
}

fn statistics() -> impl Strategy<Value = ConnectGetAllDomainStatsRet> {
    let record = (domain(), params()).prop_map(|(dom, params)| DomainStatsRecord { dom, params });
    vec(record, 0..6).prop_map(|ret_stats| ConnectGetAllDomainStatsRet { ret_stats })
}

fn error() -> impl Strategy<Value = MessageError> {
    let object = prop_oneof![
        Just(None),
        domain().prop_map(|domain| Some(MessageDomain {
            name: domain.name,
            uuid: domain.uuid,
            id: domain.id
        }))
    ];
    let text = proptest::option::of(string());
    (any::<(i32, i32, i32)>(), text, object).prop_map(|((code, domain, int1), message, dom)| MessageError {
        code,
        domain,
        int1,
        message,
        dom,
        ..MessageError::default()
    })
}

fn round_trips<T: Xdr + PartialEq + std::fmt::Debug>(value: &T) {
    let bytes = to_bytes(value).expect("bytes");
    assert_eq!(bytes.len() % 4, 0);
    assert_eq!(&from_bytes::<T>(&bytes).expect("the value"), value);
    let cut = bytes.get(..bytes.len() - 1).unwrap_or_default();
    assert!(matches!(from_bytes::<T>(cut), Err(XdrError::ShortInput { .. })));
    let longer = [bytes.as_slice(), &[0; 4]].concat();
    assert_eq!(from_bytes::<T>(&longer), Err(XdrError::TrailingBytes(4)));
}

/// Decoding may fail, and must do nothing worse.
fn harmless(bytes: &[u8]) {
    let _refused = from_bytes::<ConnectGetAllDomainStatsRet>(bytes);
    let _refused = from_bytes::<MessageError>(bytes);
    let _refused = from_bytes::<NodeGetInfoRet>(bytes);
    let _refused = from_bytes::<DomainBlockPeekRet>(bytes);
}

proptest! {
    #[test]
    fn any_list_of_records_round_trips(value in statistics()) {
        round_trips(&value);
    }

    #[test]
    fn any_error_round_trips(value in error()) {
        round_trips(&value);
    }

    #[test]
    fn any_numbers_round_trip(state: u8, max_mem: u64, memory: u64, nr_virt_cpu: u16, cpu_time: u64) {
        round_trips(&DomainGetInfoRet { state, max_mem, memory, nr_virt_cpu, cpu_time });
    }

    #[test]
    fn any_characters_and_bytes_round_trip(model: [u8; 32], buffer in vec(any::<u8>(), 0..100)) {
        round_trips(&NodeGetInfoRet { model: CharArray(model), ..NodeGetInfoRet::default() });
        round_trips(&DomainBlockPeekRet { buffer: Bytes::from(buffer) });
    }

    #[test]
    fn random_bytes_are_harmless(bytes in vec(any::<u8>(), 0..400)) {
        harmless(&bytes);
    }

    #[test]
    fn changed_bytes_are_harmless(value in statistics(), changes in vec((any::<usize>(), any::<u8>()), 1..8)) {
        let mut bytes = to_bytes(&value).expect("bytes");
        let length = bytes.len();
        for (at, byte) in changes {
            if let Some(place) = bytes.get_mut(at % length) {
                *place = byte;
            }
        }
        harmless(&bytes);
    }
}

#[test]
fn the_bytes_are_those_of_the_specification() {
    let info = DomainGetInfoRet {
        state: 1,
        max_mem: 2,
        memory: 3,
        nr_virt_cpu: 4,
        cpu_time: 5,
    };
    // Small integers take four bytes.
    let expected = [
        [0, 0, 0, 1, 0, 0, 0, 0].as_slice(),
        &[0, 0, 0, 2, 0, 0, 0, 0],
        &[0, 0, 0, 3, 0, 0, 0, 4],
        &[0, 0, 0, 0, 0, 0, 0, 5],
    ];
    assert_eq!(to_bytes(&info).expect("bytes"), expected.concat());
    assert_eq!(
        to_bytes(&Some(XdrString::from("abcde"))).expect("bytes"),
        b"\0\0\0\x01\0\0\0\x05abcde\0\0\0"
    );
    assert_eq!(
        to_bytes(&CharArray(*b"a\xff")).expect("bytes"),
        b"\0\0\0a\xff\xff\xff\xff"
    );
}

#[test]
fn limits_hold_both_ways() {
    let mut out = XdrWriter::new();
    let too_long = Err(XdrError::TooLong { length: 5, limit: 4 });
    assert_eq!(vec![0_u32; 5].encode_within(4, &mut out), too_long);
    assert_eq!(Chars::from("abcde").encode_within(4, &mut out), too_long);
    assert_eq!(Bytes::from_static(b"abcde").encode_within(4, &mut out), too_long);
    let five = [5_u32.to_be_bytes().as_slice(), &[0; 20]].concat();
    let mut input = XdrReader::new(&five);
    let read = Vec::<u32>::decode_within(4, &mut input);
    assert_eq!(read.map(|_| ()), too_long);
    let beyond = (STRING_MAX + 1).to_be_bytes();
    assert!(matches!(
        from_bytes::<XdrString>(&beyond),
        Err(XdrError::TooLong { .. })
    ));
}

#[test]
fn a_list_that_is_not_there_takes_no_memory() {
    // 16,384 records are allowed, and none of them is there.
    let bytes = 16_384_u32.to_be_bytes();
    assert_eq!(
        from_bytes::<ConnectGetAllDomainStatsRet>(&bytes),
        Err(XdrError::ShortInput {
            needed: 4 * 16_384,
            left: 0
        })
    );
}

#[test]
fn what_is_wrong_has_a_name() {
    assert_eq!(
        from_bytes::<Option<u32>>(&[0, 0, 0, 2]),
        Err(XdrError::InvalidFlag(2))
    );
    assert_eq!(
        from_bytes::<u8>(&[0, 0, 1, 0]),
        Err(XdrError::OutOfRange {
            kind: "unsigned char",
            value: 256
        })
    );
    assert_eq!(
        from_bytes::<TypedValue>(&[0, 0, 0, 9]),
        Err(XdrError::UnknownCase {
            union: "typed_param_value",
            value: 9
        })
    );
}

#[test]
fn secrets_are_not_shown() {
    use crate::protocol::remote::secret::SecretSetValueArgs;
    let args = SecretSetValueArgs {
        value: Bytes::from_static(b"hunter2"),
        ..SecretSetValueArgs::default()
    };
    let shown = format!("{args:?}");
    assert!(
        shown.contains("value: (hidden)") && !shown.contains("hunter2"),
        "{shown}"
    );
}

#[test]
fn every_procedure_is_found_by_its_numbers() {
    use crate::protocol::procedure;
    let counts = |program: &str| {
        procedure::all()
            .filter(|info| info.program.name == program)
            .count()
    };
    assert_eq!(
        ["remote", "qemu", "lxc", "admin", "keepalive"].map(counts),
        [453, 7, 1, 20, 2]
    );
    for info in procedure::all() {
        assert_eq!(procedure::find(info.program.number, info.number), Some(info));
    }
    assert_eq!(procedure::find(0x2000_8086, 100_000), None);
}
