//! Addresses, in whichever way they are written.

use std::net::{Ipv4Addr, Ipv6Addr};

/// The usual form of an address; `None` for what is a name.
///
/// IPv4 addresses are taken as the C library takes them: fewer than four parts, hexadecimal, octal.
pub(super) fn canonical(text: &str) -> Option<String> {
    let (address, scope) = text
        .split_once('%')
        .map_or((text, None), |(address, scope)| (address, Some(scope)));
    match (address.parse::<Ipv6Addr>(), scope) {
        (Ok(address), None) => Some(address.to_string()),
        (Ok(address), Some(scope)) => Some(format!("{address}%{scope}")),
        (Err(_), None) => ipv4(address).map(|address| address.to_string()),
        (Err(_), Some(_)) => None,
    }
}

fn ipv4(text: &str) -> Option<Ipv4Addr> {
    let parts: Vec<u32> = text.split('.').map(part).collect::<Option<_>>()?;
    let (last, before) = parts.split_last()?;
    let free_bits = match before.len() {
        0 => 32,
        1 => 24,
        2 => 16,
        3 => 8,
        _ => return None,
    };
    if u64::from(*last) >= 1_u64 << free_bits {
        return None;
    }
    let mut address = *last;
    for (at, byte) in (0_u32..).zip(before) {
        if *byte > 255 {
            return None;
        }
        address |= byte << (24 - 8 * at);
    }
    Some(Ipv4Addr::from_bits(address))
}

fn part(text: &str) -> Option<u32> {
    if !text.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    if let Some(digits) = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        if digits.starts_with('+') {
            return None;
        }
        u32::from_str_radix(digits, 16).ok()
    } else if text.len() > 1 && text.starts_with('0') {
        u32::from_str_radix(text, 8).ok()
    } else {
        text.parse().ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_have_one_form() {
        for (written, usual) in [
            ("127.1", "127.0.0.1"),
            ("0x7f.1", "127.0.0.1"),
            ("300", "0.0.1.44"),
            ("010.0.0.1", "8.0.0.1"),
            ("1.2.3.4", "1.2.3.4"),
            ("FE80::0001", "fe80::1"),
            ("fe80::1%lo", "fe80::1%lo"),
            ("::ffff:1.2.3.4", "::ffff:1.2.3.4"),
        ] {
            assert_eq!(canonical(written).as_deref(), Some(usual), "{written}");
        }
        for name in [
            "web",
            "1.2.3.4.",
            "1.2.3.256",
            "256.1",
            "1..2",
            "",
            "0x",
            "09",
            "1.2.3.4.5",
            "1.2.3.4%lo",
        ] {
            assert_eq!(canonical(name), None, "{name}");
        }
    }
}
