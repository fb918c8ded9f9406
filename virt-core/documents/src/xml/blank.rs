//! White space as XML has it: space, tab, line feed and carriage return, and nothing else of Unicode's.

/// Whether the character is white space.
pub(crate) const fn is_space(character: char) -> bool {
    matches!(character, ' ' | '\t' | '\n' | '\r')
}

/// Whether the text has nothing but white space.
pub(crate) fn is_blank(text: &str) -> bool {
    text.bytes().all(|byte| is_space(char::from(byte)))
}

/// The text without the white space around it.
pub(crate) fn trimmed(text: &str) -> &str {
    text.trim_matches(is_space)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_white_space_of_xml_is_blank() {
        assert!(is_blank("") && is_blank(" \t\r\n"));
        for written in ["\u{A0}", "\u{3000}", "\u{85}", "\u{2028}", " \u{2003} "] {
            assert!(!is_blank(written), "{written:?}");
            assert_eq!(trimmed(&format!(" {written}\n")), trimmed(written));
        }
        assert_eq!(trimmed("\n\u{A0}a \t"), "\u{A0}a");
    }
}
