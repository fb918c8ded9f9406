//! Entity and character references, and the characters XML allows.

use std::borrow::Cow;

use super::byte_set::ByteSet;
use super::error::{XmlError, XmlProblem};
use super::name_key::plain_name_length;

/// Refuses the first character of `text` that XML 1.0 does not allow, with its byte offset.
pub(super) fn check_characters(text: &str) -> Result<(), (usize, XmlError)> {
    // Without branches inside, so that a clean text is passed over many bytes at a time.
    let chunks = text.as_bytes().chunks(64);
    if chunks.into_iter().any(is_suspicious)
        && let Some((at, found)) = text.char_indices().find(|(_, found)| !is_allowed(*found))
    {
        return Err((at, illegal(found)));
    }
    Ok(())
}

/// The first character of `text` that XML 1.0 does not allow.
pub(super) fn first_illegal(text: &str) -> Option<char> {
    if !is_suspicious(text.as_bytes()) {
        return None;
    }
    text.chars().find(|character| !is_allowed(*character))
}

/// Whether there may be a character that is not allowed: a control character, or one with U+FFFE's first byte.
fn is_suspicious(bytes: &[u8]) -> bool {
    bytes.iter().fold(false, |found, byte| {
        found | ((*byte < 0x20) & (*byte != b'\t') & (*byte != b'\n') & (*byte != b'\r')) | (*byte == 0xEF)
    })
}

/// Text between tags: line ends become `\n`.
pub(super) fn text_content(raw: &str) -> Cow<'_, str> {
    if raw.contains('\r') {
        Cow::Owned(raw.replace("\r\n", "\n").replace('\r', "\n"))
    } else {
        Cow::Borrowed(raw)
    }
}

/// Which bytes of an attribute's value stand for something else, or are not allowed there.
static SPECIAL: ByteSet = ByteSet::of(b"&<", 0x20);

/// Whether a byte of an attribute's value stands for something else, or is not allowed there.
pub(super) fn is_special(byte: u8) -> bool {
    SPECIAL.has(byte)
}

/// The value of an attribute that has special bytes: white space becomes spaces, references are resolved.
pub(super) fn attribute_value(raw: &str) -> Result<String, XmlError> {
    let mut value = String::with_capacity(raw.len());
    let mut rest = raw;
    while let Some(at) = rest.find(['&', '<', '\t', '\n', '\r']) {
        let (before, special) = rest.split_at(at);
        value.push_str(before);
        if let Some(reference) = special.strip_prefix('&') {
            let Some((name, after)) = reference.split_once(';') else {
                return Err(XmlError::new(XmlProblem::Syntax(
                    "a reference in an attribute has no ';'".into(),
                )));
            };
            value.push(resolve(name)?);
            rest = after;
        } else if special.starts_with('<') {
            return Err(XmlError::new(XmlProblem::Syntax(
                "'<' in the value of an attribute".into(),
            )));
        } else {
            value.push(' ');
            rest = special
                .strip_prefix("\r\n")
                .or_else(|| special.get(1..))
                .unwrap_or_default();
        }
    }
    value.push_str(rest);
    Ok(value)
}

/// The character a reference stands for; `name` is what stands between `&` and `;`.
pub(super) fn resolve(name: &str) -> Result<char, XmlError> {
    match name {
        "lt" => Ok('<'),
        "gt" => Ok('>'),
        "amp" => Ok('&'),
        "apos" => Ok('\''),
        "quot" => Ok('"'),
        _ => match name.strip_prefix('#') {
            Some(number) => numbered(name, number),
            None => Err(XmlError::new(XmlProblem::Entity(shortened(name)))),
        },
    }
}

fn numbered(name: &str, number: &str) -> Result<char, XmlError> {
    let (digits, radix) = match number.strip_prefix('x') {
        Some(hex) => (hex, 16),
        None => (number, 10),
    };
    let plain = !digits.is_empty() && digits.chars().all(|digit| digit.is_digit(radix));
    let code = if plain {
        u32::from_str_radix(digits, radix).unwrap_or(u32::MAX)
    } else {
        u32::MAX
    };
    if !plain {
        return Err(XmlError::new(XmlProblem::Syntax(format!(
            "'&{};' is no character reference",
            shortened(name)
        ))));
    }
    match char::from_u32(code) {
        Some(found) if is_allowed(found) => Ok(found),
        _ => Err(XmlError::new(XmlProblem::IllegalCharacter(code))),
    }
}

