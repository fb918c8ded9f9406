//! Sets of CPUs or NUMA nodes.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use crate::xml::{ValueError, XmlValue, trimmed};

/// A set of small numbers, written as ranges: `0-3,8`; read also with exclusions: `0-3,^2`.
///
/// Numbers go up to [`CpuSet::LIMIT`] exclusive.
#[derive(Clone, PartialEq, Eq, Hash, Default)]
pub struct CpuSet(BTreeSet<u32>);

impl CpuSet {
    /// Numbers are below this.
    pub const LIMIT: u32 = 16_384;

    /// Whether the number is in the set.
    pub fn contains(&self, number: u32) -> bool {
        self.0.contains(&number)
    }

    /// The numbers, ascending.
    pub fn iter(&self) -> impl Iterator<Item = u32> + '_ {
        self.0.iter().copied()
    }

    /// How many numbers there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl FromIterator<u32> for CpuSet {
    /// The set of these numbers; those from [`CpuSet::LIMIT`] on are left out.
    fn from_iter<I: IntoIterator<Item = u32>>(numbers: I) -> Self {
        Self(
            numbers
                .into_iter()
                .filter(|number| *number < Self::LIMIT)
                .collect(),
        )
    }
}

impl fmt::Display for CpuSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut numbers = self.0.iter().copied().peekable();
        let mut first = true;
        while let Some(start) = numbers.next() {
            let mut end = start;
            while let Some(next) = numbers.next_if(|next| *next == end + 1) {
                end = next;
            }
            if !first {
                f.write_str(",")?;
            }
            first = false;
            if start == end {
                write!(f, "{start}")?
            } else {
                write!(f, "{start}-{end}")?
            }
        }
        Ok(())
    }
}

impl fmt::Debug for CpuSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for CpuSet {
    type Err = ValueError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let refuse = || ValueError::expected("a set of numbers below 16384 such as 0-3,^2,8");
        let number = |part: &str| {
            let part = trimmed(part);
            let plain = !part.is_empty() && part.bytes().all(|digit| digit.is_ascii_digit());
            let parsed = if plain { part.parse::<u32>().ok() } else { None };
            parsed.filter(|number| *number < Self::LIMIT).ok_or_else(refuse)
        };
        let mut set = BTreeSet::new();
        for part in text.split(',') {
            let part = trimmed(part);
            if let Some(excluded) = part.strip_prefix('^') {
                set.remove(&number(excluded)?);
            } else if let Some((start, end)) = part.split_once('-') {
                let (start, end) = (number(start)?, number(end)?);
                if start > end {
                    return Err(refuse());
                }
                set.extend(start..=end);
            } else {
                set.insert(number(part)?);
            }
        }
        Ok(Self(set))
    }
}

impl XmlValue for CpuSet {
    fn parse_xml(text: &str) -> Result<Self, ValueError> {
        trimmed(text).parse()
    }

    fn write_xml(&self, out: &mut String) {
        use fmt::Write as _;
        if self.is_empty() {
            // The empty text is no set; this is how an empty one can be said.
            out.push_str("0,^0");
        }
        let _ = write!(out, "{self}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exclusions_and_ranges_are_understood() {
        let set: CpuSet = "0-3,^2, 8".parse().unwrap();
        assert_eq!(set.to_string(), "0-1,3,8");
        assert_eq!("1,^1".parse(), Ok(CpuSet::default()));
        for bad in ["", "3-1", "a", "1,,2", "16384", "-1", "^"] {
            assert!(bad.parse::<CpuSet>().is_err(), "{bad}");
        }
    }
}
