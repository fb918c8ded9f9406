//! A text read as settings.

use std::collections::BTreeMap;

use super::cursor::Cursor;
use super::document::{MAX_BYTES, MAX_DEPTH, Operator, Setting, XenConfig};
use super::error::{ConfigFileError, ConfigFileProblem};
use super::value::Value;
use super::write::Syntax;

/// A text as a document.
pub(super) fn parse(text: &str, syntax: Syntax) -> Result<XenConfig, ConfigFileError> {
    if text.len() > MAX_BYTES {
        return Err(ConfigFileError::new(ConfigFileProblem::TooLarge(text.len())));
    }
    let mut cursor = Cursor::new(text);
    let mut config = XenConfig::new(syntax);
    let mut kinds = BTreeMap::new();
    loop {
        let start = cursor.at();
        loop {
            cursor.skip_space()?;
            if !cursor.take(";") {
                break;
            }
        }
        let before = cursor.since(start);
        let Some(first) = cursor.peek() else {
            config.trailer = before.to_owned();
            return Ok(config);
        };
        if !is_first(first) {
            return Err(cursor.error(ConfigFileProblem::NoKey(first)));
        }
        let place = cursor.at();
        let setting = setting(&mut cursor, before)?;
        let kind = Kind::of(&setting.value);
        let had = kinds.insert(setting.key.clone(), kind);
        let is_added = setting.operator == Operator::Add;
        if is_added && had.is_some_and(|had| had != kind || kind == Kind::Integer) {
            return Err(cursor.error_at(place, ConfigFileProblem::OtherKind(setting.key)));
        }
        config.settings.push(setting);
    }
}

/// One value, as it is written in a file.
pub(super) fn parse_value(text: &str) -> Result<Value, ConfigFileError> {
    let mut cursor = Cursor::new(text);
    let value = value(&mut cursor, 0)?;
    match cursor.peek() {
        None => Ok(value),
        Some(other) => Err(cursor.error(ConfigFileProblem::Trailing(other))),
    }
}

pub(super) fn is_key(key: &str) -> bool {
    key.starts_with(is_first) && key.chars().all(is_further)
}

fn is_first(one: char) -> bool {
    one.is_ascii_alphabetic() || one == '_'
}

fn is_further(one: char) -> bool {
    one.is_ascii_alphanumeric() || one == '_'
}

/// What a value is; only what is the same can be added.
#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Text,
    Integer,
    List,
}

impl Kind {
    fn of(value: &Value) -> Self {
        match value {
            Value::Text(_) => Self::Text,
            Value::Integer(_) => Self::Integer,
            Value::List(_) => Self::List,
        }
    }
}

fn setting(cursor: &mut Cursor<'_>, before: &str) -> Result<Setting, ConfigFileError> {
    let start = cursor.at();
    let key = cursor.take_while(is_further).to_owned();
    let assignment = cursor.at();
    cursor.skip_blanks();
    let operator = if cursor.take("+=") {
        Operator::Add
    } else if cursor.take("=") {
        Operator::Set
    } else {
        return Err(cursor.error_at(start, ConfigFileProblem::NoAssignment(key)));
    };
    cursor.skip_blanks();
    let assignment = cursor.since(assignment).to_owned();
    let raw = cursor.at();
    let value = value(cursor, 0)?;
    let raw = cursor.since(raw).to_owned();
    let after = cursor.at();
    cursor.skip_blanks();
    if cursor.peek() == Some('#') {
        cursor.skip_comment()?;
    }
    if !(cursor.take("\n") || cursor.take("\r\n") || cursor.take(";"))
        && let Some(other) = cursor.peek()
    {
        return Err(cursor.error(ConfigFileProblem::Trailing(other)));
    }
    Ok(Setting {
        before: before.to_owned(),
        key,
        assignment,
        operator,
        value,
        raw,
        after: cursor.since(after).to_owned(),
    })
}

fn value(cursor: &mut Cursor<'_>, depth: usize) -> Result<Value, ConfigFileError> {
    match cursor.peek() {
        Some('"' | '\'') => text(cursor).map(Value::Text),
        Some('[') if depth == MAX_DEPTH => Err(cursor.error(ConfigFileProblem::TooDeep)),
        Some('[') => list(cursor, depth + 1).map(Value::List),
        Some('-' | '0'..='9') => number(cursor).map(Value::Integer),
        other => Err(cursor.error(ConfigFileProblem::NoValue(other))),
    }
}

