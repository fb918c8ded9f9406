//! The length in front of messages and packets.

/// How long it is, in bytes; the highest comes first.
pub(super) const LENGTH: usize = 4;

/// How much follows the length that a message begins with, which counts itself; `None` where not all of it is there.
pub(super) fn behind_length(message: &[u8]) -> Option<usize> {
    message.first_chunk::<LENGTH>().map(|length| {
        let length = usize::try_from(u32::from_be_bytes(*length)).unwrap_or(usize::MAX);
        length.saturating_sub(LENGTH)
    })
}
