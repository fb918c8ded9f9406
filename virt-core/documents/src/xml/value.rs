//! Values of attributes and texts.

use std::borrow::Cow;

use smol_str::SmolStr;

use super::blank::trimmed;
use super::references::first_illegal;

/// Why a text is not a value; the sentence completes "'x' is not …".
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not {expected}")]
pub struct ValueError {
    expected: Cow<'static, str>,
}

impl ValueError {
    /// A text that is not `expected`, such as `a whole number from 0 to 31`.
    pub fn expected(expected: impl Into<Cow<'static, str>>) -> Self {
        Self {
            expected: expected.into(),
        }
    }

    /// What was expected.
    pub fn what(&self) -> &str {
        &self.expected
    }
}

/// What a value is in JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ValueShape {
    /// A string: the text as libvirt spells it.
    Text,
    /// A whole number.
    Number,
    /// `true` or `false`, for `yes` and `no`, `on` and `off`.
    Switch,
}

/// A value that stands in an attribute or in the text of an element.
pub trait XmlValue: Sized {
    /// Whether writing always gives back the very text that was parsed.
    const EXACT: bool = false;

    /// Whether every value there can be is written in letters, digits and signs that XML takes, so that none has to be
    /// looked at for it.
    const PLAIN: bool = false;

    /// What the value is in JSON.
    const SHAPE: ValueShape = ValueShape::Text;

    /// The spellings of an enumeration; else empty.
    const SPELLINGS: &'static [&'static str] = &[];

    /// Parses the text, references already resolved.
    ///
    /// # Errors
    /// [`ValueError`] naming what was expected.
    fn parse_xml(text: &str) -> Result<Self, ValueError>;

    /// Appends the value in libvirt's spelling, not escaped.
    fn write_xml(&self, out: &mut String);

    /// The very text that [`write_xml`](Self::write_xml) appends, where the value has it.
    fn as_text(&self) -> Option<&str> {
        None
    }

    /// Whether it is one of its enumeration, and has no character that XML does not take. `None`: only its text tells.
    fn is_sound(&self) -> Option<bool> {
        match Self::PLAIN {
            true => Some(true),
            false => self.as_text().map(|text| first_illegal(text).is_none()),
        }
    }
}

impl XmlValue for String {
    const EXACT: bool = true;

    fn parse_xml(text: &str) -> Result<Self, ValueError> {
        Ok(text.to_owned())
    }

    fn write_xml(&self, out: &mut String) {
        out.push_str(self);
    }

    fn as_text(&self) -> Option<&str> {
        Some(self)
    }
}

impl XmlValue for SmolStr {
    const EXACT: bool = true;

    fn parse_xml(text: &str) -> Result<Self, ValueError> {
        Ok(Self::new(text))
    }

    fn write_xml(&self, out: &mut String) {
        out.push_str(self);
    }

    fn as_text(&self) -> Option<&str> {
        Some(self)
    }
}

/// Numbers as libvirt reads them: decimal, or hexadecimal after `0x`; surrounding white space is ignored.
macro_rules! numbers {
    ($($number:ty: $what:literal),+ $(,)?) => { $(
        impl XmlValue for $number {
            const SHAPE: ValueShape = ValueShape::Number;
            const PLAIN: bool = true;

            fn parse_xml(text: &str) -> Result<Self, ValueError> {
                let wide = parse_number(text).ok_or(ValueError::expected($what))?;
                Self::try_from(wide).map_err(|_| ValueError::expected($what))
            }

            fn write_xml(&self, out: &mut String) {
                write_number(out, i128::from(*self));
            }
        }
    )+ };
}

numbers! {
    u8: "a whole number from 0 to 255",
    u16: "a whole number from 0 to 65535",
    u32: "a whole number from 0 to 4294967295",
    u64: "a whole number from 0 to 18446744073709551615",
    i32: "a whole number from -2147483648 to 2147483647",
    i64: "a whole number of 64 bits",
}