/// Whether XML 1.0 allows the character at all.
pub(super) fn is_allowed(character: char) -> bool {
    matches!(character, '\t' | '\n' | '\r' | '\u{20}'..='\u{FFFD}' | '\u{10000}'..)
}

/// Whether the text is a name as XML has it, with at most one colon inside.
pub(super) fn is_name(text: &str) -> bool {
    if plain_name_length(text.as_bytes()) == Some(text.len()) {
        return true;
    }
    let mut colons = 0_u8;
    let mut start = true;
    for character in text.chars() {
        let fits = match character {
            'a'..='z' | 'A'..='Z' | '_' => true,
            '0'..='9' | '-' | '.' | '\u{B7}' => !start,
            ':' => {
                colons += 1;
                !start && colons == 1
            }
            '\u{C0}'.. => {
                !matches!(character, '\u{D7}' | '\u{F7}' | '\u{37E}' | '\u{2000}'..='\u{200B}' | '\u{2190}'..='\u{2BFF}')
            }
            _ => false,
        };
        if !fits {
            return false;
        }
        start = character == ':';
    }
    !start && text.len() <= 250
}

/// Refuses the content of a processing instruction that does not begin with a target; the reason, for people.
pub(super) fn check_target(instruction: &str) -> Result<(), String> {
    let target = instruction.split([' ', '\t', '\n']).next().unwrap_or_default();
    match is_name(target) && !target.eq_ignore_ascii_case("xml") {
        true => Ok(()),
        false => Err(format!(
            "'{}' is no target of a processing instruction",
            shortened(target)
        )),
    }
}

fn illegal(character: char) -> XmlError {
    XmlError::new(XmlProblem::IllegalCharacter(u32::from(character)))
}

/// At most 40 characters of a text, for messages.
pub(super) fn shortened(text: &str) -> String {
    match text.char_indices().nth(40) {
        Some((at, _)) => format!("{}…", text.get(..at).unwrap_or_default()),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_of_xml_are_resolved() {
        assert_eq!(
            attribute_value("a&lt;&#x41;&#66;&amp;\n\r\nb").unwrap(),
            "a<AB&  b"
        );
    }

    #[test]
    fn other_entities_and_illegal_characters_are_refused() {
        assert!(matches!(resolve("xxe").unwrap_err().problem(), XmlProblem::Entity(name) if name == "xxe"));
        for name in ["#0", "#x0", "#xFFFE", "#xD800", "#99999999999", "#1"] {
            assert!(
                matches!(
                    resolve(name).unwrap_err().problem(),
                    XmlProblem::IllegalCharacter(_)
                ),
                "{name}"
            );
        }
        for name in ["#", "#x", "#+65", "#6_5"] {
            assert!(
                matches!(resolve(name).unwrap_err().problem(), XmlProblem::Syntax(_)),
                "{name}"
            );
        }
        assert!(attribute_value("a<b").is_err());
        assert!(attribute_value("a&b").is_err());
    }

    #[test]
    fn names_are_checked() {
        for good in ["a", "on_poweroff", "qemu:arg", "é", "x-y.z1"] {
            assert!(is_name(good), "{good}");
        }
        for bad in ["", "1a", ":a", "a:", "a:b:c", "a b", "a<", "-a"] {
            assert!(!is_name(bad), "{bad}");
        }
    }

    #[test]
    fn control_characters_are_found_with_their_offset() {
        assert_eq!(check_characters("ab\u{0}").unwrap_err().0, 2);
        assert_eq!(check_characters("ab\u{FFFE}").unwrap_err().0, 2);
        assert!(check_characters("\u{FEFF}é\t\r\n ok\u{F000}").is_ok());
    }
}
