//! Messages as they are sent: four numbers of 32 bits, little-endian, and a payload.

use bytes::{Buf as _, BufMut as _, BytesMut};
use virt_core::{Error, ErrorKind, Outcome, Result};

/// The size of what comes before a payload.
const HEADER: usize = 16;
/// The most that a message carries (`XENSTORE_PAYLOAD_MAX`).
pub(super) const PAYLOAD_MAX: usize = 4096;
/// How much is read at a time.
const READ_SIZE: usize = 16 * 1024;

/// What a message is about (`xsd_sockmsg_type`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum MessageKind {
    Directory,
    Read,
    GetPermissions,
    Watch,
    Unwatch,
    TransactionStart,
    TransactionEnd,
    GetDomainPath,
    Write,
    MakeDirectory,
    Remove,
    SetPermissions,
    WatchEvent,
    Error,
    IsDomainIntroduced,
    DirectoryPart,
}

/// The numbers of the kinds.
const NUMBERS: &[(MessageKind, u32)] = &[
    (MessageKind::Directory, 1),
    (MessageKind::Read, 2),
    (MessageKind::GetPermissions, 3),
    (MessageKind::Watch, 4),
    (MessageKind::Unwatch, 5),
    (MessageKind::TransactionStart, 6),
    (MessageKind::TransactionEnd, 7),
    (MessageKind::GetDomainPath, 10),
    (MessageKind::Write, 11),
    (MessageKind::MakeDirectory, 12),
    (MessageKind::Remove, 13),
    (MessageKind::SetPermissions, 14),
    (MessageKind::WatchEvent, 15),
    (MessageKind::Error, 16),
    (MessageKind::IsDomainIntroduced, 17),
    (MessageKind::DirectoryPart, 22),
];

impl MessageKind {
    fn number(self) -> u32 {
        let found = NUMBERS.iter().find(|(kind, _)| *kind == self);
        found.map_or(0, |(_, number)| *number)
    }

    fn of(number: u32) -> Option<Self> {
        let found = NUMBERS.iter().find(|(_, known)| *known == number);
        found.map(|(kind, _)| *kind)
    }

    /// Whether it changes something.
    pub(super) fn changes(self) -> bool {
        matches!(
            self,
            Self::Write | Self::MakeDirectory | Self::Remove | Self::SetPermissions | Self::TransactionEnd
        )
    }
}

/// A message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Message {
    pub(super) kind: MessageKind,
    /// By which an answer is known; xenstored says it back.
    pub(super) request: u32,
    /// The transaction it belongs to; 0 for none.
    pub(super) transaction: u32,
    pub(super) payload: Vec<u8>,
}

impl Message {
    /// Appends it, as it is sent.
    pub(super) fn encode(&self, out: &mut Vec<u8>) {
        out.put_u32_le(self.kind.number());
        out.put_u32_le(self.request);
        out.put_u32_le(self.transaction);
        out.put_u32_le(u32::try_from(self.payload.len()).unwrap_or(u32::MAX));
        out.extend_from_slice(&self.payload);
    }
}

/// A payload of words that each end in a zero byte.
pub(super) fn words<'a>(words: impl IntoIterator<Item = &'a str>) -> Vec<u8> {
    let mut payload = Vec::new();
    for word in words {
        payload.extend_from_slice(word.as_bytes());
        payload.push(0);
    }
    payload
}

/// The words of a payload, each of which ends in a zero byte; the last one may lack it.
pub(super) fn split(payload: &[u8]) -> Result<Vec<String>> {
    let payload = payload.strip_suffix(&[0]).unwrap_or(payload);
    if payload.is_empty() {
        return Ok(Vec::new());
    }
    payload
        .split(|byte| *byte == 0)
        .map(|word| String::from_utf8(word.to_vec()).map_err(|_| malformed("a name that is not text")))
        .collect()
}

/// Refuses what does not fit into a message, before anything is sent.
pub(super) fn check_size(payload: &[u8]) -> Result<()> {
    if payload.len() <= PAYLOAD_MAX {
        return Ok(());
    }
    let message = format!(
        "path and value take {} bytes together, and xenstore takes {PAYLOAD_MAX} at most",
        payload.len()
    );
    Err(Error::new(ErrorKind::InvalidArgument, message).with_outcome(Outcome::NotApplied))
}

/// What has been read, and is cut into messages.
#[derive(Debug, Default)]
pub(super) struct Incoming {
    buffer: BytesMut,
}

impl Incoming {
    /// Where what is read next goes.
    pub(super) fn room(&mut self) -> &mut BytesMut {
        self.buffer.reserve(READ_SIZE);
        &mut self.buffer
    }

