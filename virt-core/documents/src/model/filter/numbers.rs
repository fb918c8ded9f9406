//! Numbers of rules, and those that have names.

use std::fmt;

use crate::xml::{ValueError, XmlValue, trimmed};

/// A number from 0 to `MAX`, written in decimal or as `0x1f`. Two are equal when the numbers are.
#[derive(Clone, Copy, Default)]
pub struct RuleNumber<const MAX: u32> {
    value: u32,
    hexadecimal: bool,
}

impl<const MAX: u32> RuleNumber<MAX> {
    /// A number written in decimal; `None` when it is more than `MAX`.
    pub const fn new(value: u32) -> Option<Self> {
        if value > MAX {
            return None;
        }
        Some(Self {
            value,
            hexadecimal: false,
        })
    }

    /// The number.
    pub const fn value(self) -> u32 {
        self.value
    }
}

/// A port is a number of 16 bits.
impl From<u16> for RuleNumber<0xffff> {
    fn from(value: u16) -> Self {
        Self {
            value: u32::from(value),
            hexadecimal: false,
        }
    }
}

impl From<u8> for RuleNumber<0xff> {
    fn from(value: u8) -> Self {
        Self {
            value: u32::from(value),
            hexadecimal: false,
        }
    }
}

impl<const MAX: u32> PartialEq for RuleNumber<MAX> {
    fn eq(&self, other: &Self) -> bool {
        self.value == other.value
    }
}

impl<const MAX: u32> Eq for RuleNumber<MAX> {}

impl<const MAX: u32> fmt::Debug for RuleNumber<MAX> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = String::new();
        write_number(&mut text, self.value, self.hexadecimal);
        f.write_str(&text)
    }
}

impl<const MAX: u32> XmlValue for RuleNumber<MAX> {
    fn parse_xml(text: &str) -> Result<Self, ValueError> {
        match parse_number(text) {
            Some((value, hexadecimal)) if value <= MAX => Ok(Self { value, hexadecimal }),
            _ => Err(ValueError::expected(format!("a number from 0 to {MAX}"))),
        }
    }

    fn write_xml(&self, out: &mut String) {
        write_number(out, self.value, self.hexadecimal);
    }
}

/// Decimal if it can be read so, else hexadecimal, with or without `0x`.
fn parse_number(text: &str) -> Option<(u32, bool)> {
    let text = trimmed(text);
    let digits = text.strip_prefix('+').unwrap_or(text);
    if !digits.is_empty() && digits.bytes().all(|digit| digit.is_ascii_digit()) {
        return Some((digits.parse().ok()?, false));
    }
    let digits = digits
        .strip_prefix("0x")
        .or_else(|| digits.strip_prefix("0X"))
        .unwrap_or(digits);
    let plain = !digits.is_empty() && digits.bytes().all(|digit| digit.is_ascii_hexdigit());
    plain
        .then(|| u32::from_str_radix(digits, 16).ok())
        .flatten()
        .map(|value| (value, true))
}

fn write_number(out: &mut String, value: u32, hexadecimal: bool) {
    use fmt::Write as _;
    let _ = match hexadecimal {
        true => write!(out, "{value:#x}"),
        false => write!(out, "{value}"),
    };
}

type Names = &'static [(&'static str, u32)];

fn name_of(names: Names, value: u32) -> Option<&'static str> {
    names
        .iter()
        .find(|(_, known)| *known == value)
        .map(|(name, _)| *name)
}

/// A number, or a name in any case.
fn parse_named(names: Names, text: &str, most: u32) -> Option<(u32, bool)> {
    if let Some((value, hexadecimal)) = parse_number(text).filter(|(value, _)| *value <= most) {
        return Some((value, hexadecimal));
    }
    let named = names
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case(trimmed(text)))?;
    Some((named.1, true))
}

