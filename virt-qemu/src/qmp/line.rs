//! Cutting a byte stream into lines, whatever pieces it arrives in.

use bytes::{Buf, Bytes, BytesMut};

/// The longest line accepted, in bytes: QEMU's schema reply is some 200 kB, so this is only a guard against a
/// peer that is not QEMU at all.
pub(crate) const DEFAULT_LINE_LIMIT: usize = 64 * 1024 * 1024;

/// A buffer that grew beyond this is given back once it is empty.
const KEEP_CAPACITY: usize = 64 * 1024;

/// How much room is made before each read.
const READ_ROOM: usize = 4 * 1024;

/// A line was longer than the limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct LineTooLong {
    /// The limit, in bytes.
    pub(crate) limit: usize,
}

/// Collects what was read and hands out whole lines, without their line end.
#[derive(Debug)]
pub(crate) struct LineBuffer {
    bytes: BytesMut,
    /// How much of `bytes` is known to hold no line feed.
    searched: usize,
    limit: usize,
}

impl LineBuffer {
    /// An empty buffer that refuses lines longer than `limit` bytes.
    pub(crate) fn new(limit: usize) -> Self {
        Self {
            bytes: BytesMut::new(),
            searched: 0,
            limit,
        }
    }

    /// Where the next read goes; has room for at least a few kilobytes.
    pub(crate) fn room(&mut self) -> &mut BytesMut {
        if self.bytes.is_empty() && self.bytes.capacity() > KEEP_CAPACITY {
            self.bytes = BytesMut::new();
        }
        self.bytes.reserve(READ_ROOM);
        &mut self.bytes
    }

    /// The next whole line, without `\n` or `\r\n`; `None` until one is complete.
    pub(crate) fn next_line(&mut self) -> Result<Option<Bytes>, LineTooLong> {
        let unsearched = self.bytes.get(self.searched..).unwrap_or_default();
        let Some(found) = unsearched.iter().position(|byte| *byte == b'\n') else {
            self.searched = self.bytes.len();
            if self.bytes.len() > self.limit {
                return Err(LineTooLong { limit: self.limit });
            }
            return Ok(None);
        };
        let length = self.searched.saturating_add(found);
        self.searched = 0;
        if length > self.limit {
            return Err(LineTooLong { limit: self.limit });
        }
        let mut line = self.bytes.split_to(length);
        self.bytes.advance(1);
        if line.last() == Some(&b'\r') {
            line.truncate(line.len().saturating_sub(1));
        }
        Ok(Some(line.freeze()))
    }

    /// How many bytes of an unfinished line are held.
    pub(crate) fn unfinished(&self) -> usize {
        self.bytes.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::{ProptestConfig, any, prop_assert_eq, proptest};

    fn lines_of(buffer: &mut LineBuffer) -> Vec<Vec<u8>> {
        std::iter::from_fn(|| buffer.next_line().unwrap().map(|line| line.to_vec())).collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn any_cutting_of_the_stream_gives_the_same_lines(
            lines in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..40), 0..20),
            cuts in proptest::collection::vec(1_usize..17, 1..40),
        ) {
            let expected: Vec<Vec<u8>> = lines
                .iter()
                .map(|line| line.iter().copied().filter(|byte| !b"\r\n".contains(byte)).collect())
                .collect();
            let mut stream = Vec::new();
            for (index, line) in expected.iter().enumerate() {
                stream.extend_from_slice(line);
                stream.extend_from_slice(if index % 2 == 0 { b"\n" } else { b"\r\n" });
            }
            let mut buffer = LineBuffer::new(1024);
            let mut got = Vec::new();
            let (mut rest, mut cut) = (stream.as_slice(), cuts.iter().cycle());
            while !rest.is_empty() {
                let (piece, after) = rest.split_at((*cut.next().unwrap()).min(rest.len()));
                buffer.room().extend_from_slice(piece);
                got.extend(lines_of(&mut buffer));
                rest = after;
            }
            prop_assert_eq!(got, expected);
            prop_assert_eq!(buffer.unfinished(), 0);
        }
    }

    #[test]
    fn a_line_over_the_limit_is_refused_before_it_ends() {
        let mut buffer = LineBuffer::new(8);
        buffer.room().extend_from_slice(b"123456789");
        assert_eq!(buffer.next_line(), Err(LineTooLong { limit: 8 }));
    }

    #[test]
    fn a_large_line_does_not_keep_its_memory() {
        let mut buffer = LineBuffer::new(DEFAULT_LINE_LIMIT);
        buffer.room().extend_from_slice(&vec![b'x'; 1 << 20]);
        assert_eq!(buffer.next_line(), Ok(None));
        buffer.room().extend_from_slice(b"\n");
        assert_eq!(buffer.next_line().unwrap().unwrap().len(), 1 << 20);
        assert!(buffer.room().capacity() <= KEEP_CAPACITY);
    }
}
