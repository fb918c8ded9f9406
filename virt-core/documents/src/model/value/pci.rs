//! PCI addresses.

use std::fmt;
use std::str::FromStr;

use crate::xml::ValueError;

/// The place of a PCI device: domain (0 to 0xffff), bus (0 to 0xff), slot (0 to 0x1f), function (0 to 7).
///
/// Written as in `0000:00:1f.2`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct PciAddress {
    domain: u16,
    bus: u8,
    slot: u8,
    function: u8,
}

impl PciAddress {
    /// A place; `None` when slot or function is out of range.
    pub const fn new(domain: u16, bus: u8, slot: u8, function: u8) -> Option<Self> {
        if slot > 0x1f || function > 7 {
            None
        } else {
            Some(Self {
                domain,
                bus,
                slot,
                function,
            })
        }
    }

    /// The domain, 0 to 0xffff.
    pub const fn domain(self) -> u16 {
        self.domain
    }

    /// The bus, 0 to 0xff.
    pub const fn bus(self) -> u8 {
        self.bus
    }

    /// The slot, 0 to 0x1f.
    pub const fn slot(self) -> u8 {
        self.slot
    }

    /// The function, 0 to 7.
    pub const fn function(self) -> u8 {
        self.function
    }
}

impl fmt::Display for PciAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:04x}:{:02x}:{:02x}.{:x}",
            self.domain, self.bus, self.slot, self.function
        )
    }
}

impl fmt::Debug for PciAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for PciAddress {
    type Err = ValueError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parse = || {
            let (domain, rest) = text.split_once(':')?;
            let (bus, rest) = rest.split_once(':')?;
            let (slot, function) = rest.split_once('.')?;
            let all = [domain, bus, slot, function];
            if all
                .iter()
                .any(|part| part.is_empty() || !part.bytes().all(|digit| digit.is_ascii_hexdigit()))
            {
                return None;
            }
            let byte = |part| u8::from_str_radix(part, 16).ok();
            Self::new(
                u16::from_str_radix(domain, 16).ok()?,
                byte(bus)?,
                byte(slot)?,
                byte(function)?,
            )
        };
        parse().ok_or(ValueError::expected("a PCI address such as 0000:00:1f.2"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slot_and_function_have_their_range() {
        assert_eq!("0000:00:1f.7".parse().ok(), PciAddress::new(0, 0, 0x1f, 7));
        for bad in [
            "0000:00:20.0",
            "0000:00:00.8",
            "00:00.0",
            "10000:00:00.0",
            "0000:00:+1.0",
        ] {
            assert!(bad.parse::<PciAddress>().is_err(), "{bad}");
        }
    }
}
