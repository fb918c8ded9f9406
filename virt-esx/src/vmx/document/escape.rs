//! Characters a value cannot have, by their numbers.

use std::fmt::Write;

/// A text as the value of a key: `|`, quotes and control characters by their numbers, `|7c`.
#[must_use]
pub fn escape(text: &str) -> String {
    escaped(text, '|', |one| one == '"' || one.is_ascii_control())
}

/// The text a value stands for.
///
/// # Errors
/// The value itself, where a `|` has no two hexadecimal digits behind it, or the bytes are no text.
pub fn unescape(value: &str) -> Result<String, String> {
    unescaped(value, '|').ok_or_else(|| value.to_owned())
}

/// The name of a machine as the value of `displayName`: what no file name can have also by its number, `%2f`.
#[must_use]
pub fn escape_name(name: &str) -> String {
    escaped(&escape(name), '%', |one| one == '/' || one == '\\')
}

/// The name the value of `displayName` stands for.
///
/// # Errors
/// The value itself, where a `|` or `%` has no two hexadecimal digits behind it, or the bytes are no text.
pub fn unescape_name(value: &str) -> Result<String, String> {
    let name = unescaped(value, '%').and_then(|name| unescaped(&name, '|'));
    name.ok_or_else(|| value.to_owned())
}

fn escaped(text: &str, mark: char, is_special: impl Fn(char) -> bool) -> String {
    let mut out = String::with_capacity(text.len());
    for one in text.chars() {
        if one == mark || is_special(one) {
            // A write to a string does not fail.
            let _written = write!(out, "{mark}{:02x}", u32::from(one));
        } else {
            out.push(one);
        }
    }
    out
}

fn unescaped(value: &str, mark: char) -> Option<String> {
    let mut parts = value.split(mark);
    let mut bytes = parts.next().unwrap_or_default().as_bytes().to_vec();
    for part in parts {
        let (digits, rest) = part.split_at_checked(2)?;
        if !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return None;
        }
        bytes.push(u8::from_str_radix(digits, 16).ok()?);
        bytes.extend_from_slice(rest.as_bytes());
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_stand_for_characters() {
        assert_eq!(unescape("a |7Cb|7c|22|0A").unwrap(), "a |b|\"\n");
        assert_eq!(unescape("caf|c3|a9").unwrap(), "café");
        assert_eq!(unescape_name("a%2fb%25|22").unwrap(), "a/b%\"");
        for bad in ["|", "|2", "|zz", "a|é", "|ff"] {
            assert_eq!(unescape(bad), Err(bad.to_owned()));
        }
        assert!(unescape_name("100%").is_err());
    }

    #[test]
    fn what_is_escaped_comes_back() {
        for text in ["", "a|b", "\"quoted\"", "line\nline\r\n", "%/\\", "é|22"] {
            assert_eq!(unescape(&escape(text)).unwrap(), text);
            assert_eq!(unescape_name(&escape_name(text)).unwrap(), text);
        }
        assert_eq!(escape("|\""), "|7c|22");
        assert_eq!(escape_name("a/b|%"), "a%2fb|7c%25");
    }
}
