//! Numbers as libvirt and the kernel read them.

use virt_core::model::value::ByteSize;

/// The unsigned number at the beginning of a text, as strtoull(3) reads it, and what is behind it. A sign wraps around.
pub(super) fn leading_unsigned(text: &str) -> Option<(u64, &str)> {
    let text = text.trim_start_matches([' ', '\t']);
    let (negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let end = digits
        .find(|one: char| !one.is_ascii_digit())
        .unwrap_or(digits.len());
    let (digits, rest) = digits.split_at_checked(end)?;
    let number: u64 = digits.parse().ok()?;
    Some((if negative { number.wrapping_neg() } else { number }, rest))
}

/// A text that is an unsigned number of 64 bits and nothing else.
pub(super) fn unsigned_64(text: &str) -> Option<u64> {
    leading_unsigned(text)
        .filter(|(_, rest)| rest.is_empty())
        .map(|(number, _)| number)
}

/// A text that is an unsigned number of 32 bits and nothing else; a sign wraps around.
pub(super) fn unsigned_32(text: &str) -> Option<u32> {
    let number = unsigned_64(text)?;
    if text.trim_start().starts_with('-') {
        return u32::try_from(number.wrapping_neg()).ok().map(u32::wrapping_neg);
    }
    u32::try_from(number).ok()
}

/// A text that is a signed number and nothing else.
pub(super) fn signed_64(text: &str) -> Option<i64> {
    text.trim_start_matches([' ', '\t']).parse().ok()
}

/// A size as libvirt reads it: `8m`, `8MiB`, `8MB`, `8388608`.
pub(super) fn libvirt_size(text: &str) -> Option<u64> {
    let (number, unit) = leading_unsigned(text)?;
    if unit.starts_with([' ', '\t']) {
        return None;
    }
    ByteSize::from_scaled(&number.to_string(), unit)
        .ok()
        .map(ByteSize::as_bytes)
}

/// A size as the kernel reads it: digits, and one of the letters k, m, g, t, p, e for powers of 1024.
pub(super) fn kernel_size(text: &str) -> Option<u64> {
    let (number, unit) = leading_unsigned(text).filter(|_| !text.starts_with(['-', '+']))?;
    let shift = match unit {
        "" => 0,
        "k" | "K" => 10,
        "m" | "M" => 20,
        "g" | "G" => 30,
        "t" | "T" => 40,
        "p" | "P" => 50,
        "e" | "E" => 60,
        _ => return None,
    };
    number.checked_mul(1 << shift)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_as_the_c_library_does() {
        assert_eq!(leading_unsigned(" 10 x"), Some((10, " x")));
        assert_eq!(unsigned_64("-5"), Some(u64::MAX - 4));
        assert_eq!(unsigned_64("5x"), None);
        assert_eq!(unsigned_32("-1"), Some(u32::MAX));
        assert_eq!(unsigned_32("99999999999"), None);
        assert_eq!(signed_64("-1"), Some(-1));
        assert_eq!(unsigned_64(""), None);
    }

    #[test]
    fn sizes_have_units() {
        for (text, libvirt, kernel) in [
            ("1024", Some(1024), Some(1024)),
            ("8m", Some(8 << 20), Some(8 << 20)),
            ("3KB", Some(3000), None),
            ("1 G", None, None),
            ("5%", None, None),
            ("", None, None),
            ("-1", Some(u64::MAX), None),
        ] {
            assert_eq!(
                (libvirt_size(text), kernel_size(text)),
                (libvirt, kernel),
                "{text}"
            );
        }
    }
}