    /// Whether a message has begun that is not there as a whole.
    pub(super) fn is_in_message(&self) -> bool {
        !self.buffer.is_empty()
    }

    /// The next message, if it is there as a whole. Kinds that nobody asks for are left out.
    ///
    /// # Errors
    /// `Corrupt` for what no xenstored says.
    pub(super) fn next_message(&mut self) -> Result<Option<Message>> {
        loop {
            let mut header = self.buffer.as_ref();
            if header.len() < HEADER {
                return Ok(None);
            }
            let (number, request, transaction) =
                (header.get_u32_le(), header.get_u32_le(), header.get_u32_le());
            let length = usize::try_from(header.get_u32_le()).unwrap_or(usize::MAX);
            if length > PAYLOAD_MAX {
                return Err(malformed("a message that is longer than any can be"));
            }
            if header.len() < length {
                return Ok(None);
            }
            self.buffer.advance(HEADER);
            let payload = self.buffer.split_to(length).to_vec();
            let Some(kind) = MessageKind::of(number) else {
                tracing::debug!(number, "xenstored says something that was not asked");
                continue;
            };
            return Ok(Some(Message {
                kind,
                request,
                transaction,
                payload,
            }));
        }
    }
}

/// What no xenstored says.
pub(super) fn malformed(what: &'static str) -> Error {
    Error::new(
        ErrorKind::Corrupt,
        format!("xenstored's answer is not understood: {what}"),
    )
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn message() -> impl Strategy<Value = Message> {
        let kind = prop::sample::select(NUMBERS).prop_map(|(kind, _)| kind);
        let payload = prop::collection::vec(any::<u8>(), 0..64);
        (kind, any::<u32>(), any::<u32>(), payload).prop_map(|(kind, request, transaction, payload)| {
            Message {
                kind,
                request,
                transaction,
                payload,
            }
        })
    }

    #[test]
    fn a_message_is_laid_out_as_xenstored_reads_it() {
        let read = Message {
            kind: MessageKind::Read,
            request: 7,
            transaction: 0,
            payload: words(["name"]),
        };
        let mut bytes = Vec::new();
        read.encode(&mut bytes);
        assert_eq!(bytes, b"\x02\0\0\0\x07\0\0\0\0\0\0\0\x05\0\0\0name\0");
    }

    #[test]
    fn words_are_split_where_zeros_are() {
        assert_eq!(split(b"a\0bc\0").unwrap(), ["a", "bc"]);
        assert_eq!(split(b"a\0\0").unwrap(), ["a", ""]);
        assert_eq!(split(b"OK").unwrap(), ["OK"]);
        assert!(split(b"").unwrap().is_empty());
        assert_eq!(split(b"\xff\0").unwrap_err().kind(), ErrorKind::Corrupt);
    }

    #[test]
    fn what_is_too_long_is_refused() {
        let mut incoming = Incoming::default();
        incoming
            .room()
            .extend_from_slice(b"\x02\0\0\0\x07\0\0\0\0\0\0\0\x01\x10\0\0");
        assert_eq!(incoming.next_message().unwrap_err().kind(), ErrorKind::Corrupt);
        let too_large = vec![0; PAYLOAD_MAX + 1];
        assert_eq!(
            check_size(&too_large).unwrap_err().kind(),
            ErrorKind::InvalidArgument
        );
    }

    #[test]
    fn what_nobody_asked_for_is_passed_over() {
        let mut incoming = Incoming::default();
        incoming
            .room()
            .extend_from_slice(b"\x63\0\0\0\0\0\0\0\0\0\0\0\x01\0\0\0x");
        incoming
            .room()
            .extend_from_slice(b"\x0f\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0");
        let message = incoming.next_message().unwrap().unwrap();
        assert_eq!(message.kind, MessageKind::WatchEvent);
        assert!(!incoming.is_in_message());
    }

    proptest! {
        #[test]
        fn messages_come_as_they_were_sent_however_they_are_cut(
            messages in prop::collection::vec(message(), 0..8),
            size in 1_usize..40,
        ) {
            let mut bytes = Vec::new();
            for message in &messages {
                message.encode(&mut bytes);
            }
            let (mut incoming, mut come) = (Incoming::default(), Vec::new());
            for piece in bytes.chunks(size) {
                incoming.room().extend_from_slice(piece);
                while let Some(message) = incoming.next_message().unwrap() {
                    come.push(message);
                }
            }
            prop_assert_eq!(come, messages);
            prop_assert!(!incoming.is_in_message());
        }

        #[test]
        fn nothing_that_is_read_does_harm(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let mut incoming = Incoming::default();
            incoming.room().extend_from_slice(&bytes);
            while let Ok(Some(message)) = incoming.next_message() {
                drop(split(&message.payload));
            }
        }
    }
}
