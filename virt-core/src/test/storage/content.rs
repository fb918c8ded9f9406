//! What is in a volume: bytes, and holes that hold none.

use std::collections::BTreeMap;

use bytes::Bytes;

use crate::storage::VolumePiece;

/// How much is held or not, in bytes.
const BLOCK: u64 = 64 * 1024;

/// What is in a volume, in blocks that are held where something was written.
#[derive(Debug, Clone, Default)]
pub(in crate::test) struct Content {
    /// By number. Each is as long as a block.
    blocks: BTreeMap<u64, Vec<u8>>,
    length: u64,
}

impl Content {
    /// Zeros, of this length.
    pub(super) fn zeros(length: u64) -> Self {
        Self {
            blocks: BTreeMap::new(),
            length,
        }
    }

    pub(in crate::test) const fn length(&self) -> u64 {
        self.length
    }

    /// How many bytes are held.
    pub(in crate::test) fn held(&self) -> u64 {
        count(self.blocks.len()).saturating_mul(BLOCK)
    }

    /// How many bytes more would be held if that was written.
    pub(super) fn cost(&self, at: u64, length: u64) -> u64 {
        let Some(last) = at.saturating_add(length).checked_sub(1).filter(|_| length > 0) else {
            return 0;
        };
        let (first, last) = (at / BLOCK, last / BLOCK);
        let there = count(self.blocks.range(first..=last).count());
        (last - first + 1).saturating_sub(there).saturating_mul(BLOCK)
    }

    /// Makes it longer, with zeros, or shorter.
    pub(super) fn set_length(&mut self, length: u64) {
        if length < self.length {
            self.punch(length, self.length - length);
        }
        self.length = length;
    }

    /// Writes bytes.
    pub(super) fn write(&mut self, mut at: u64, mut bytes: &[u8]) {
        self.length = self.length.max(at.saturating_add(count(bytes.len())));
        while !bytes.is_empty() {
            let (block, within) = self.block(at);
            let room = block.get_mut(within..).unwrap_or_default();
            let (now, later) = bytes.split_at(bytes.len().min(room.len()));
            if let Some(place) = room.get_mut(..now.len()) {
                place.copy_from_slice(now);
            }
            at = at.saturating_add(count(now.len()));
            bytes = later;
        }
    }

    /// Makes a hole: zeros, which hold nothing where they fill a block.
    pub(super) fn punch(&mut self, at: u64, length: u64) {
        let end = at.saturating_add(length);
        self.length = self.length.max(end);
        let touched = self.blocks.range(at / BLOCK..end.div_ceil(BLOCK));
        for number in touched.map(|(number, _)| *number).collect::<Vec<_>>() {
            let start = number.saturating_mul(BLOCK);
            if at <= start && end >= start.saturating_add(BLOCK) {
                self.blocks.remove(&number);
            } else if let Some(block) = self.blocks.get_mut(&number) {
                let from = place(at.saturating_sub(start));
                let to = place(end.saturating_sub(start).min(BLOCK));
                block.get_mut(from..to).unwrap_or_default().fill(0);
            }
        }
    }

    /// Holds every byte of a place, zeros or not.
    pub(super) fn hold(&mut self, at: u64, length: u64) {
        let end = at.saturating_add(length);
        for number in at / BLOCK..end.div_ceil(BLOCK) {
            self.block(number.saturating_mul(BLOCK));
        }
        self.length = self.length.max(end);
    }

    /// Nothing but zeros is left.
    pub(super) fn wipe(&mut self) {
        self.blocks.clear();
    }

    /// What comes at this place: bytes or a hole, as far as it goes on like that, at most to `end`.
    pub(super) fn piece(&self, at: u64, end: u64) -> Option<VolumePiece> {
        let end = end.min(self.length);
        if at >= end {
            return None;
        }
        let number = at / BLOCK;
        let start = number.saturating_mul(BLOCK);
        Some(match self.blocks.get(&number) {
            Some(block) => {
                let to = place((end - start).min(BLOCK));
                let bytes = block.get(place(at - start)..to).unwrap_or_default();
                VolumePiece::Data(Bytes::copy_from_slice(bytes))
            }
            None => {
                let next = self.blocks.range(number..).next();
                let data = next.map_or(end, |(number, _)| number.saturating_mul(BLOCK));
                VolumePiece::Hole(data.min(end) - at)
            }
        })
    }

    /// The block at this place, and where in it that is.
    fn block(&mut self, at: u64) -> (&mut Vec<u8>, usize) {
        let block = self
            .blocks
            .entry(at / BLOCK)
            .or_insert_with(|| vec![0; place(BLOCK)]);
        (block, place(at % BLOCK))
    }
}

fn count(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}

fn place(within: u64) -> usize {
    usize::try_from(within).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(content: &Content) -> Vec<u8> {
        let mut all = Vec::new();
        while let Some(piece) = content.piece(count(all.len()), u64::MAX) {
            match piece {
                VolumePiece::Data(data) => all.extend_from_slice(&data),
                VolumePiece::Hole(length) => all.resize(all.len() + place(length), 0),
            }
        }
        all
    }

    proptest! {
        #[test]
        fn what_is_written_and_punched_reads_as_in_plain_bytes(
            steps in proptest::collection::vec((0_u64..300_000, 0_usize..150_000, any::<Option<u8>>()), 0..12)
        ) {
            let mut content = Content::default();
            let mut plain: Vec<u8> = Vec::new();
            for (at, length, value) in steps {
                let end = place(at) + length;
                plain.resize(plain.len().max(if length > 0 { end } else { 0 }), 0);
                plain.get_mut(place(at)..end).unwrap_or_default().fill(value.unwrap_or(0));
                match value {
                    _ if length == 0 => {}
                    Some(value) => content.write(at, &vec![value; length]),
                    None => content.punch(at, count(length)),
                }
            }
            prop_assert_eq!(content.length(), count(plain.len()));
            prop_assert!(read(&content) == plain);
        }
    }

    #[test]
    fn a_hole_holds_nothing_and_costs_are_told_before() {
        let mut content = Content::zeros(1 << 40);
        assert_eq!(content.held(), 0);
        assert_eq!(content.cost(10, 1), BLOCK);
        content.write(10, b"x");
        assert_eq!((content.held(), content.cost(0, BLOCK)), (BLOCK, 0));
        content.punch(0, 1 << 30);
        assert_eq!(content.held(), 0);
        assert_eq!(content.piece(0, u64::MAX), Some(VolumePiece::Hole(1 << 40)));
    }
}
