//! A piece of a volume's content.

use bytes::Bytes;

/// How much is passed on at once, in bytes: no more than goes into one message of libvirt's protocol (262,120), in whole
/// pages, and little enough to stay in a processor's cache on its way.
pub(super) const PIECE: usize = 240 * 1024;

/// What is looked at at once when holes are searched for in bytes, in bytes.
const BLOCK: usize = 64 * 1024;

/// A piece of a volume's content.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum VolumePiece {
    /// Bytes.
    Data(Bytes),
    /// So many zeros that are not passed on as bytes, and need take no room.
    Hole(u64),
}

impl VolumePiece {
    /// How far it reaches, in bytes.
    #[must_use]
    pub fn length(&self) -> u64 {
        match self {
            Self::Data(data) => u64::try_from(data.len()).unwrap_or(u64::MAX),
            Self::Hole(length) => *length,
        }
    }
}

/// Cuts bytes into data and holes: what is zeros throughout, in blocks of 64 KiB, is a hole.
pub(super) fn with_holes(mut data: Bytes) -> Vec<VolumePiece> {
    let mut pieces = Vec::new();
    while !data.is_empty() {
        let run = like_the_first(&data);
        let piece = data.split_to(run.bytes);
        pieces.push(if run.is_hole {
            VolumePiece::Hole(u64::try_from(piece.len()).unwrap_or(u64::MAX))
        } else {
            VolumePiece::Data(piece)
        });
    }
    pieces
}

struct Run {
    bytes: usize,
    is_hole: bool,
}

/// How far the bytes go on as their first block is.
fn like_the_first(data: &[u8]) -> Run {
    let mut blocks = data.chunks(BLOCK);
    let is_hole = blocks.next().is_some_and(is_zero);
    let more = blocks.take_while(|block| is_zero(block) == is_hole);
    let bytes = BLOCK.saturating_add(more.map(<[u8]>::len).sum());
    Run {
        bytes: bytes.min(data.len()),
        is_hole,
    }
}

fn is_zero(block: &[u8]) -> bool {
    // The first bytes tell most blocks apart; of the rest the compiler makes wide instructions.
    let (first, rest) = block.split_at(block.len().min(16));
    first.iter().all(|byte| *byte == 0) && rest.iter().fold(0, |all, byte| all | byte) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zeros_become_holes_block_by_block_and_nothing_is_lost() {
        let mut bytes = vec![0; 3 * BLOCK + 10];
        *bytes.get_mut(BLOCK + 7).unwrap() = 1;
        let pieces = with_holes(Bytes::from(bytes.clone()));
        let block = u64::try_from(BLOCK).unwrap();
        let data = VolumePiece::Data(Bytes::copy_from_slice(bytes.get(BLOCK..2 * BLOCK).unwrap()));
        assert_eq!(
            pieces,
            [VolumePiece::Hole(block), data, VolumePiece::Hole(block + 10)]
        );
        assert_eq!(with_holes(Bytes::new()), []);
        let one = Bytes::from_static(b"\0\0x");
        assert_eq!(with_holes(one.clone()), [VolumePiece::Data(one)]);
    }
}
