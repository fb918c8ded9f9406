//! Numbers of vendors, products and classes.

use std::fmt;

use crate::xml::{ValueError, XmlValue, trimmed};

/// The number of a vendor or product: hexadecimal with or without `0x`, written as `0x8086`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct HexId(pub u32);

impl From<u32> for HexId {
    fn from(number: u32) -> Self {
        Self(number)
    }
}

impl fmt::Display for HexId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#06x}", self.0)
    }
}

impl fmt::Debug for HexId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl XmlValue for HexId {
    fn parse_xml(text: &str) -> Result<Self, ValueError> {
        hexadecimal(text)
            .map(Self)
            .ok_or(ValueError::expected("a hexadecimal number such as 0x8086"))
    }

    fn write_xml(&self, out: &mut String) {
        use fmt::Write as _;
        let _ = write!(out, "{self}");
    }
}

fn hexadecimal(text: &str) -> Option<u32> {
    let text = trimmed(text);
    let digits = text
        .strip_prefix("0x")
        .or_else(|| text.strip_prefix("0X"))
        .unwrap_or(text);
    let plain = digits.bytes().all(|digit| digit.is_ascii_hexdigit());
    if plain {
        u32::from_str_radix(digits, 16).ok()
    } else {
        None
    }
}

/// The class of a device: of PCI devices 24 bits written as `0x020000`, of USB interfaces a number such as `9`.
///
/// Two are equal when the numbers are.
#[derive(Clone, Copy, Default)]
pub struct DeviceClass {
    value: u32,
    hexadecimal: bool,
}

impl DeviceClass {
    /// The class of a PCI device: base class, subclass and programming interface, 8 bits each.
    pub const fn pci(value: u32) -> Self {
        Self {
            value,
            hexadecimal: true,
        }
    }

    /// The class of a USB interface.
    pub const fn usb(value: u32) -> Self {
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

impl PartialEq for DeviceClass {
    fn eq(&self, other: &Self) -> bool {
        self.value == other.value
    }
}

impl Eq for DeviceClass {}

impl fmt::Display for DeviceClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.hexadecimal {
            write!(f, "{:#08x}", self.value)
        } else {
            write!(f, "{}", self.value)
        }
    }
}

impl fmt::Debug for DeviceClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl XmlValue for DeviceClass {
    fn parse_xml(text: &str) -> Result<Self, ValueError> {
        let hexadecimal = trimmed(text).starts_with("0x");
        u32::parse_xml(text).map(|value| Self { value, hexadecimal })
    }

    fn write_xml(&self, out: &mut String) {
        use fmt::Write as _;
        let _ = write!(out, "{self}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_hexadecimal_without_prefix_too() {
        assert_eq!(HexId::parse_xml("8086"), Ok(HexId(0x8086)));
        assert_eq!(HexId::parse_xml(" 0x1f "), Ok(HexId(0x1f)));
        assert_eq!(HexId(0x1f).to_string(), "0x001f");
        for bad in ["", "0x", "-1", "+1", "12g", "123456789"] {
            assert!(HexId::parse_xml(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn classes_are_written_as_their_bus_has_them() {
        assert_eq!(DeviceClass::pci(0x02_0000).to_string(), "0x020000");
        assert_eq!(DeviceClass::usb(9).to_string(), "9");
        assert_eq!(
            DeviceClass::parse_xml("0xffffff"),
            Ok(DeviceClass::pci(0xff_ffff))
        );
    }
}
