//! Bytes without a meaning of their own (`opaque<>`).

use bytes::Bytes;

use super::Bounded;
use super::error::XdrError;
use super::reader::XdrReader;
use super::writer::XdrWriter;

impl Bounded for Bytes {
    fn encode_within(&self, limit: u32, out: &mut XdrWriter) -> Result<(), XdrError> {
        out.put_length(self.len(), limit)?;
        out.put_padded(self);
        Ok(())
    }

    fn decode_within(limit: u32, input: &mut XdrReader<'_>) -> Result<Self, XdrError> {
        let length = input.length(limit, 1)?;
        input.padded(length).map(Self::copy_from_slice)
    }
}
