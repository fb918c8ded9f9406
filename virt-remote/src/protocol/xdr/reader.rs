//! The reading cursor: nothing else looks at the bytes.

use super::error::XdrError;

/// Reads values off the front of a slice of bytes.
#[derive(Debug, Clone)]
pub struct XdrReader<'a> {
    rest: &'a [u8],
}

impl<'a> XdrReader<'a> {
    /// A reader of these bytes.
    #[must_use]
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    /// How many bytes have not been read.
    #[must_use]
    pub fn left(&self) -> usize {
        self.rest.len()
    }

    /// Takes `length` bytes.
    ///
    /// # Errors
    /// [`XdrError::ShortInput`] when there are fewer.
    pub fn take(&mut self, length: usize) -> Result<&'a [u8], XdrError> {
        let Some((taken, rest)) = self.rest.split_at_checked(length) else {
            return Err(self.short(length));
        };
        self.rest = rest;
        Ok(taken)
    }

    /// Takes a number of bytes that is known beforehand.
    ///
    /// # Errors
    /// [`XdrError::ShortInput`] when there are fewer.
    pub fn array<const N: usize>(&mut self) -> Result<[u8; N], XdrError> {
        let Some((taken, rest)) = self.rest.split_first_chunk::<N>() else {
            return Err(self.short(N));
        };
        self.rest = rest;
        Ok(*taken)
    }

    /// Takes an unsigned number of four bytes.
    ///
    /// # Errors
    /// [`XdrError::ShortInput`] at the end.
    pub fn u32(&mut self) -> Result<u32, XdrError> {
        self.array().map(u32::from_be_bytes)
    }

    /// Takes a length, which is a number of elements.
    ///
    /// # Errors
    /// [`XdrError::TooLong`] when it is beyond the limit, [`XdrError::ShortInput`] when there are not as many bytes
    /// left as so many elements of `least` bytes take.
    pub fn length(&mut self, limit: u32, least: usize) -> Result<usize, XdrError> {
        let length = self.u32()?;
        if length > limit {
            return Err(XdrError::TooLong {
                length: length.into(),
                limit,
            });
        }
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        let needed = length.saturating_mul(least);
        if needed > self.rest.len() {
            return Err(self.short(needed));
        }
        Ok(length)
    }

    /// Takes bytes and what fills them up to a multiple of four, whatever that is.
    ///
    /// # Errors
    /// [`XdrError::ShortInput`] when there are fewer.
    pub fn padded(&mut self, length: usize) -> Result<&'a [u8], XdrError> {
        let taken = self.take(length)?;
        self.take(padding(length))?;
        Ok(taken)
    }

    /// Ends reading.
    ///
    /// # Errors
    /// [`XdrError::TrailingBytes`] when something is left.
    pub fn finish(self) -> Result<(), XdrError> {
        match self.rest.len() {
            0 => Ok(()),
            left => Err(XdrError::TrailingBytes(left)),
        }
    }

    fn short(&self, needed: usize) -> XdrError {
        XdrError::ShortInput {
            needed,
            left: self.rest.len(),
        }
    }
}

/// How many bytes fill `length` up to a multiple of four.
pub(super) fn padding(length: usize) -> usize {
    length.wrapping_neg() % 4
}
