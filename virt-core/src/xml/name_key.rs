//! Names at a glance.

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

    /// Whether it says all there is about a name.
    pub(super) const fn is_whole(self) -> bool {
        self.0 & 0xFF <= 7
    }
}

/// The name the text begins with, when it is of letters, digits and signs of ASCII and has no prefix: as nearly all are.
pub(super) fn plain_name(text: &str) -> Option<&str> {
    let is_first = |byte: &u8| byte.is_ascii_alphabetic() || *byte == b'_';
    let is_other = |byte: u8| !(byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.'));
    text.as_bytes().first().filter(|byte| is_first(byte))?;
    let length = text.bytes().position(is_other).unwrap_or(text.len());
    // The longest that is taken for a name at all.
    text.get(..length).filter(|name| name.len() <= 250)
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
    fn plain_names_end_where_they_are_no_longer_plain() {
        assert_eq!(plain_name("disk type='file'"), Some("disk"));
        assert_eq!(plain_name("on_crash"), Some("on_crash"));
        assert_eq!(plain_name("qemu:arg"), Some("qemu"));
        assert_eq!(plain_name("1a"), None);
        assert_eq!(plain_name(""), None);
        assert_eq!(plain_name(&"a".repeat(251)), None);
    }
}
