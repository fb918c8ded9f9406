//! Sets of bytes, looked up at once.

/// A set of bytes.
pub(super) struct ByteSet([bool; 256]);

impl ByteSet {
    /// These bytes, and all below `end`.
    #[expect(
        clippy::indexing_slicing,
        clippy::as_conversions,
        reason = "for constants: a byte is below the length of the table, and places are below the number of bytes"
    )]
    pub(super) const fn of(bytes: &[u8], end: u8) -> Self {
        let mut has = [false; 256];
        let mut place = 0;
        while place < bytes.len() {
            has[bytes[place] as usize] = true;
            place += 1;
        }
        let mut byte = 0;
        while byte < end {
            has[byte as usize] = true;
            byte += 1;
        }
        Self(has)
    }

    /// Whether the byte is one of them.
    pub(super) fn has(&self, byte: u8) -> bool {
        self.0.get(usize::from(byte)) == Some(&true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_has_its_bytes_and_no_other() {
        let set = ByteSet::of(b"<\xEF", 0x20);
        let expected = |byte: u8| byte < 0x20 || matches!(byte, b'<' | 0xEF);
        assert!((0..=u8::MAX).all(|byte| set.has(byte) == expected(byte)));
    }
}
