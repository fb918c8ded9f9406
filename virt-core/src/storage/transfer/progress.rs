//! How far a transfer has come.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::VolumePiece;

/// How far an upload or a download has come, to be looked at while it runs. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct TransferProgress {
    counters: Arc<Counters>,
}

#[derive(Debug, Default)]
struct Counters {
    bytes: AtomicU64,
    data: AtomicU64,
}

impl TransferProgress {
    /// How many bytes of the content are behind it, holes counted.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.counters.bytes.load(Ordering::Relaxed)
    }

    /// How many of them were passed on as bytes.
    #[must_use]
    pub fn data_bytes(&self) -> u64 {
        self.counters.data.load(Ordering::Relaxed)
    }

    pub(super) fn add(&self, piece: &VolumePiece) {
        let length = piece.length();
        self.counters.bytes.fetch_add(length, Ordering::Relaxed);
        if matches!(piece, VolumePiece::Data(_)) {
            self.counters.data.fetch_add(length, Ordering::Relaxed);
        }
    }
}
