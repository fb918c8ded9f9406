//! Numbers of addresses, hexadecimal on some buses and decimal on others.

use std::fmt;

use crate::xml::{ValueError, XmlValue, trimmed, write_hexadecimal, write_number};

/// A bus or slot: written as `0x0a` where the address is PCI or ccw, as `10` elsewhere.
///
/// Two are equal when the numbers are.
#[derive(Clone, Copy, Default)]
pub struct AddressNumber {
    value: u32,
    hexadecimal: bool,
}

impl AddressNumber {
    /// A number written as `0x0a`.
    pub const fn hexadecimal(value: u32) -> Self {
        Self {
            value,
            hexadecimal: true,
        }
    }

    /// A number written as `10`.
    pub const fn decimal(value: u32) -> Self {
        Self {
            value,
            hexadecimal: false,
        }
    }

    /// The number.
    pub const fn value(self) -> u32 {
        self.value
    }
}

impl PartialEq for AddressNumber {
    fn eq(&self, other: &Self) -> bool {
        self.value == other.value
    }
}

impl Eq for AddressNumber {}

impl fmt::Display for AddressNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.hexadecimal {
            write!(f, "{:#04x}", self.value)
        } else {
            write!(f, "{}", self.value)
        }
    }
}

impl fmt::Debug for AddressNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl XmlValue for AddressNumber {
    const PLAIN: bool = true;

    fn parse_xml(text: &str) -> Result<Self, ValueError> {
        let hexadecimal = trimmed(text).starts_with("0x");
        u32::parse_xml(text).map(|value| Self { value, hexadecimal })
    }

    fn write_xml(&self, out: &mut String) {
        if self.hexadecimal {
            out.push_str("0x");
            write_hexadecimal(out, u64::from(self.value), 2);
        } else {
            write_number(out, i128::from(self.value));
        }
    }
}
