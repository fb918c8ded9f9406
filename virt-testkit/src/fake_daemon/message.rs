//! The framing, written apart from the client's.

use tokio::io::{AsyncRead, AsyncReadExt};

/// The kinds of messages.
pub(crate) const CALL: i32 = 0;
pub(crate) const REPLY: i32 = 1;
pub(crate) const MESSAGE: i32 = 2;
pub(crate) const STREAM: i32 = 3;
pub(crate) const STREAM_HOLE: i32 = 6;

/// The statuses of messages.
pub(crate) const OK: i32 = 0;
pub(crate) const ERROR: i32 = 1;
pub(crate) const CONTINUE: i32 = 2;

/// A message's header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FakeHeader {
    pub(crate) program: u32,
    pub(crate) version: u32,
    pub(crate) number: i32,
    pub(crate) kind: i32,
    pub(crate) serial: u32,
    pub(crate) status: i32,
}

impl FakeHeader {
    pub(crate) fn event(program: u32, number: i32) -> Self {
        Self {
            program,
            version: 1,
            number,
            kind: MESSAGE,
            serial: 0,
            status: OK,
        }
    }

    /// The same procedure and serial, in another message.
    pub(crate) fn answering(&self, kind: i32, status: i32) -> Self {
        Self {
            kind,
            status,
            ..self.clone()
        }
    }
}

/// A whole message.
pub(crate) fn encode(header: &FakeHeader, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(28 + payload.len()).unwrap_or(u32::MAX);
    let mut bytes = Vec::with_capacity(28 + payload.len());
    bytes.extend(length.to_be_bytes());
    bytes.extend(header.program.to_be_bytes());
    bytes.extend(header.version.to_be_bytes());
    bytes.extend(header.number.to_be_bytes());
    bytes.extend(header.kind.to_be_bytes());
    bytes.extend(header.serial.to_be_bytes());
    bytes.extend(header.status.to_be_bytes());
    bytes.extend(payload);
    bytes
}

/// Reads a message; `None` at the end, or where there is none.
pub(crate) async fn read<R: AsyncRead + Unpin>(read: &mut R) -> Option<(FakeHeader, Vec<u8>)> {
    let length = usize::try_from(read.read_u32().await.ok()?).ok()?;
    let header = FakeHeader {
        program: read.read_u32().await.ok()?,
        version: read.read_u32().await.ok()?,
        number: read.read_i32().await.ok()?,
        kind: read.read_i32().await.ok()?,
        serial: read.read_u32().await.ok()?,
        status: read.read_i32().await.ok()?,
    };
    let mut payload = vec![0; length.checked_sub(28)?];
    read.read_exact(&mut payload).await.ok()?;
    Some((header, payload))
}

/// An error as libvirt encodes it: code, domain, text, and nothing else.
pub(crate) fn error(code: i32, domain: i32, text: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    bytes.extend(code.to_be_bytes());
    bytes.extend(domain.to_be_bytes());
    bytes.extend(1_u32.to_be_bytes());
    bytes.extend(u32::try_from(text.len()).unwrap_or_default().to_be_bytes());
    bytes.extend(text.as_bytes());
    bytes.resize(bytes.len().next_multiple_of(4), 0);
    // The level; no domain; no strings; two numbers; no network.
    for number in [2_u32, 0, 0, 0, 0, 0, 0, 0] {
        bytes.extend(number.to_be_bytes());
    }
    bytes
}