/// A whole number, decimal or after `0x` hexadecimal, with white space around it allowed.
pub(crate) fn parse_number(text: &str) -> Option<i128> {
    let text = trimmed(text);
    let (negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let (radix, digits) = match digits.strip_prefix("0x").or_else(|| digits.strip_prefix("0X")) {
        Some(hex) => (16, hex),
        None => (10, digits),
    };
    if digits.is_empty() || digits.len() > 24 {
        return None;
    }
    let mut value = 0_i128;
    for digit in digits.bytes() {
        // 24 digits of 4 bits do not overflow.
        value = value * i128::from(radix) + i128::from(char::from(digit).to_digit(radix)?);
    }
    Some(if negative { -value } else { value })
}

/// Appends a number, in a fraction of the time the formatting of the standard library takes.
pub(crate) fn write_number(out: &mut String, number: i128) {
    out.push_str(itoa::Buffer::new().format(number));
}

/// Appends a number in hexadecimal, with so many digits at least.
pub(crate) fn write_hexadecimal(out: &mut String, number: u64, at_least: u32) {
    let used = (u64::BITS - number.leading_zeros()).div_ceil(4);
    for place in (0..used.max(at_least)).rev() {
        let digit = number.checked_shr(place * 4).unwrap_or(0) & 0xF;
        let character = u32::try_from(digit)
            .ok()
            .and_then(|digit| char::from_digit(digit, 16));
        out.push(character.unwrap_or('0'));
    }
}

impl XmlValue for uuid::Uuid {
    const PLAIN: bool = true;

    fn parse_xml(text: &str) -> Result<Self, ValueError> {
        crate::model::value::parse_uuid(text).ok_or(ValueError::expected("a UUID of 32 hexadecimal digits"))
    }

    fn write_xml(&self, out: &mut String) {
        let mut text = uuid::Uuid::encode_buffer();
        out.push_str(self.hyphenated().encode_lower(&mut text));
    }
}

/// Implements [`XmlValue`] for a type by its `FromStr` (error: anything displayed as what was expected) and `Display`.
macro_rules! xml_text_value {
    ($($value:ty: $what:literal),+ $(,)?) => { $(
        impl $crate::xml::XmlValue for $value {
            fn parse_xml(text: &str) -> Result<Self, $crate::xml::ValueError> {
                $crate::xml::trimmed(text).parse().map_err(|_| $crate::xml::ValueError::expected($what))
            }

            fn write_xml(&self, out: &mut String) {
                use std::fmt::Write as _;
                let _ = write!(out, "{self}");
            }
        }
    )+ };
}
pub(crate) use xml_text_value;

/// Lets a value stand in a record by itself, not only in an `Option` or `Vec`.
macro_rules! xml_value_slot {
    ($($value:ty),+ $(,)?) => { $(
        impl $crate::xml::ValueSlot for $value {
            fn count(&self) -> usize {
                1
            }

            fn traits(&self) -> $crate::xml::ValueTraits {
                const { $crate::xml::ValueTraits::of::<$value>(true) }
            }

            fn add(&mut self, text: &str) -> Result<(), $crate::xml::ValueError> {
                *self = $crate::xml::XmlValue::parse_xml(text)?;
                Ok(())
            }

            fn write(&self, _index: usize, out: &mut String) {
                $crate::xml::XmlValue::write_xml(self, out);
            }

            fn text(&self, _index: usize) -> Option<&str> {
                $crate::xml::XmlValue::as_text(self)
            }

            fn is_sound(&self, _index: usize) -> Option<bool> {
                $crate::xml::XmlValue::is_sound(self)
            }
        }
    )+ };
}
pub(crate) use xml_value_slot;

xml_value_slot!(String, u8, u16, u32, u64);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_they_are_shown() {
        let mut text = String::new();
        for number in [0, 1, 9, 0x10, 0xffff, u64::MAX] {
            for width in [1, 2, 4, 16] {
                text.clear();
                write_hexadecimal(&mut text, number, width);
                let width = usize::try_from(width).unwrap_or_default();
                assert_eq!(text, format!("{number:0width$x}"));
            }
        }
        for number in [0, -1, i128::from(i64::MIN), i128::from(u64::MAX)] {
            text.clear();
            write_number(&mut text, number);
            assert_eq!(text, number.to_string());
        }
    }

    #[test]
    fn numbers_are_read_as_libvirt_reads_them() {
        assert_eq!(u16::parse_xml(" 0x1F "), Ok(31));
        assert_eq!(i32::parse_xml("-5"), Ok(-5));
        assert_eq!(u64::parse_xml("18446744073709551615"), Ok(u64::MAX));
        for bad in ["", "0x", "1 2", "--1", "1.5", "18446744073709551616", "-1", "٣"] {
            assert!(u64::parse_xml(bad).is_err(), "{bad}");
        }
    }
}
