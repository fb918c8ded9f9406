//! From bytes as they come to messages.

use bytes::{Buf, Bytes, BytesMut};

use super::packet::{LONGEST, Packet};
use crate::protocol::net::{
    MESSAGE_HEADER_MAX, MESSAGE_LEN_MAX, MESSAGE_NUM_FDS_MAX, MessageHeader, MessageType,
};
use crate::protocol::xdr::{Xdr, XdrReader};

/// How much room is made for what is read next, in bytes.
const ROOM: usize = 64 * 1024;

/// How much room there is at least; less is not worth a read.
const LEAST_ROOM: usize = 8 * 1024;

/// What is shorter is copied out: an event that waits for its reader must not keep all that came with it in memory.
const COPIED: usize = 16 * 1024;

/// What is wrong with what the peer sends.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FramingError {
    /// A message says it is shorter than its own header.
    #[error("a message of {0} bytes is shorter than a header")]
    TooShort(u32),
    /// A message says it is longer than the protocol allows.
    #[error("a message of {0} bytes is longer than the protocol allows")]
    TooLong(u32),
    /// A reply says that more file descriptors come with it than the protocol allows.
    #[error("{0} file descriptors are more than may come with a message")]
    TooManyFds(u32),
}

/// Collects bytes and cuts them into messages.
#[derive(Debug, Default)]
pub(super) struct Framing {
    buffer: BytesMut,
    /// How long the last message was, if it was long: another one is likely to follow it.
    long: usize,
    /// A message that is waited for no longer than for its file descriptors.
    held: Option<Packet>,
    /// Bytes that follow it for them, one each, and mean nothing.
    fillers: usize,
}

impl Framing {
    /// Room for what is read next: as much as the message under way needs, within its limit.
    pub(super) fn room(&mut self) -> &mut BytesMut {
        let missing = self
            .announced()
            .unwrap_or_default()
            .saturating_sub(self.buffer.len());
        let spare = self.buffer.capacity() - self.buffer.len();
        if spare < missing.max(LEAST_ROOM) {
            // A stream's messages are all of one length: each gets room of its own, and comes whole without being moved.
            let next = if self.buffer.is_empty() { self.long } else { 0 };
            self.buffer.reserve(missing.max(next).max(ROOM));
        }
        &mut self.buffer
    }

    /// How many bytes of a message, or of its length, have come so far.
    pub(super) fn unfinished(&self) -> usize {
        self.buffer.len()
    }

    /// The next whole message.
    pub(super) fn next(&mut self) -> Result<Option<Packet>, FramingError> {
        let skipped = self.fillers.min(self.buffer.len());
        self.buffer.advance(skipped);
        self.fillers -= skipped;
        if self.fillers == 0
            && let Some(packet) = self.held.take()
        {
            return Ok(Some(packet));
        }
        let Some(word) = self.length_word() else {
            return Ok(None);
        };
        if word < MESSAGE_LEN_MAX + MESSAGE_HEADER_MAX {
            return Err(FramingError::TooShort(word));
        }
        if word > LONGEST {
            return Err(FramingError::TooLong(word));
        }
        let length = usize::try_from(word).unwrap_or(usize::MAX);
        if self.buffer.len() < length {
            return Ok(None);
        }
        let mut message = self.cut_off(length);
        message.advance(4);
        let mut reader = XdrReader::new(&message);
        let Ok(header) = MessageHeader::decode(&mut reader) else {
            return Err(FramingError::TooShort(word));
        };
        message.advance(24);
        let mut fds = 0;
        if header.type_ == MessageType::REPLY_WITH_FDS {
            let count = message.try_get_u32().unwrap_or_default();
            if count > MESSAGE_NUM_FDS_MAX {
                return Err(FramingError::TooManyFds(count));
            }
            fds = usize::try_from(count).unwrap_or_default();
        }
        let packet = Packet {
            header,
            payload: message,
            fds,
        };
        if fds == 0 {
            return Ok(Some(packet));
        }
        (self.fillers, self.held) = (fds, Some(packet));
        self.next()
    }

