//! Arrays of `char`, of which each takes four bytes on the wire.

use std::borrow::Cow;
use std::fmt;

use bytes::Bytes;

use super::error::XdrError;
use super::reader::XdrReader;
use super::writer::XdrWriter;
use super::{Bounded, Xdr};

/// A `char array<>`: text that ends at its first NUL, or bytes.
#[derive(Clone, PartialEq, Eq, Hash, Default)]
pub struct Chars(pub Bytes);

impl Chars {
    /// The text before the first NUL, with what is not UTF-8 replaced.
    #[must_use]
    pub fn text(&self) -> Cow<'_, str> {
        text(&self.0)
    }
}

impl Bounded for Chars {
    fn encode_within(&self, limit: u32, out: &mut XdrWriter) -> Result<(), XdrError> {
        out.put_length(self.0.len(), limit)?;
        self.0.iter().for_each(|byte| put_char(*byte, out));
        Ok(())
    }

    fn decode_within(limit: u32, input: &mut XdrReader<'_>) -> Result<Self, XdrError> {
        let length = input.length(limit, 4)?;
        let bytes: Vec<u8> = (0..length).map(|_| take_char(input)).collect::<Result<_, _>>()?;
        Ok(Self(bytes.into()))
    }
}

impl From<Vec<u8>> for Chars {
    fn from(bytes: Vec<u8>) -> Self {
        Self(bytes.into())
    }
}

impl From<&str> for Chars {
    fn from(text: &str) -> Self {
        Self(Bytes::copy_from_slice(text.as_bytes()))
    }
}

impl fmt::Debug for Chars {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.text(), f)
    }
}

/// A `char array[N]`: text that ends at its first NUL.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct CharArray<const N: usize>(pub [u8; N]);

impl<const N: usize> CharArray<N> {
    /// The text before the first NUL, with what is not UTF-8 replaced.
    #[must_use]
    pub fn text(&self) -> Cow<'_, str> {
        text(&self.0)
    }
}

impl<const N: usize> Default for CharArray<N> {
    fn default() -> Self {
        Self([0; N])
    }
}

impl<const N: usize> Xdr for CharArray<N> {
    fn encode(&self, out: &mut XdrWriter) -> Result<(), XdrError> {
        self.0.iter().for_each(|byte| put_char(*byte, out));
        Ok(())
    }

    fn decode(input: &mut XdrReader<'_>) -> Result<Self, XdrError> {
        let mut bytes = [0; N];
        for byte in &mut bytes {
            *byte = take_char(input)?;
        }
        Ok(Self(bytes))
    }
}

impl<const N: usize> fmt::Debug for CharArray<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.text(), f)
    }
}

fn text(bytes: &[u8]) -> Cow<'_, str> {
    String::from_utf8_lossy(bytes.split(|byte| *byte == 0).next().unwrap_or_default())
}

/// A `char` is signed: a byte from 128 on is sent as a negative number.
fn put_char(byte: u8, out: &mut XdrWriter) {
    out.put(&i32::from(i8::from_be_bytes([byte])).to_be_bytes());
}

/// Taken as it comes, with the sign or without: C libraries differ.
fn take_char(input: &mut XdrReader<'_>) -> Result<u8, XdrError> {
    let value = i32::decode(input)?;
    let signed = i8::try_from(value).map(|char| char.to_be_bytes()[0]);
    signed
        .or_else(|_| u8::try_from(value))
        .map_err(|_| XdrError::OutOfRange {
            kind: "char",
            value: value.into(),
        })
}
