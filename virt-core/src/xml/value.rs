//! Values of attributes and texts.

use std::borrow::Cow;
use std::fmt::Write;

use smol_str::SmolStr;

use super::blank::trimmed;

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

    /// The spellings there are, when this is an enumeration and none of them.
    fn unknown_among(&self) -> Option<&'static [&'static str]> {
        None
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
    if digits.is_empty() || digits.len() > 24 || !digits.chars().all(|digit| digit.is_digit(radix)) {
        return None;
    }
    let value = i128::from_str_radix(digits, radix).ok()?;
    Some(if negative { -value } else { value })
}

pub(crate) fn write_number(out: &mut String, number: i128) {
    match u64::try_from(number) {
        Ok(number) => write_digits(out, number, 10, 1),
        // Writing to a String cannot fail.
        Err(_) => drop(write!(out, "{number}")),
    }
}

/// Appends a number with at least so many digits. The formatting of the standard library takes several times as long.
pub(crate) fn write_digits(out: &mut String, number: u64, radix: u32, at_least: usize) {
    let mut digits = ['0'; 64];
    let mut left = number;
    let mut used = 0;
    for place in &mut digits {
        if left == 0 && used >= at_least {
            break;
        }
        let digit = u32::try_from(left % u64::from(radix)).unwrap_or_default();
        *place = char::from_digit(digit, radix).unwrap_or('0');
        left /= u64::from(radix);
        used += 1;
    }
    out.extend(digits.iter().take(used).rev());
}

impl XmlValue for uuid::Uuid {
    const PLAIN: bool = true;

    fn parse_xml(text: &str) -> Result<Self, ValueError> {
        crate::model::value::parse_uuid(text).ok_or(ValueError::expected("a UUID of 32 hexadecimal digits"))
    }

    fn write_xml(&self, out: &mut String) {
        let _ = write!(out, "{}", self.hyphenated());
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

            fn is_single(&self) -> bool {
                true
            }

            fn exact(&self) -> bool {
                <$value as $crate::xml::XmlValue>::EXACT
            }

            fn shape(&self) -> $crate::xml::ValueShape {
                <$value as $crate::xml::XmlValue>::SHAPE
            }

            fn add(&mut self, text: &str) -> Result<(), $crate::xml::ValueError> {
                *self = $crate::xml::XmlValue::parse_xml(text)?;
                Ok(())
            }

            fn write(&self, _index: usize, out: &mut String) {
                $crate::xml::XmlValue::write_xml(self, out);
            }

            fn plain(&self) -> bool {
                <$value as $crate::xml::XmlValue>::PLAIN
            }

            fn text(&self, _index: usize) -> Option<&str> {
                $crate::xml::XmlValue::as_text(self)
            }

            fn unknown_among(&self, _index: usize) -> Option<&'static [&'static str]> {
                $crate::xml::XmlValue::unknown_among(self)
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
    fn numbers_are_read_as_libvirt_reads_them() {
        assert_eq!(u16::parse_xml(" 0x1F "), Ok(31));
        assert_eq!(i32::parse_xml("-5"), Ok(-5));
        assert_eq!(u64::parse_xml("18446744073709551615"), Ok(u64::MAX));
        for bad in ["", "0x", "1 2", "--1", "1.5", "18446744073709551616", "-1", "٣"] {
            assert!(u64::parse_xml(bad).is_err(), "{bad}");
        }
    }
}
