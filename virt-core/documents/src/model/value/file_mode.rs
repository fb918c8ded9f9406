//! Who owns a file, and who may do what with it.

use std::fmt;
use std::str::FromStr;

use crate::xml::{ValueError, xml_text_value};

/// The permissions of a file, 0 to 0777; written in octal with a leading `0`: `0644`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct FileMode(u16);

impl FileMode {
    /// These permissions; `None` above 0777.
    pub const fn new(bits: u16) -> Option<Self> {
        if bits > 0o777 { None } else { Some(Self(bits)) }
    }

    /// The bits, 0 to 0777.
    pub const fn bits(self) -> u16 {
        self.0
    }
}

impl fmt::Display for FileMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "0{:o}", self.0)
    }
}

impl fmt::Debug for FileMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for FileMode {
    type Err = ValueError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let plain = !text.is_empty() && text.bytes().all(|digit| matches!(digit, b'0'..=b'7'));
        let bits = if plain {
            u16::from_str_radix(text, 8).ok()
        } else {
            None
        };
        bits.and_then(Self::new)
            .ok_or_else(|| ValueError::expected("an octal mode from 0 to 0777"))
    }
}

xml_text_value!(FileMode: "an octal mode from 0 to 0777");

/// The number of a user or group; `-1` for none in particular.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct FileOwner(Option<u32>);

impl FileOwner {
    /// None in particular: whoever makes the file.
    pub const ANY: Self = Self(None);

    /// The user or group of that number; 4294967295 is libvirt's `-1`, none in particular.
    pub const fn new(number: u32) -> Self {
        if number == u32::MAX {
            Self(None)
        } else {
            Self(Some(number))
        }
    }

    /// The number, unless it is `-1`.
    pub const fn number(self) -> Option<u32> {
        self.0
    }
}

impl fmt::Display for FileOwner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(number) => write!(f, "{number}"),
            None => f.write_str("-1"),
        }
    }
}

impl fmt::Debug for FileOwner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for FileOwner {
    type Err = ValueError;

    /// A decimal number, also with leading zeros: they do not make it octal.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text == "-1" {
            return Ok(Self::ANY);
        }
        let plain = !text.is_empty() && text.bytes().all(|digit| digit.is_ascii_digit());
        let number = if plain { text.parse().ok() } else { None };
        number
            .map(Self::new)
            .ok_or_else(|| ValueError::expected("the number of a user or group, or -1"))
    }
}

xml_text_value!(FileOwner: "the number of a user or group, or -1");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mode_is_octal_and_an_owner_decimal() {
        assert_eq!("0".parse::<FileMode>().unwrap().to_string(), "00");
        assert_eq!("744".parse::<FileMode>().unwrap().to_string(), "0744");
        assert_eq!("0744".parse::<FileOwner>().unwrap().to_string(), "744");
        assert_eq!("-1".parse::<FileOwner>().unwrap().number(), None);
        for bad in ["", "8", "01777", "-1", "0x1", "+7"] {
            assert!(bad.parse::<FileMode>().is_err(), "{bad}");
        }
        for bad in ["", "-2", "root", "4294967296", "0x1", "+1"] {
            assert!(bad.parse::<FileOwner>().is_err(), "{bad}");
        }
    }
}
