//! What holds for every file.

use proptest::prelude::*;

use super::{Syntax, Value, XenConfig};

pub(crate) fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        "[^\\x00]{0,20}".prop_map(Value::Text),
        "['\"\\\\a\n]{0,8}".prop_map(Value::Text),
        (-1000_i64..i64::MAX).prop_map(Value::Integer),
    ];
    leaf.prop_recursive(4, 16, 4, |inner| {
        prop::collection::vec(inner, 0..4).prop_map(Value::List)
    })
}

/// A statement as people write it.
fn statement() -> impl Strategy<Value = String> {
    let raw = prop_oneof![
        "\"[a-z ,=#;]{0,12}\"",
        "'[a-z ,=#;\"]{0,12}'",
        "0x[0-9a-f]{1,8}",
        "-?[1-9][0-9]{0,6}",
        "\\[ ?('[a-z]{0,3}' ?, ?\n?){0,3}\\]",
        "\\[\\[1, # x\n 2 \\] ,\\]",
    ];
    let operator = prop_oneof![Just("="), Just(" = "), Just("\t=  ")];
    let end = prop_oneof![
        Just("\n"),
        Just("\r\n"),
        Just(" ; "),
        Just(" # c\n"),
        Just(" \n\n")
    ];
    prop_oneof![
        Just("\n".to_owned()),
        "#[ -~é]{0,12}\n",
        ("[ \t]{0,2}", "[a-z_]{1,3}", operator, raw, end)
            .prop_map(|(a, key, operator, raw, end)| format!("{a}{key}{operator}{raw}{end}")),
    ]
}

fn text() -> impl Strategy<Value = String> {
    prop::collection::vec(statement(), 0..10).prop_map(|all| all.concat())
}

fn others(config: &XenConfig, key: &str) -> Vec<(String, Value)> {
    let entries = config.entries().filter(|entry| entry.key != key);
    entries
        .map(|entry| (entry.key.to_owned(), entry.value.clone()))
        .collect()
}

proptest! {
    #[test]
    fn what_was_read_is_written_byte_for_byte(text in text()) {
        prop_assert_eq!(XenConfig::parse(&text).unwrap().to_string(), text);
    }

    #[test]
    fn any_text_is_read_or_refused(text in "\\PC{0,60}|[\\x00-\\x7f]{0,60}|[a=\\[\\]'\",#;\\\\\n 0x+-]{0,60}") {
        if let Ok(config) = XenConfig::parse(&text) {
            prop_assert_eq!(config.to_string(), text);
        }
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..80)) {
        if let Ok(config) = XenConfig::from_bytes(&bytes, Syntax::Xm) {
            prop_assert_eq!(config.to_string().into_bytes(), bytes);
        }
    }

    #[test]
    fn what_was_set_is_what_is_read(
        text in text(), key in "[a-z]{1,3}", value in value(), syntax in prop_oneof![Just(Syntax::Xl), Just(Syntax::Xm)]
    ) {
        let mut config = XenConfig::parse_as(&text, syntax).unwrap();
        let before = others(&config, &key);
        config.set(&key, value.clone()).unwrap();
        let again = XenConfig::parse_as(&config.to_string(), syntax).unwrap();
        prop_assert_eq!(again.get(&key), Some(value));
        prop_assert_eq!(others(&again, &key), before.clone());
        config.remove(&key);
        let again = XenConfig::parse_as(&config.to_string(), syntax).unwrap();
        prop_assert!(!again.contains(&key));
        prop_assert_eq!(others(&again, &key), before);
    }

    #[test]
    fn a_value_is_read_as_it_was_written(value in value()) {
        prop_assert_eq!(value.to_string().parse::<Value>().unwrap(), value);
    }
}
