//! One message: a header, and what it carries.

use bytes::Bytes;

use crate::protocol::keepalive;
use crate::protocol::net::{
    MESSAGE_HEADER_MAX, MESSAGE_LEN_MAX, MESSAGE_MAX, MessageHeader, MessageStatus, MessageType,
};
use crate::protocol::xdr::{Xdr, XdrError, XdrWriter};

/// The length word and the header, in bytes.
const OVERHEAD: u32 = MESSAGE_LEN_MAX + MESSAGE_HEADER_MAX;

/// The longest message, its length word included.
pub(super) const LONGEST: u32 = MESSAGE_LEN_MAX + MESSAGE_MAX;

/// A message as it came.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Packet {
    pub(super) header: MessageHeader,
    pub(super) payload: Bytes,
    /// How many file descriptors came along.
    pub(super) fds: usize,
}

/// Which procedure a message is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Address {
    pub(super) program: u32,
    pub(super) version: u32,
    pub(super) number: i32,
}

impl Address {
    /// The header of a message of this procedure.
    pub(super) fn header(self, type_: MessageType, serial: u32, status: MessageStatus) -> MessageHeader {
        MessageHeader {
            prog: self.program,
            vers: self.version,
            proc: self.number,
            type_,
            serial,
            status,
        }
    }

    pub(super) fn is_of(self, header: &MessageHeader) -> bool {
        (self.program, self.version, self.number) == (header.prog, header.vers, header.proc)
    }
}

/// Appends a message to what is to be sent.
pub(super) fn append(out: &mut Vec<u8>, header: &MessageHeader, payload: &[u8]) -> Result<(), XdrError> {
    append_header(out, header, payload.len())?;
    out.extend_from_slice(payload);
    Ok(())
}

/// Appends the length and the header of a message: a payload of so many bytes follows.
pub(super) fn append_header(
    out: &mut Vec<u8>,
    header: &MessageHeader,
    payload: usize,
) -> Result<(), XdrError> {
    let length = u32::try_from(payload)
        .ok()
        .and_then(|length| length.checked_add(OVERHEAD))
        .filter(|length| *length <= LONGEST)
        .ok_or(XdrError::TooLong {
            length: u64::try_from(payload).unwrap_or(u64::MAX),
            limit: LONGEST - OVERHEAD,
        })?;
    let mut writer = XdrWriter::after(std::mem::take(out));
    writer.put_u32(length);
    let written = header.encode(&mut writer);
    *out = writer.into_bytes();
    written
}

/// A ping or a pong.
pub(super) fn keepalive(number: i32) -> MessageHeader {
    MessageHeader {
        prog: keepalive::PROGRAM.number,
        vers: keepalive::PROGRAM.version,
        proc: number,
        type_: MessageType::MESSAGE,
        serial: 0,
        status: MessageStatus::OK,
    }
}