    fn cut_off(&mut self, length: usize) -> Bytes {
        self.long = if length > COPIED { length } else { 0 };
        if length > COPIED {
            return self.buffer.split_to(length).freeze();
        }
        let message = self.buffer.get(..length).map(Bytes::copy_from_slice);
        self.buffer.advance(length);
        message.unwrap_or_default()
    }

    /// The length of the message under way, where that is known and sane.
    fn announced(&self) -> Option<usize> {
        let word = self.length_word().filter(|word| *word <= LONGEST)?;
        usize::try_from(word).ok()
    }

    fn length_word(&self) -> Option<u32> {
        self.buffer.first_chunk().map(|word| u32::from_be_bytes(*word))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::net::MessageStatus;
    use crate::rpc::packet;
    use proptest::prelude::{any, proptest};

    fn header(type_: MessageType) -> MessageHeader {
        MessageHeader {
            prog: 1,
            vers: 1,
            proc: 7,
            type_,
            serial: 3,
            status: MessageStatus::OK,
        }
    }

    fn framed(type_: MessageType, payload: &[u8]) -> Vec<u8> {
        let mut bytes = Vec::new();
        packet::append(&mut bytes, &header(type_), payload).expect("a message");
        bytes
    }

    fn feed(framing: &mut Framing, bytes: &[u8]) {
        framing.room().extend_from_slice(bytes);
    }

    proptest! {
        #[test]
        fn messages_come_out_whole_however_they_are_cut(payload in proptest::collection::vec(any::<u8>(), 0..80), piece in 1_usize..40) {
            let bytes = [framed(MessageType::REPLY, &payload), framed(MessageType::MESSAGE, b"")].concat();
            let mut framing = Framing::default();
            let mut found = Vec::new();
            for piece in bytes.chunks(piece) {
                feed(&mut framing, piece);
                while let Some(packet) = framing.next().expect("a message") {
                    found.push(packet);
                }
            }
            assert_eq!(found.len(), 2);
            assert_eq!(found.first().map(|packet| packet.payload.to_vec()), Some(payload));
            assert_eq!(framing.unfinished(), 0);
        }

        #[test]
        fn garbage_never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let mut framing = Framing::default();
            feed(&mut framing, &bytes);
            while let Ok(Some(_)) = framing.next() {}
        }
    }

    #[test]
    fn what_is_kept_of_small_messages_is_small() {
        let mut framing = Framing::default();
        let mut kept = Vec::new();
        for _ in 0..10_000 {
            feed(&mut framing, &framed(MessageType::MESSAGE, b"event"));
            kept.push(framing.next().expect("sane").expect("a message"));
        }
        // All of them went through the first buffer.
        assert!(
            framing.buffer.capacity() <= 2 * ROOM,
            "{}",
            framing.buffer.capacity()
        );
        assert!(kept.iter().all(|packet| packet.payload.as_ref() == b"event"));
    }

    #[test]
    fn lengths_that_cannot_be_are_refused_at_once() {
        for (word, error) in [
            (27, FramingError::TooShort(27)),
            (33_554_437, FramingError::TooLong(33_554_437)),
            (u32::MAX, FramingError::TooLong(u32::MAX)),
        ] {
            let mut framing = Framing::default();
            feed(&mut framing, &word.to_be_bytes());
            assert_eq!(framing.next(), Err(error));
        }
        assert!(packet::append(&mut Vec::new(), &header(MessageType::CALL), &vec![0; 33_554_409]).is_err());
    }

    #[test]
    fn a_reply_with_file_descriptors_is_whole_when_they_have_come() {
        let mut framing = Framing::default();
        feed(
            &mut framing,
            &framed(MessageType::REPLY_WITH_FDS, &[0, 0, 0, 2, 9, 9, 9, 9]),
        );
        feed(&mut framing, &[0]);
        assert_eq!(framing.next(), Ok(None));
        feed(&mut framing, &[0]);
        feed(&mut framing, &framed(MessageType::MESSAGE, b""));
        let reply = framing.next().expect("sane").expect("a reply");
        assert_eq!((reply.payload.as_ref(), reply.fds), ([9; 4].as_slice(), 2));
        let message = framing.next().expect("sane").expect("a message");
        assert_eq!(message.header.type_, MessageType::MESSAGE);
    }
}
