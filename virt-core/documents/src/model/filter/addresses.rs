//! Masks of rules.

use std::net::IpAddr;

use crate::model::value::{MacAddress, parse_ip, prefix_of_mask};
use crate::xml::{ValueError, XmlValue, trimmed};

/// The mask of an Ethernet address: ones before zeros.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MacMask(MacAddress);

impl MacMask {
    /// The mask; `None` when a one stands behind a zero.
    pub fn new(mask: MacAddress) -> Option<Self> {
        let [a, b, c, d, e, f] = mask.octets();
        let bits = u64::from_be_bytes([a, b, c, d, e, f, 0, 0]);
        let rest = bits.checked_shl(bits.leading_ones()).unwrap_or(0);
        (rest == 0).then_some(Self(mask))
    }

    /// The mask as an address.
    pub const fn address(self) -> MacAddress {
        self.0
    }
}

impl XmlValue for MacMask {
    fn parse_xml(text: &str) -> Result<Self, ValueError> {
        let refuse = || ValueError::expected("the mask of an Ethernet address such as ff:ff:ff:00:00:00");
        let mask = MacAddress::parse_xml(text).map_err(|_| refuse())?;
        Self::new(mask).ok_or_else(refuse)
    }

    fn write_xml(&self, out: &mut String) {
        self.0.write_xml(out);
    }
}

/// How many bits of an IP address count; written as their number, read as a mask too.
#[derive(Debug, Clone, Copy)]
pub struct IpMask {
    prefix: u8,
    ipv6: Option<bool>,
}

impl IpMask {
    /// That many bits; `None` for more than 128.
    pub const fn new(prefix: u8) -> Option<Self> {
        if prefix > 128 {
            return None;
        }
        Some(Self { prefix, ipv6: None })
    }

    /// How many bits.
    pub const fn prefix(self) -> u8 {
        self.prefix
    }

    /// Whether it can be the mask of an IPv6, else of an IPv4 address.
    pub(super) fn fits(self, ipv6: bool) -> bool {
        self.ipv6.is_none_or(|own| own == ipv6) && (ipv6 || self.prefix <= 32)
    }
}

impl PartialEq for IpMask {
    fn eq(&self, other: &Self) -> bool {
        self.prefix == other.prefix
    }
}

impl Eq for IpMask {}

impl XmlValue for IpMask {
    fn parse_xml(text: &str) -> Result<Self, ValueError> {
        let refuse = || ValueError::expected("the mask of an IP address, such as 24 or 255.255.255.0");
        let text = trimmed(text);
        if !text.is_empty() && text.bytes().all(|digit| digit.is_ascii_digit()) {
            return text.parse().ok().and_then(Self::new).ok_or_else(refuse);
        }
        let mask: IpAddr = parse_ip(text).ok_or_else(refuse)?;
        Ok(Self {
            prefix: prefix_of_mask(mask).ok_or_else(refuse)?,
            ipv6: Some(mask.is_ipv6()),
        })
    }

    fn write_xml(&self, out: &mut String) {
        use std::fmt::Write as _;
        let _ = write!(out, "{}", self.prefix);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn masks_are_ones_before_zeros() {
        assert!(MacMask::parse_xml("ff:ff:ff:ff:ff:80").is_ok());
        assert!(MacMask::parse_xml("ff:ff:ff:00:ff:00").is_err());
        assert_eq!(IpMask::parse_xml("255.255.128.0").map(IpMask::prefix), Ok(17));
        assert!(IpMask::parse_xml("255.255.255.127").is_err());
        assert!(IpMask::parse_xml("129").is_err());
        assert!(!IpMask::parse_xml("33").unwrap().fits(false));
        assert!(!IpMask::parse_xml("ffff::").unwrap().fits(false));
    }
}
