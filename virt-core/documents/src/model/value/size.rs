//! Sizes in bytes, with libvirt's units.

use std::fmt;
use std::str::FromStr;

use crate::xml::{ValueError, XmlValue, trimmed};

/// A size in bytes.
///
/// Written as libvirt writes it, as a number and a unit. Units are those of libvirt, in any case: `b`, `byte`, `bytes`;
/// `k`, `KiB`, `M`, `MiB`, `G`, `GiB`, `T`, `TiB`, `P`, `PiB`, `E`, `EiB` (powers of 1024); `KB`, `MB`, `GB`, `TB`, `PB`,
/// `EB` (powers of 1000).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct ByteSize(u64);

impl ByteSize {
    /// No bytes.
    pub const ZERO: Self = Self(0);

    /// That many bytes.
    pub const fn bytes(bytes: u64) -> Self {
        Self(bytes)
    }

    /// That many times 1024 bytes; the largest size when that is more than 64 bits hold.
    pub const fn kib(count: u64) -> Self {
        Self(count.saturating_mul(1 << 10))
    }

    /// That many times 1024² bytes; the largest size when that is more than 64 bits hold.
    pub const fn mib(count: u64) -> Self {
        Self(count.saturating_mul(1 << 20))
    }

    /// That many times 1024³ bytes; the largest size when that is more than 64 bits hold.
    pub const fn gib(count: u64) -> Self {
        Self(count.saturating_mul(1 << 30))
    }

    /// That many times 1024⁴ bytes; the largest size when that is more than 64 bits hold.
    pub const fn tib(count: u64) -> Self {
        Self(count.saturating_mul(1 << 40))
    }

    /// The number of bytes.
    pub const fn as_bytes(self) -> u64 {
        self.0
    }

    /// The number of KiB, rounded up, as libvirt counts memory.
    pub const fn as_kib(self) -> u64 {
        self.0.div_ceil(1 << 10)
    }

    /// The number of MiB, rounded up.
    pub const fn as_mib(self) -> u64 {
        self.0.div_ceil(1 << 20)
    }

    /// Whether this is no bytes at all.
    pub const fn is_zero(self) -> bool {
        self.0 == 0
    }

    /// A number with a unit beside it.
    ///
    /// # Errors
    /// When the number is not whole and positive, the unit is unknown, or 64 bits do not hold the bytes.
    pub fn from_scaled(number: &str, unit: &str) -> Result<Self, ValueError> {
        let number =
            u64::parse_xml(number).map_err(|_| ValueError::expected("a size: a whole number and a unit"))?;
        let scale = scale(trimmed(unit)).ok_or(ValueError::expected(
            "a size with a unit such as KiB, MiB, GiB or bytes",
        ))?;
        let bytes = number.checked_mul(scale);
        bytes.map(Self).ok_or(ValueError::expected("a size below 16 EiB"))
    }

    /// Number and unit, in the largest unit of which it is a whole number.
    pub(crate) fn scaled_largest(self) -> (u64, &'static str) {
        let units = [
            ("EiB", 60),
            ("PiB", 50),
            ("TiB", 40),
            ("GiB", 30),
            ("MiB", 20),
            ("KiB", 10),
        ];
        let divides = |(_, shift): &(&str, u32)| self.0 != 0 && self.0.trailing_zeros() >= *shift;
        match units.into_iter().find(divides) {
            Some((unit, shift)) => (self.0 >> shift, unit),
            None => (self.0, "bytes"),
        }
    }

    /// Number and unit to write, in `unit` if it divides, else in bytes.
    pub(crate) fn scaled(self, unit: &'static str) -> (u64, &'static str) {
        match scale(unit) {
            Some(scale) if self.0.is_multiple_of(scale) => (self.0 / scale, unit),
            _ => (self.0, "bytes"),
        }
    }
}

fn scale(unit: &str) -> Option<u64> {
    let is_any = |text: &str, known: &[&str]| known.iter().any(|known| text.eq_ignore_ascii_case(known));
    if is_any(unit, &["", "b", "byte", "bytes"]) {
        return Some(1);
    }
    let power = match unit.bytes().next()?.to_ascii_lowercase() {
        b'k' => 1,
        b'm' => 2,
        b'g' => 3,
        b't' => 4,
        b'p' => 5,
        b'e' => 6,
        _ => return None,
    };
    let rest = unit.get(1..)?;
    if is_any(rest, &["ib", ""]) {
        return Some(1 << (10 * power));
    }
    if is_any(rest, &["b"]) {
        return 1000_u64.checked_pow(power);
    }
    None
}

/// The largest unit that divides, as in `2 GiB`.
impl fmt::Display for ByteSize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (count, unit) = self.scaled_largest();
        write!(f, "{count} {unit}")
    }
}

impl fmt::Debug for ByteSize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// `2 GiB`, `2GiB`, `2G`, `512` (bytes).
impl FromStr for ByteSize {
    type Err = ValueError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = trimmed(text);
        let digits = text
            .find(|character: char| !character.is_ascii_digit())
            .unwrap_or(text.len());
        let (number, unit) = text.split_at(digits);
        Self::from_scaled(number, unit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_are_those_of_libvirt() {
        for (unit, bytes) in [
            ("KiB", 1 << 10),
            ("k", 1 << 10),
            ("kb", 1000),
            ("MB", 1_000_000),
            ("gib", 1 << 30),
            ("b", 1),
        ] {
            assert_eq!(
                ByteSize::from_scaled("1", unit),
                Ok(ByteSize::bytes(bytes)),
                "{unit}"
            );
        }
        for unit in ["Kib i", "kilo", "bit", "x", "é"] {
            assert!(ByteSize::from_scaled("1", unit).is_err(), "{unit}");
        }
    }

    #[test]
    fn what_64_bits_cannot_hold_is_refused() {
        assert!(ByteSize::from_scaled("16", "EiB").is_err());
        assert!(ByteSize::from_scaled("18446744073709551616", "b").is_err());
        assert!(ByteSize::from_scaled("-1", "KiB").is_err());
    }

    #[test]
    fn a_size_prints_with_the_largest_unit_that_divides() {
        assert_eq!(ByteSize::gib(2).to_string(), "2 GiB");
        assert_eq!(ByteSize::bytes(1025).to_string(), "1025 bytes");
        assert_eq!("2GiB".parse(), Ok(ByteSize::gib(2)));
    }
}