/// Declares a number that is written by its name where it has one.
macro_rules! named_number {
    ($($(#[$meta:meta])* $name:ident($most:literal), $names:ident, $hex:expr, $what:literal;)+) => { $(
        $(#[$meta])*
        #[derive(Clone, Copy, PartialEq, Eq)]
        pub struct $name(RuleNumber<$most>);

        impl $name {
            /// That number; `None` when it is too large.
            pub const fn new(value: u32) -> Option<Self> {
                match RuleNumber::new(value) {
                    Some(number) => Some(Self(number)),
                    None => None,
                }
            }

            /// The number.
            pub const fn value(self) -> u32 {
                self.0.value()
            }

            /// Its name, if it has one.
            pub fn name(self) -> Option<&'static str> {
                name_of($names, self.value())
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let mut text = String::new();
                self.write_xml(&mut text);
                f.write_str(&text)
            }
        }

        impl XmlValue for $name {
            fn parse_xml(text: &str) -> Result<Self, ValueError> {
                let (value, hexadecimal) =
                    parse_named($names, text, $most).ok_or(ValueError::expected($what))?;
                Ok(Self(RuleNumber { value, hexadecimal }))
            }

            fn write_xml(&self, out: &mut String) {
                match self.name() {
                    Some(name) => out.push_str(name),
                    None => write_number(out, self.value(), self.0.hexadecimal && $hex),
                }
            }
        }
    )+ };
}

named_number! {
    /// What an Ethernet frame carries: `ipv4`, `arp`, … or a number of 16 bits.
    EtherType(0xffff), ETHER_TYPES, true, "a protocol: arp, rarp, ipv4, ipv6, vlan or a number from 0 to 65535";
    /// What an ARP packet asks or answers: `Request`, `Reply`, … or a number of 16 bits.
    ArpOpcode(0xffff), ARP_OPCODES, false, "an ARP operation: Request, Reply, … or a number from 0 to 65535";
    /// What an IP packet carries: `tcp`, `udp`, … or a number of 8 bits.
    IpProtocol(0xff), IP_PROTOCOLS, true, "a protocol: tcp, udp, udplite, esp, ah, icmp, igmp, sctp, icmpv6 or a number from 0 to 255";
}

const ETHER_TYPES: Names = &[
    ("arp", 0x0806),
    ("rarp", 0x8035),
    ("ipv4", 0x0800),
    ("ipv6", 0x86dd),
    ("vlan", 0x8100),
];

const ARP_OPCODES: Names = &[
    ("Request", 1),
    ("Reply", 2),
    ("Request_Reverse", 3),
    ("Reply_Reverse", 4),
    ("DRARP_Request", 5),
    ("DRARP_Reply", 6),
    ("DRARP_Error", 7),
    ("InARP_Request", 8),
    ("ARP_NAK", 9),
];

const IP_PROTOCOLS: Names = &[
    ("tcp", 6),
    ("udp", 17),
    ("udplite", 136),
    ("esp", 50),
    ("ah", 51),
    ("icmp", 1),
    ("igmp", 2),
    ("sctp", 132),
    ("icmpv6", 58),
];

impl IpProtocol {
    /// Whether its packets have ports: TCP, UDP, DCCP, SCTP.
    pub const fn has_ports(self) -> bool {
        matches!(self.value(), 6 | 17 | 33 | 132)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn again<T: XmlValue>(text: &str) -> Option<String> {
        let mut out = String::new();
        T::parse_xml(text).ok()?.write_xml(&mut out);
        Some(out)
    }

    #[test]
    fn numbers_keep_their_base() {
        assert_eq!(again::<RuleNumber<255>>("0x12").as_deref(), Some("0x12"));
        assert_eq!(again::<RuleNumber<255>>("ff").as_deref(), Some("0xff"));
        assert_eq!(again::<RuleNumber<255>>("12").as_deref(), Some("12"));
        assert_eq!(again::<RuleNumber<63>>("64"), None);
        assert_eq!(again::<RuleNumber<255>>("-1"), None);
    }

    #[test]
    fn numbers_with_a_name_are_written_by_it() {
        assert_eq!(again::<EtherType>("0x800").as_deref(), Some("ipv4"));
        assert_eq!(again::<EtherType>("0x1234").as_deref(), Some("0x1234"));
        assert_eq!(again::<EtherType>("IPV6").as_deref(), Some("ipv6"));
        assert_eq!(again::<ArpOpcode>("request").as_deref(), Some("Request"));
        assert_eq!(again::<ArpOpcode>("0xb").as_deref(), Some("11"));
        assert_eq!(again::<IpProtocol>("17").as_deref(), Some("udp"));
        assert_eq!(again::<IpProtocol>("256"), None);
    }
}
