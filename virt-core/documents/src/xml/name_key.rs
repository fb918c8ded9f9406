//! Names at a glance.

use super::byte_set::ByteSet;

/// The length of a name and its first seven bytes: names of other keys are other names, and up to seven bytes long,
/// those of one key are one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NameKey(u64);

impl NameKey {
    /// That of the name.
    #[expect(
        clippy::indexing_slicing,
        clippy::as_conversions,
        reason = "constant tables are made by this: places are below 7, and the length is below 256 where it is narrowed"
    )]
    pub const fn of(name: &str) -> Self {
        let bytes = name.as_bytes();
        let mut key = [0; 8];
        let mut place = 0;
        while place < 7 && place < bytes.len() {
            key[place + 1] = bytes[place];
            place += 1;
        }
        key[0] = if bytes.len() < 255 { bytes.len() as u8 } else { 255 };
        Self(u64::from_le_bytes(key))
    }

    /// The same as [`of`](Self::of), without a step for each byte.
    pub(super) fn at_once(name: &str) -> Self {
        let bytes = name.as_bytes();
        let length = u64::try_from(bytes.len()).unwrap_or(u64::MAX).min(255);
        let start = if let Some([a, b, c, d, e, f, g]) = bytes.first_chunk() {
            u64::from_le_bytes([*a, *b, *c, *d, *e, *f, *g, 0])
        } else if let (Some(start), Some(end)) = (bytes.first_chunk(), bytes.last_chunk()) {
            // Where the two overlap, they are the same.
            u64::from(u32::from_le_bytes(*start))
                | (u64::from(u32::from_le_bytes(*end)) << ((length - 4) * 8))
        } else {
            let places = bytes.iter().zip([0, 8, 16]);
            places.fold(0, |start, (byte, place)| start | (u64::from(*byte) << place))
        };
        Self((start << 8) | length)
    }

    /// Whether it says all there is about a name.
    pub(super) const fn is_whole(self) -> bool {
        self.0 & 0xFF <= 7
    }
}

/// Which bytes plain names are of.
static PLAIN: ByteSet = ByteSet::of(
    b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-.",
    0,
);

/// The length of the name the text begins with, when it is of letters, digits and signs of ASCII and has no prefix: as
/// nearly all are.
pub(super) fn plain_name_length(text: &[u8]) -> Option<usize> {
    let first = text.first()?;
    let is_other = |byte: &u8| !PLAIN.has(*byte);
    let length = text.iter().position(is_other).unwrap_or(text.len());
    // The longest that is taken for a name at all.
    (length <= 250 && (first.is_ascii_alphabetic() || *first == b'_')).then_some(length)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_tell_names_apart() {
        assert_eq!(NameKey::of("source"), NameKey::of("source"));
        assert_ne!(NameKey::of("source"), NameKey::of("sourcf"));
        assert_ne!(NameKey::of("source"), NameKey::of("sources"));
        assert!(NameKey::of("address").is_whole());
        assert!(NameKey::of("").is_whole());
        // Beyond seven bytes the length is all that is seen.
        assert_eq!(NameKey::of("interface"), NameKey::of("interfake"));
        assert!(!NameKey::of("interface").is_whole());
        assert!(!NameKey::of(&"a".repeat(300)).is_whole());
    }

    #[test]
    fn both_ways_give_one_key() {
        let name = "qemu:commandline_and_more".repeat(12);
        for length in (0..=name.len()).filter(|length| name.is_char_boundary(*length)) {
            let name = name.get(..length).unwrap_or_default();
            assert_eq!(NameKey::of(name), NameKey::at_once(name), "{name}");
        }
    }

    #[test]
    fn plain_names_end_where_they_are_no_longer_plain() {
        let length = |text: &str| plain_name_length(text.as_bytes());
        assert_eq!(length("disk type='file'"), Some(4));
        assert_eq!(length("on_crash"), Some(8));
        assert_eq!(length("qemu:arg"), Some(4));
        assert_eq!(length("1a"), None);
        assert_eq!(length("-a"), None);
        assert_eq!(length(""), None);
        assert_eq!(length(&"a".repeat(250)), Some(250));
        assert_eq!(length(&"a".repeat(251)), None);
    }
}
