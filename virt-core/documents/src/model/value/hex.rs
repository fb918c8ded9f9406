//! Numbers libvirt writes in hexadecimal.

use std::fmt;

use crate::xml::{ValueError, XmlValue, write_hexadecimal};

/// Declares a number written as `0x` and at least so many digits.
macro_rules! hex {
    ($($(#[$meta:meta])* $name:ident($number:ty), $digits:literal;)+) => { $(
        $(#[$meta])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
        pub struct $name(pub $number);

        impl From<$number> for $name {
            fn from(number: $number) -> Self {
                Self(number)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                // The prefix counts to the width.
                write!(f, "{:#0width$x}", self.0, width = $digits + 2)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl XmlValue for $name {
            const PLAIN: bool = true;

            fn parse_xml(text: &str) -> Result<Self, ValueError> {
                <$number>::parse_xml(text).map(Self)
            }

            fn write_xml(&self, out: &mut String) {
                out.push_str("0x");
                write_hexadecimal(out, u64::from(self.0), $digits);
            }
        }
    )+ };
}

hex! {
    /// One hexadecimal digit at least, as the function of a PCI address: `0x0`.
    Hex8(u8), 1;
    /// Two hexadecimal digits at least, as the bus of a PCI address: `0x00`.
    Hex16(u16), 2;
    /// Four hexadecimal digits at least, as the domain of a PCI address: `0x0000`.
    Hex32(u32), 4;
    /// One hexadecimal digit at least, of up to 64 bits, as an I/O port: `0x3f8`.
    Hex64(u64), 1;
    /// Eight hexadecimal digits at least, as a register of spapr-vio: `0x00002000`.
    HexWord(u64), 8;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_padded_as_libvirt_pads_them() {
        assert_eq!(Hex8(2).to_string(), "0x2");
        assert_eq!(Hex16(2).to_string(), "0x02");
        assert_eq!(Hex32(2).to_string(), "0x0002");
        assert_eq!(HexWord(0x2000).to_string(), "0x00002000");
        assert_eq!(Hex64(0x3f8).to_string(), "0x3f8");
        assert_eq!(Hex16::parse_xml("31"), Ok(Hex16(31)));
    }
}
