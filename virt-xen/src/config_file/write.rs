//! How values are written.

use super::value::{Value, write_integer};

/// Whose file it is; what is read is the same, what is written for one is not always read by the other.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Syntax {
    /// xl's: xl.cfg(5).
    #[default]
    Xl,
    /// xm's, in libvirt's spelling: a string that has quotes of both kinds stands in three of them.
    Xm,
}

pub(super) fn write_value(value: &Value, syntax: Syntax, out: &mut String) {
    match value {
        Value::Text(text) => write_text(text, syntax, out),
        Value::Integer(number) => write_integer(*number, out),
        Value::List(values) if values.is_empty() => out.push_str("[ ]"),
        Value::List(values) => {
            out.push_str("[ ");
            for (number, value) in values.iter().enumerate() {
                if number > 0 {
                    out.push_str(", ");
                }
                write_value(value, syntax, out);
            }
            out.push_str(" ]");
        }
    }
}

/// Strings that have neither quotes nor escapes are written as libvirt writes them.
fn write_text(text: &str, syntax: Syntax, out: &mut String) {
    let (double, single) = (text.contains('"'), text.contains('\''));
    let quote = match (double, single) {
        (false, _) => "\"",
        (true, false) => "'",
        (true, true) if syntax == Syntax::Xm && !text.ends_with('"') && !text.contains("\"\"\"") => "\"\"\"",
        (true, true) => "\"",
    };
    out.push_str(quote);
    for one in text.chars() {
        match one {
            '\\' => out.push_str("\\\\"),
            '"' if double && single && quote == "\"" => out.push_str("\\\""),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push('\t'),
            one if one.is_ascii_control() => {
                out.push_str("\\x");
                for digit in [u32::from(one) / 16, u32::from(one) % 16] {
                    out.extend(char::from_digit(digit, 16));
                }
            }
            one => out.push(one),
        }
    }
    out.push_str(quote);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_are_written_so_that_they_are_read() {
        for (text, xl, xm) in [
            ("a b", "\"a b\"", "\"a b\""),
            ("it's", "\"it's\"", "\"it's\""),
            ("a\"b", "'a\"b'", "'a\"b'"),
            ("'a\"b", "\"'a\\\"b\"", "\"\"\"'a\"b\"\"\""),
            ("'a\"", "\"'a\\\"\"", "\"'a\\\"\""),
            ("a\\;b", "\"a\\\\;b\"", "\"a\\\\;b\""),
            ("a\nb\x01", "\"a\\nb\\x01\"", "\"a\\nb\\x01\""),
        ] {
            for (syntax, expected) in [(Syntax::Xl, xl), (Syntax::Xm, xm)] {
                let mut out = String::new();
                write_value(&Value::from(text), syntax, &mut out);
                assert_eq!(out, expected);
            }
        }
    }

    #[test]
    fn lists_are_written_as_libvirt_does() {
        let list = Value::List(vec![
            Value::texts(["a", "b"]),
            Value::from(-3_i64),
            Value::List(Vec::new()),
        ]);
        assert_eq!(list.to_string(), "[ [ \"a\", \"b\" ], -3, [ ] ]");
    }
}