fn list(cursor: &mut Cursor<'_>, depth: usize) -> Result<Vec<Value>, ConfigFileError> {
    let start = cursor.at();
    cursor.take("[");
    let mut values = Vec::new();
    loop {
        cursor.skip_space()?;
        if cursor.take("]") {
            return Ok(values);
        }
        if cursor.peek().is_none() {
            return Err(cursor.error_at(start, ConfigFileProblem::UnclosedList));
        }
        values.push(value(cursor, depth)?);
        cursor.skip_space()?;
        match cursor.peek() {
            Some(',') => {
                cursor.next();
            }
            Some(']') => {}
            Some(other) => return Err(cursor.error(ConfigFileProblem::NoComma(other))),
            None => return Err(cursor.error_at(start, ConfigFileProblem::UnclosedList)),
        }
    }
}

fn number(cursor: &mut Cursor<'_>) -> Result<i64, ConfigFileError> {
    let start = cursor.at();
    let is_negative = cursor.take("-");
    let word = cursor.take_while(|one| one.is_ascii_alphanumeric() || one == '_' || one == '.');
    let is_octal =
        |digits: &str| !digits.is_empty() && digits.bytes().all(|digit| matches!(digit, b'0'..=b'7'));
    let parsed = match word.strip_prefix("0x").or_else(|| word.strip_prefix("0X")) {
        Some(digits) => i64::from_str_radix(digits, 16),
        None => match word.strip_prefix('0').filter(|digits| is_octal(digits)) {
            Some(digits) => i64::from_str_radix(digits, 8),
            None => word.parse(),
        },
    };
    // A sign is read before the digits, and nowhere else.
    match parsed.ok().filter(|number| *number >= 0) {
        Some(number) if is_negative => Ok(-number),
        Some(number) => Ok(number),
        None => {
            let problem = ConfigFileProblem::BadNumber(cursor.since(start).to_owned());
            Err(cursor.error_at(start, problem))
        }
    }
}

fn text(cursor: &mut Cursor<'_>) -> Result<String, ConfigFileError> {
    let start = cursor.at();
    let quotes = ["\"\"\"", "'''", "\"", "'"];
    let Some(quote) = quotes.into_iter().find(|quote| cursor.take(quote)) else {
        return Err(cursor.error(ConfigFileProblem::NoValue(cursor.peek())));
    };
    let mut bytes = Vec::new();
    loop {
        if cursor.take(quote) {
            break;
        }
        match cursor.next() {
            None => return Err(cursor.error_at(start, ConfigFileProblem::Unclosed)),
            Some('\n' | '\r') if quote.len() == 1 => {
                return Err(cursor.error_at(start, ConfigFileProblem::Unclosed));
            }
            Some('\0') => return Err(cursor.error(ConfigFileProblem::ControlCharacter('\0'))),
            Some('\\') => escape(cursor, &mut bytes)?,
            Some(one) => bytes.extend_from_slice(one.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }
    match String::from_utf8(bytes) {
        Ok(text) if !text.contains('\0') => Ok(text),
        _ => Err(cursor.error_at(start, ConfigFileProblem::BadEscape)),
    }
}

/// What stands behind a `\`.
fn escape(cursor: &mut Cursor<'_>, bytes: &mut Vec<u8>) -> Result<(), ConfigFileError> {
    let start = cursor.at();
    let Some(kind) = cursor.next() else {
        return Ok(());
    };
    let mut digits = |most: usize, radix: u32| {
        let mut found = String::new();
        while found.len() < most
            && let Some(digit) = cursor.peek().filter(|one| one.is_digit(radix))
        {
            found.push(digit);
            cursor.next();
        }
        found
    };
    let byte = match kind {
        'a' => 7,
        'b' => 8,
        'e' => 27,
        'f' => 12,
        'n' => b'\n',
        'r' => b'\r',
        't' => b'\t',
        'v' => 11,
        'x' => match u8::from_str_radix(&digits(2, 16), 16) {
            Ok(byte) => byte,
            Err(_) => return Err(cursor.error_at(start, ConfigFileProblem::BadEscape)),
        },
        '0'..='7' => {
            let number = format!("{kind}{}", digits(2, 8));
            match u8::from_str_radix(&number, 8) {
                Ok(byte) => byte,
                Err(_) => return Err(cursor.error_at(start, ConfigFileProblem::BadEscape)),
            }
        }
        '\n' | '\r' => return Err(cursor.error_at(start, ConfigFileProblem::BadEscape)),
        other => {
            // Letters without a meaning stay as they are, as in Python; all else is itself.
            if other.is_ascii_alphanumeric() {
                bytes.push(b'\\');
            }
            bytes.extend_from_slice(other.encode_utf8(&mut [0; 4]).as_bytes());
            return Ok(());
        }
    };
    bytes.push(byte);
    Ok(())
}
