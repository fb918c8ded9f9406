//! What holds for every file.

use proptest::prelude::*;

use super::{Vmx, escape, escape_name, unescape, unescape_name};

proptest! {
    /// Nothing panics, and what is taken is written as it was.
    #[test]
    fn any_bytes_are_taken_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        if let Ok(vmx) = Vmx::from_bytes(&bytes) {
            prop_assert_eq!(vmx.to_bytes().unwrap(), bytes);
        }
    }

    /// The same of texts that look like files.
    #[test]
    fn any_text_is_taken_or_refused(text in "([#a-zA-Z0-9.:é|\"= \t]{0,20}(\r?\n)?){0,6}") {
        if let Ok(vmx) = Vmx::parse(&text) {
            prop_assert_eq!(vmx.to_string(), text);
        }
    }

    /// What is set is there, and nothing else is changed.
    #[test]
    fn what_is_set_is_read(
        lines in proptest::collection::vec(("[a-z]{1,2}", "[ -!#-~é]{0,5}"), 0..6),
        key in "[a-z]{1,2}",
        text in "\\PC{0,8}[\n\"|%]{0,2}",
    ) {
        let file: String = lines.iter().map(|(key, value)| format!("{key} = \"{value}\"\n")).collect();
        let mut vmx = Vmx::parse(&file).unwrap();
        vmx.set_text(&key, &text).unwrap();
        let again = Vmx::parse(&vmx.to_string()).unwrap();
        prop_assert_eq!(again.text(&key), Some(text));
        for (other, _) in lines.iter().filter(|(other, _)| *other != key) {
            let before = lines.iter().find(|(one, _)| one == other).map(|(_, value)| value.as_str());
            prop_assert_eq!(again.get(other), before);
        }
    }

    #[test]
    fn escapes_come_back(text in "\\PC{0,12}|[%|\"\n/a-f0-9]{0,8}") {
        let (one, name) = (escape(&text), escape_name(&text));
        prop_assert_eq!(unescape(&one), Ok(text.clone()));
        prop_assert_eq!(unescape_name(&name), Ok(text));
    }
}
