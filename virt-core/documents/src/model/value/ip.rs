//! IP addresses as libvirt reads and writes them.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::xml::{ValueError, XmlValue, trimmed};

/// Read as the C library reads a numeric address, written as it writes one.
impl XmlValue for IpAddr {
    fn parse_xml(text: &str) -> Result<Self, ValueError> {
        parse_ip(trimmed(text)).ok_or(ValueError::expected("an IP address"))
    }

    fn write_xml(&self, out: &mut String) {
        use std::fmt::Write as _;
        let _ = match self {
            Self::V4(address) => write!(out, "{address}"),
            Self::V6(address) => match compatible(*address) {
                Some(address) => write!(out, "::{address}"),
                None => write!(out, "{address}"),
            },
        };
    }
}

impl XmlValue for Ipv4Addr {
    fn parse_xml(text: &str) -> Result<Self, ValueError> {
        match parse_ip(trimmed(text)) {
            Some(IpAddr::V4(address)) => Ok(address),
            _ => Err(ValueError::expected("an IPv4 address")),
        }
    }

    fn write_xml(&self, out: &mut String) {
        IpAddr::V4(*self).write_xml(out);
    }
}

/// The address as libvirt spells it.
pub(crate) fn ip_text(address: IpAddr) -> String {
    let mut text = String::new();
    address.write_xml(&mut text);
    text
}

pub(crate) fn parse_ip(text: &str) -> Option<IpAddr> {
    text.parse().ok().or_else(|| short_ipv4(text).map(IpAddr::V4))
}

/// `10.1`, `0x7f.1`, `010.0.0.1`: parts may be missing at the end, octal or hexadecimal.
fn short_ipv4(text: &str) -> Option<Ipv4Addr> {
    let parts = text.split('.').map(c_number).collect::<Option<Vec<u32>>>()?;
    let (last, bytes) = parts.split_last()?;
    let taken = u32::try_from(bytes.len()).ok().filter(|taken| *taken < 4)?;
    if bytes.iter().any(|byte| *byte > 255) || u64::from(*last) >> (32 - 8 * taken) != 0 {
        return None;
    }
    let high = bytes.iter().zip([24_u32, 16, 8]);
    let value = high.fold(*last, |value, (byte, shift)| value | (byte << shift));
    Some(Ipv4Addr::from(value))
}

fn c_number(text: &str) -> Option<u32> {
    let hexadecimal = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X"));
    let (digits, radix) = match hexadecimal {
        Some(digits) => (digits, 16),
        None if text.len() > 1 && text.starts_with('0') => (text, 8),
        None => (text, 10),
    };
    let plain = !digits.is_empty() && digits.chars().all(|digit| digit.is_digit(radix));
    plain.then(|| u32::from_str_radix(digits, radix).ok()).flatten()
}

/// The last half of `::10.1.2.3`, which is written with dots.
fn compatible(address: Ipv6Addr) -> Option<Ipv4Addr> {
    match address.segments() {
        [0, 0, 0, 0, 0, 0, high, low] if high != 0 => {
            Some(Ipv4Addr::from((u32::from(high) << 16) | u32::from(low)))
        }
        _ => None,
    }
}

/// The number of leading one bits of a mask that has no others.
pub(crate) fn prefix_of_mask(mask: IpAddr) -> Option<u8> {
    let (ones, rest) = match mask {
        IpAddr::V4(mask) => {
            let bits = u32::from(mask);
            (
                bits.leading_ones(),
                u128::from(bits.checked_shl(bits.leading_ones()).unwrap_or(0)),
            )
        }
        IpAddr::V6(mask) => {
            let bits = u128::from(mask);
            (
                bits.leading_ones(),
                bits.checked_shl(bits.leading_ones()).unwrap_or(0),
            )
        }
    };
    u8::try_from(ones).ok().filter(|_| rest == 0)
}

/// The address with the bits behind the prefix cleared.
pub(crate) fn network_of(address: IpAddr, prefix: u8) -> IpAddr {
    let prefix = u32::from(prefix);
    match address {
        IpAddr::V4(address) => {
            let mask = u32::MAX.checked_shl(32_u32.saturating_sub(prefix)).unwrap_or(0);
            Ipv4Addr::from(u32::from(address) & mask).into()
        }
        IpAddr::V6(address) => {
            let mask = u128::MAX.checked_shl(128_u32.saturating_sub(prefix)).unwrap_or(0);
            Ipv6Addr::from(u128::from(address) & mask).into()
        }
    }
}

/// The address with the bits behind the prefix set.
pub(crate) fn broadcast_of(address: Ipv4Addr, prefix: u8) -> Ipv4Addr {
    let rest = u32::MAX.checked_shr(u32::from(prefix)).unwrap_or(0);
    Ipv4Addr::from(u32::from(address) | rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_and_written_as_the_c_library_does() {
        for (read, written) in [
            ("10.1.2.3", "10.1.2.3"),
            ("10.1", "10.0.0.1"),
            ("010.0.0.1", "8.0.0.1"),
            ("A:B:C::", "a:b:c::"),
            ("::10.1.2.3", "::10.1.2.3"),
            ("::ffff:10.1.2.3", "::ffff:10.1.2.3"),
            ("::1", "::1"),
        ] {
            assert_eq!(parse_ip(read).map(ip_text).as_deref(), Some(written), "{read}");
        }
        for bad in ["", "10.1.2.3.4", "10.1.2.333", "a:b:c", "10..1", "+1.2.3.4"] {
            assert_eq!(parse_ip(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_mask_is_ones_before_zeros() {
        let prefix = |mask: &str| prefix_of_mask(mask.parse().unwrap());
        assert_eq!(prefix("255.255.255.255"), Some(32));
        assert_eq!(prefix("0.0.0.0"), Some(0));
        assert_eq!(prefix("ffff:ffff:ffff:ffff:8000::"), Some(65));
        assert_eq!(prefix("255.255.255.127"), None);
        assert_eq!(
            network_of("10.1.2.3".parse().unwrap(), 8),
            IpAddr::from([10, 0, 0, 0])
        );
        assert_eq!(
            broadcast_of([10, 1, 2, 3].into(), 8),
            Ipv4Addr::from([10, 255, 255, 255])
        );
    }
}
