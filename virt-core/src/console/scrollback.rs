//! The last of what a console printed.

use std::collections::VecDeque;

use tokio::io::ReadBuf;

/// The least that is kept: live readers live on it, too.
const LEAST: usize = 4 * 1024;

/// The last of what a console printed: what new readers get first, and how far readers may fall behind.
///
/// Each byte has a position, counted from the first one ever; memory is taken as it fills.
#[derive(Debug, Clone)]
pub struct Scrollback {
    bytes: VecDeque<u8>,
    capacity: usize,
    /// The position of the first byte that is kept.
    start: u64,
}

impl Default for Scrollback {
    /// Of 256 KiB.
    fn default() -> Self {
        Self::new(256 * 1024)
    }
}

impl Scrollback {
    /// An empty one that keeps so many bytes; fewer than 4 KiB are taken as 4 KiB.
    #[must_use]
    pub fn new(capacity: usize) -> Self {
        Self {
            bytes: VecDeque::new(),
            capacity: capacity.max(LEAST),
            start: 0,
        }
    }

    /// With what was printed before, in a log for instance.
    #[must_use]
    pub fn preloaded(mut self, bytes: &[u8]) -> Self {
        self.push(bytes);
        self
    }

    /// Adds what is printed now; the oldest goes.
    pub(super) fn push(&mut self, bytes: &[u8]) {
        let skipped = bytes.len().saturating_sub(self.capacity);
        let kept = bytes.get(skipped..).unwrap_or_default();
        let surplus = (self.bytes.len() + kept.len()).saturating_sub(self.capacity);
        self.bytes.drain(..surplus);
        self.bytes.extend(kept);
        self.start = self
            .start
            .saturating_add(wide(surplus))
            .saturating_add(wide(skipped));
    }

    /// The position after the last byte.
    pub(super) fn end(&self) -> u64 {
        self.start.saturating_add(wide(self.bytes.len()))
    }

    /// The position of the last `count` bytes, or of all that are kept.
    pub(super) fn position_of_last(&self, count: u64) -> u64 {
        self.end().saturating_sub(count).max(self.start)
    }

    /// Gives what is kept from `position` on and before `limit`, as much as there is room for; the position after it.
    pub(super) fn read(&self, position: u64, limit: u64, into: &mut ReadBuf<'_>) -> u64 {
        let position = position.max(self.start);
        let skip = narrow(position - self.start).min(self.bytes.len());
        let wanted = narrow(limit.saturating_sub(position)).min(into.remaining());
        let (front, back) = self.bytes.as_slices();
        let from_front = front.get(skip..).unwrap_or_default();
        let from_front = from_front.get(..wanted).unwrap_or(from_front);
        into.put_slice(from_front);
        let from_back = back.get(skip.saturating_sub(front.len())..).unwrap_or_default();
        let wanted = wanted - from_front.len();
        let from_back = from_back.get(..wanted).unwrap_or(from_back);
        into.put_slice(from_back);
        position.saturating_add(wide(from_front.len() + from_back.len()))
    }
}

fn wide(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}

fn narrow(count: u64) -> usize {
    usize::try_from(count).unwrap_or(usize::MAX)
}

#[cfg(test)]
#[expect(clippy::as_conversions, reason = "numbers of tests are small")]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(log: &Scrollback, position: u64, limit: u64, room: usize) -> (Vec<u8>, u64) {
        let mut room = vec![0; room];
        let mut buf = ReadBuf::new(&mut room);
        let after = log.read(position, limit, &mut buf);
        (buf.filled().to_vec(), after)
    }

    proptest! {
        #[test]
        fn what_is_read_is_the_part_of_what_was_printed_that_is_kept(
            chunks in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..6000), 0..8),
            position in 0_u64..40_000,
            limit in 0_u64..40_000,
            room in 0_usize..9000,
        ) {
            let mut log = Scrollback::new(0);
            chunks.iter().for_each(|chunk| log.push(chunk));
            let printed = chunks.concat();
            let kept = printed.len().saturating_sub(LEAST);
            prop_assert_eq!(log.end(), printed.len() as u64);
            prop_assert_eq!(log.position_of_last(100), printed.len().saturating_sub(100).max(kept) as u64);
            let (bytes, after) = read(&log, position, limit, room);
            let from = (position as usize).max(kept);
            let to = (limit as usize).min(printed.len());
            let expected = printed.get(from..to).unwrap_or_default();
            let expected = &expected[..expected.len().min(room)];
            prop_assert_eq!(&bytes, expected);
            prop_assert_eq!(after, (from + expected.len()) as u64);
        }
    }
}
