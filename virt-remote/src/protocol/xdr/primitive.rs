//! Numbers, flags, optional values and lists.

use uuid::Uuid;

use super::error::XdrError;
use super::reader::XdrReader;
use super::writer::XdrWriter;
use super::{Bounded, Xdr};

macro_rules! number {
    ($($type:ty),*) => {$(
        impl Xdr for $type {
            fn encode(&self, out: &mut XdrWriter) -> Result<(), XdrError> {
                out.put(&self.to_be_bytes());
                Ok(())
            }

            fn decode(input: &mut XdrReader<'_>) -> Result<Self, XdrError> {
                input.array().map(<$type>::from_be_bytes)
            }
        }
    )*};
}

number!(i32, u32, i64, u64, f64);

/// Integers of less than four bytes, which are written as four.
macro_rules! small_number {
    ($($type:ty as $wide:ty, $kind:literal;)*) => {$(
        impl Xdr for $type {
            fn encode(&self, out: &mut XdrWriter) -> Result<(), XdrError> {
                <$wide>::from(*self).encode(out)
            }

            fn decode(input: &mut XdrReader<'_>) -> Result<Self, XdrError> {
                let wide = <$wide>::decode(input)?;
                Self::try_from(wide).map_err(|_| XdrError::OutOfRange { kind: $kind, value: wide.into() })
            }
        }
    )*};
}

small_number! {
    i8 as i32, "char";
    u8 as u32, "unsigned char";
    i16 as i32, "short";
    u16 as u32, "unsigned short";
}

impl Xdr for bool {
    fn encode(&self, out: &mut XdrWriter) -> Result<(), XdrError> {
        out.put_u32(u32::from(*self));
        Ok(())
    }

    fn decode(input: &mut XdrReader<'_>) -> Result<Self, XdrError> {
        match input.u32()? {
            0 => Ok(false),
            1 => Ok(true),
            other => Err(XdrError::InvalidFlag(other)),
        }
    }
}

/// What has no arguments, or no result.
impl Xdr for () {
    fn encode(&self, _out: &mut XdrWriter) -> Result<(), XdrError> {
        Ok(())
    }

    fn decode(_input: &mut XdrReader<'_>) -> Result<Self, XdrError> {
        Ok(())
    }
}

impl Xdr for Uuid {
    fn encode(&self, out: &mut XdrWriter) -> Result<(), XdrError> {
        out.put(self.as_bytes());
        Ok(())
    }

    fn decode(input: &mut XdrReader<'_>) -> Result<Self, XdrError> {
        input.array().map(Self::from_bytes)
    }
}

impl<T: Xdr> Xdr for Option<T> {
    fn encode(&self, out: &mut XdrWriter) -> Result<(), XdrError> {
        self.is_some().encode(out)?;
        match self {
            Some(value) => value.encode(out),
            None => Ok(()),
        }
    }

    fn decode(input: &mut XdrReader<'_>) -> Result<Self, XdrError> {
        bool::decode(input)?.then(|| T::decode(input)).transpose()
    }
}

impl<T: Xdr> Bounded for Vec<T> {
    fn encode_within(&self, limit: u32, out: &mut XdrWriter) -> Result<(), XdrError> {
        out.put_length(self.len(), limit)?;
        self.iter().try_for_each(|element| element.encode(out))
    }

    fn decode_within(limit: u32, input: &mut XdrReader<'_>) -> Result<Self, XdrError> {
        // No element takes less than four bytes, so a list that is not there takes no memory.
        let length = input.length(limit, 4)?;
        let mut list = Self::with_capacity(length);
        for _ in 0..length {
            list.push(T::decode(input)?);
        }
        Ok(list)
    }
}
