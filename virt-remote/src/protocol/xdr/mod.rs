//! XDR (RFC 4506), as far as libvirt uses it: pure, bounds-checked, with every limit of the protocol enforced when
//! reading and when writing.
//!
//! * `char`, `unsigned char`, `short` and `unsigned short` take four bytes each, inside arrays as well.
//! * A string is bytes, almost always UTF-8: [`XdrString`] keeps whatever they are.
//! * What a newer daemon may send is kept: an enum's unknown value stays a number, an unknown typed parameter stays in
//!   its [`TypedParams`]. What has no length of its own cannot be skipped, so an unknown case of a union is an error.
//!
//! # Errors
//! [`XdrError`] names what was wrong: too short, too long for its limit, bytes left over, a flag that is neither 0
//! nor 1. No input makes a decoder panic, or take more memory than a small multiple of its size.

mod chars;
mod error;
mod macros;
mod opaque;
mod primitive;
mod reader;
mod string;
mod typed_param;
mod writer;

#[cfg(test)]
mod tests;

pub use chars::{CharArray, Chars};
pub use error::XdrError;
pub use reader::XdrReader;
pub use string::XdrString;
pub use typed_param::{TypedParam, TypedParams, TypedValue};
pub use writer::XdrWriter;

pub(in crate::protocol) use macros::{xdr_enum, xdr_struct};

/// The longest string, in bytes (`REMOTE_STRING_MAX` and its kin, which are all the same).
pub const STRING_MAX: u32 = 4_194_304;

/// A value that is written in XDR.
pub trait Xdr: Sized {
    /// Appends the value.
    ///
    /// # Errors
    /// [`XdrError::TooLong`] where something is longer than the protocol allows.
    fn encode(&self, out: &mut XdrWriter) -> Result<(), XdrError>;

    /// Takes a value off the front.
    ///
    /// # Errors
    /// [`XdrError`] where that is none.
    fn decode(input: &mut XdrReader<'_>) -> Result<Self, XdrError>;
}

/// A value of variable length, whose limit is the field's and not the type's.
pub trait Bounded: Sized {
    /// Appends the value, of at most `limit` elements.
    ///
    /// # Errors
    /// [`XdrError::TooLong`] where it, or something in it, is longer than allowed.
    fn encode_within(&self, limit: u32, out: &mut XdrWriter) -> Result<(), XdrError>;

    /// Takes a value of at most `limit` elements off the front.
    ///
    /// # Errors
    /// [`XdrError`] where that is none.
    fn decode_within(limit: u32, input: &mut XdrReader<'_>) -> Result<Self, XdrError>;
}

/// The bytes of a value.
///
/// # Errors
/// [`XdrError::TooLong`] where something is longer than the protocol allows.
pub fn to_bytes<T: Xdr>(value: &T) -> Result<Vec<u8>, XdrError> {
    let mut out = XdrWriter::new();
    value.encode(&mut out)?;
    Ok(out.into_bytes())
}

/// The value that these bytes are, all of them.
///
/// # Errors
/// [`XdrError`] where they are none, or more than one.
pub fn from_bytes<T: Xdr>(bytes: &[u8]) -> Result<T, XdrError> {
    let mut input = XdrReader::new(bytes);
    let value = T::decode(&mut input)?;
    input.finish()?;
    Ok(value)
}
