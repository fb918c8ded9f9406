//! The writing end.

use super::error::XdrError;
use super::reader::padding;

/// Appends values to a buffer of bytes.
#[derive(Debug, Clone, Default)]
pub struct XdrWriter {
    bytes: Vec<u8>,
}

impl XdrWriter {
    /// An empty buffer.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Goes on behind bytes that are there already.
    #[must_use]
    pub fn after(bytes: Vec<u8>) -> Self {
        Self { bytes }
    }

    /// The bytes.
    #[must_use]
    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    /// Appends bytes as they are.
    pub fn put(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    /// Appends an unsigned number of four bytes.
    pub fn put_u32(&mut self, value: u32) {
        self.put(&value.to_be_bytes());
    }

    /// Appends a length, which is a number of elements.
    ///
    /// # Errors
    /// [`XdrError::TooLong`] when it is beyond the limit.
    pub fn put_length(&mut self, length: usize, limit: u32) -> Result<(), XdrError> {
        match u32::try_from(length) {
            Ok(length) if length <= limit => {
                self.put_u32(length);
                Ok(())
            }
            _ => Err(XdrError::TooLong {
                length: u64::try_from(length).unwrap_or(u64::MAX),
                limit,
            }),
        }
    }

    /// Appends bytes and fills them up with zeros to a multiple of four.
    pub fn put_padded(&mut self, bytes: &[u8]) {
        self.put(bytes);
        let fill = padding(bytes.len());
        self.bytes.resize(self.bytes.len() + fill, 0);
    }
}
