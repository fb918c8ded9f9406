//! Where tags begin and end, byte after byte: as much of XML as it takes to find elements in a text that is still coming.
//!
//! Nothing is judged here. What this takes for an element is read as XML afterwards, and what is no XML is told then.

/// What a byte has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ended {
    /// Nothing.
    Nothing,
    /// A tag that opens an element, `<name …>`.
    Opening,
    /// One that opens and closes it, `<name …/>`.
    Whole,
    /// One that closes it, `</name>`.
    Closing,
}

/// What is gone through at the moment.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Within {
    #[default]
    Text,
    /// Behind a `<`.
    Begun,
    /// A tag that opens; in a value between these quotes, or in none; whether a `/` was the last byte.
    Opening {
        quote: Option<u8>,
        slash: bool,
    },
    Closing,
    /// Behind `<!`, and behind `<!-`.
    Exclaimed,
    Dashed,
    /// A comment, a section, an instruction: how many bytes of its end have been seen.
    Comment(u8),
    Section(u8),
    Instruction(bool),
    /// A declaration, which no answer has.
    Declaration,
}

/// Goes through a text.
#[derive(Debug, Default)]
pub(super) struct Markup {
    within: Within,
}

impl Markup {
    /// Whether it is between tags.
    pub(super) fn is_text(&self) -> bool {
        self.within == Within::Text
    }

    /// Takes the next byte.
    pub(super) fn take(&mut self, byte: u8) -> Ended {
        let (next, ended) = match (self.within, byte) {
            (Within::Text, b'<') => (Within::Begun, Ended::Nothing),
            (Within::Text, _) => (Within::Text, Ended::Nothing),
            (Within::Begun, b'/') => (Within::Closing, Ended::Nothing),
            (Within::Begun, b'!') => (Within::Exclaimed, Ended::Nothing),
            (Within::Begun, b'?') => (Within::Instruction(false), Ended::Nothing),
            (Within::Begun, _) => (opening(None, false), Ended::Nothing),
            (Within::Opening { quote: None, slash }, b'>') => {
                let ended = if slash { Ended::Whole } else { Ended::Opening };
                (Within::Text, ended)
            }
            (Within::Opening { quote: None, .. }, b'"' | b'\'') => {
                (opening(Some(byte), false), Ended::Nothing)
            }
            (Within::Opening { quote: None, .. }, _) => (opening(None, byte == b'/'), Ended::Nothing),
            (Within::Opening { quote, .. }, _) => {
                let quote = quote.filter(|quote| *quote != byte);
                (opening(quote, false), Ended::Nothing)
            }
            (Within::Closing, b'>') => (Within::Text, Ended::Closing),
            (Within::Closing, _) => (Within::Closing, Ended::Nothing),
            (Within::Exclaimed, b'-') => (Within::Dashed, Ended::Nothing),
            (Within::Exclaimed, b'[') => (Within::Section(0), Ended::Nothing),
            (Within::Exclaimed, _) => (Within::Declaration, Ended::Nothing),
            (Within::Dashed, b'-') => (Within::Comment(0), Ended::Nothing),
            (Within::Dashed, _) => (Within::Declaration, Ended::Nothing),
            (Within::Comment(2) | Within::Section(2) | Within::Declaration, b'>') => {
                (Within::Text, Ended::Nothing)
            }
            (Within::Comment(seen), b'-') => (Within::Comment(seen.saturating_add(1).min(2)), Ended::Nothing),
            (Within::Comment(_), _) => (Within::Comment(0), Ended::Nothing),
            (Within::Section(seen), b']') => (Within::Section(seen.saturating_add(1).min(2)), Ended::Nothing),
            (Within::Section(_), _) => (Within::Section(0), Ended::Nothing),
            (Within::Declaration, _) => (Within::Declaration, Ended::Nothing),
            (Within::Instruction(true), b'>') => (Within::Text, Ended::Nothing),
            (Within::Instruction(_), _) => (Within::Instruction(byte == b'?'), Ended::Nothing),
        };
        self.within = next;
        ended
    }
}

fn opening(quote: Option<u8>, slash: bool) -> Within {
    Within::Opening { quote, slash }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ends(text: &str) -> Vec<(usize, Ended)> {
        let mut markup = Markup::default();
        let taken = text.bytes().map(|byte| markup.take(byte)).enumerate();
        let ends = taken.filter(|(_, ended)| *ended != Ended::Nothing).collect();
        assert!(markup.is_text(), "{text} ends within something");
        ends
    }

    #[test]
    fn tags_are_found_and_what_only_looks_like_one_is_not() {
        let plain = [(2, Ended::Opening), (6, Ended::Whole), (10, Ended::Closing)];
        assert_eq!(ends("<a><b/></a>"), plain);
        assert_eq!(ends("<a b='>' c=\"/>'\">"), [(16, Ended::Opening)]);
        assert_eq!(ends("<a b='/'>"), [(8, Ended::Opening)]);
        for nothing in [
            "text",
            "<?xml version='1.0'?>",
            "<!-- <a> -- > -->",
            "<![CDATA[ <a> ]> ]]]>",
            "<!--->-->",
            "<!X>",
        ] {
            assert_eq!(ends(nothing), [], "{nothing}");
        }
    }
}
