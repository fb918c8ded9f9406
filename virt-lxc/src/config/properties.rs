//! What holds for every configuration.

use proptest::prelude::*;

use super::ContainerConfig;

/// A line as people and programs write them.
fn line() -> impl Strategy<Value = String> {
    let key = "lxc(\\.[a-z0-9_]{1,6}){1,3}";
    let value = "[ -~é\t]{0,20}";
    prop_oneof![
        Just(String::new()),
        "[ \t]{1,3}",
        "[ \t]{0,2}#[ -~]{0,20}",
        ("[ \t]{0,2}", key, "[ \t]{0,2}", "[ \t]{0,2}", value)
            .prop_map(|(a, b, c, d, e)| format!("{a}{b}{c}={d}{e}")),
    ]
}

fn text() -> impl Strategy<Value = String> {
    let lines = prop::collection::vec((line(), prop_oneof![Just("\n"), Just("\r\n")]), 0..20);
    (lines, line()).prop_map(|(lines, last)| {
        let mut text: String = lines.into_iter().map(|(line, end)| line + end).collect();
        text.push_str(&last);
        text
    })
}

proptest! {
    #[test]
    fn what_was_read_is_written_byte_for_byte(text in text()) {
        prop_assert_eq!(ContainerConfig::parse(&text).unwrap().to_string(), text);
    }

    #[test]
    fn any_text_is_read_or_refused(text in "\\PC{0,60}|[\\x00-\\x7f]{0,60}") {
        if let Ok(config) = ContainerConfig::parse(&text) {
            prop_assert_eq!(config.to_string(), text);
        }
    }

    #[test]
    fn what_was_set_is_what_is_read(text in text(), key in "lxc\\.[a-z]{1,3}", value in "[ -~é\t]{0,20}") {
        let mut config = ContainerConfig::parse(&text).unwrap();
        let others = |config: &ContainerConfig| {
            let entries = config.entries().filter(|entry| entry.key != key);
            entries.map(|entry| (entry.key.to_owned(), entry.value.to_owned())).collect::<Vec<_>>()
        };
        let before = others(&config);
        config.set(&key, &value).unwrap();
        let again = ContainerConfig::parse(&config.to_string()).unwrap();
        prop_assert_eq!(again.get(&key), Some(value.as_str()).filter(|value| !value.is_empty()));
        prop_assert_eq!(others(&again), before);
        config.remove(&key);
        prop_assert!(!config.contains(&key));
    }

    #[test]
    fn all_values_that_were_set_are_read(text in text(), values in prop::collection::vec("[!-~]{1,8}", 0..5)) {
        let mut config = ContainerConfig::parse(&text).unwrap();
        config.set_all("lxc.cap.drop", &values).unwrap();
        let again = ContainerConfig::parse(&config.to_string()).unwrap();
        prop_assert_eq!(again.all("lxc.cap.drop"), values);
    }

    #[test]
    fn modern_names_stay(text in text()) {
        let modern = ContainerConfig::parse(&text).unwrap().modernized();
        prop_assert!(!modern.is_legacy());
        prop_assert_eq!(modern.modernized(), modern);
    }
}
