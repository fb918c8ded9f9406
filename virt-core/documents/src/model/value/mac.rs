//! Ethernet addresses.

use std::fmt;
use std::str::FromStr;

use crate::xml::{ValueError, XmlValue, trimmed, write_hexadecimal};

/// An Ethernet address, written as six hexadecimal pairs: `52:54:00:12:34:56`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MacAddress([u8; 6]);

impl MacAddress {
    /// The address of these six bytes.
    pub const fn new(bytes: [u8; 6]) -> Self {
        Self(bytes)
    }

    /// The six bytes.
    pub const fn octets(self) -> [u8; 6] {
        self.0
    }

    /// Whether this names a group, which no interface of a guest can be.
    pub const fn is_multicast(self) -> bool {
        let [first, ..] = self.0;
        first & 1 == 1
    }
}

impl fmt::Display for MacAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b, c, d, e, g] = self.0;
        write!(f, "{a:02x}:{b:02x}:{c:02x}:{d:02x}:{e:02x}:{g:02x}")
    }
}

impl fmt::Debug for MacAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for MacAddress {
    type Err = ValueError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let refuse = || ValueError::expected("an Ethernet address such as 52:54:00:12:34:56");
        let mut bytes = [0; 6];
        let mut parts = text.split(':');
        for byte in &mut bytes {
            let part = parts.next().ok_or_else(refuse)?;
            if !matches!(part.len(), 1 | 2) || !part.bytes().all(|digit| digit.is_ascii_hexdigit()) {
                return Err(refuse());
            }
            *byte = u8::from_str_radix(part, 16).map_err(|_| refuse())?;
        }
        if parts.next().is_some() {
            Err(refuse())
        } else {
            Ok(Self(bytes))
        }
    }
}

impl XmlValue for MacAddress {
    const PLAIN: bool = true;

    fn parse_xml(text: &str) -> Result<Self, ValueError> {
        trimmed(text).parse()
    }

    fn write_xml(&self, out: &mut String) {
        for (place, byte) in self.0.into_iter().enumerate() {
            if place > 0 {
                out.push(':');
            }
            write_hexadecimal(out, u64::from(byte), 2);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_written_as_it_is_shown() {
        for bytes in [[0; 6], [0xff; 6], [0x52, 0x54, 0, 1, 0xa, 0xf0]] {
            let mut text = String::new();
            MacAddress::new(bytes).write_xml(&mut text);
            assert_eq!(text, MacAddress::new(bytes).to_string());
            assert_eq!(MacAddress::parse_xml(&text), Ok(MacAddress::new(bytes)));
        }
    }

    #[test]
    fn only_six_pairs_are_an_address() {
        let address: MacAddress = "52:54:00:aB:0:1".parse().unwrap();
        assert_eq!(address.to_string(), "52:54:00:ab:00:01");
        for bad in [
            "",
            "52:54:00:ab:00",
            "52:54:00:ab:00:01:02",
            "52:54:00:ab:00:+1",
            "525400ab0001",
            "g2:54:00:ab:00:01",
        ] {
            assert!(bad.parse::<MacAddress>().is_err(), "{bad}");
        }
    }
}
