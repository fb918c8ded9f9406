//! Typed parameters: named values, of which a newer daemon may send more than are known.

use super::error::XdrError;
use super::reader::XdrReader;
use super::string::XdrString;
use super::writer::XdrWriter;
use super::{Bounded, Xdr};

/// The value of a typed parameter (`remote_typed_param_value`, `admin_typed_param_value`).
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum TypedValue {
    /// `VIR_TYPED_PARAM_INT`.
    Int(i32),
    /// `VIR_TYPED_PARAM_UINT`.
    UInt(u32),
    /// `VIR_TYPED_PARAM_LLONG`.
    LLong(i64),
    /// `VIR_TYPED_PARAM_ULLONG`.
    ULLong(u64),
    /// `VIR_TYPED_PARAM_DOUBLE`.
    Double(f64),
    /// `VIR_TYPED_PARAM_BOOLEAN`.
    Boolean(bool),
    /// `VIR_TYPED_PARAM_STRING`.
    String(XdrString),
}

impl TypedValue {
    const fn case(&self) -> i32 {
        match self {
            Self::Int(_) => 1,
            Self::UInt(_) => 2,
            Self::LLong(_) => 3,
            Self::ULLong(_) => 4,
            Self::Double(_) => 5,
            Self::Boolean(_) => 6,
            Self::String(_) => 7,
        }
    }

    /// The number, where it is one and not negative, whatever its width: daemons have changed the width of fields.
    #[must_use]
    pub fn as_u64(&self) -> Option<u64> {
        match self {
            Self::Int(value) => (*value).try_into().ok(),
            Self::UInt(value) => Some((*value).into()),
            Self::LLong(value) => (*value).try_into().ok(),
            Self::ULLong(value) => Some(*value),
            _ => None,
        }
    }

    /// The number, where it is one that fits, whatever its width.
    #[must_use]
    pub fn as_i64(&self) -> Option<i64> {
        match self {
            Self::Int(value) => Some((*value).into()),
            Self::UInt(value) => Some((*value).into()),
            Self::LLong(value) => Some(*value),
            Self::ULLong(value) => (*value).try_into().ok(),
            _ => None,
        }
    }

    /// The fraction, where it is one.
    #[must_use]
    pub fn as_f64(&self) -> Option<f64> {
        match self {
            Self::Double(value) => Some(*value),
            _ => None,
        }
    }

    /// Yes or no, where it is a boolean.
    #[must_use]
    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Self::Boolean(value) => Some(*value),
            _ => None,
        }
    }

    /// The string, where it is one.
    #[must_use]
    pub fn as_string(&self) -> Option<&XdrString> {
        match self {
            Self::String(value) => Some(value),
            _ => None,
        }
    }
}

impl Xdr for TypedValue {
    fn encode(&self, out: &mut XdrWriter) -> Result<(), XdrError> {
        self.case().encode(out)?;
        match self {
            Self::Int(value) => value.encode(out),
            Self::UInt(value) => value.encode(out),
            Self::LLong(value) => value.encode(out),
            Self::ULLong(value) => value.encode(out),
            Self::Double(value) => value.encode(out),
            Self::Boolean(value) => value.encode(out),
            Self::String(value) => value.encode(out),
        }
    }

    fn decode(input: &mut XdrReader<'_>) -> Result<Self, XdrError> {
        match i32::decode(input)? {
            1 => i32::decode(input).map(Self::Int),
            2 => u32::decode(input).map(Self::UInt),
            3 => i64::decode(input).map(Self::LLong),
            4 => u64::decode(input).map(Self::ULLong),
            5 => f64::decode(input).map(Self::Double),
            // An int of the protocol: what is not 0 is true.
            6 => i32::decode(input).map(|value| Self::Boolean(value != 0)),
            7 => XdrString::decode(input).map(Self::String),
            value => Err(XdrError::UnknownCase {
                union: "typed_param_value",
                value,
            }),
        }
    }
}

macro_rules! from_value {
    ($($type:ty => $case:ident),*) => {$(
        impl From<$type> for TypedValue {
            fn from(value: $type) -> Self {
                Self::$case(value.into())
            }
        }
    )*};
}

from_value!(i32 => Int, u32 => UInt, i64 => LLong, u64 => ULLong, f64 => Double, bool => Boolean, &str => String,
    String => String, XdrString => String);

/// A typed parameter (`remote_typed_param`, `admin_typed_param`).
#[derive(Debug, Clone, PartialEq)]
pub struct TypedParam {
    /// What it is called: one of libvirt's field names, or one that is newer than this.
    pub field: XdrString,
    /// What it is.
    pub value: TypedValue,
}

impl Xdr for TypedParam {
    fn encode(&self, out: &mut XdrWriter) -> Result<(), XdrError> {
        self.field.encode(out)?;
        self.value.encode(out)
    }

    fn decode(input: &mut XdrReader<'_>) -> Result<Self, XdrError> {
        Ok(Self {
            field: XdrString::decode(input)?,
            value: TypedValue::decode(input)?,
        })
    }
}

/// Typed parameters in the order they came in; a field may come more than once (`migrate_disks` does).
///
/// ```
/// use virt_remote::protocol::xdr::TypedParams;
///
/// let params = TypedParams::new().with("cpu_shares", 1024_u64).with("of_tomorrow", "kept");
/// assert_eq!(params.u64("cpu_shares"), Some(1024));
/// assert_eq!(params.i64("cpu_shares"), Some(1024));
/// assert_eq!(params.iter().count(), 2);
/// ```
#[derive(Debug, Clone, PartialEq, Default)]
pub struct TypedParams(Vec<TypedParam>);

impl TypedParams {
    /// None.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// These, and one more.
    #[must_use]
    pub fn with(mut self, field: impl Into<XdrString>, value: impl Into<TypedValue>) -> Self {
        self.push(field, value);
        self
    }

    /// Adds one.
    pub fn push(&mut self, field: impl Into<XdrString>, value: impl Into<TypedValue>) {
        self.0.push(TypedParam {
            field: field.into(),
            value: value.into(),
        });
    }

    /// The first of this name.
    #[must_use]
    pub fn get(&self, field: &str) -> Option<&TypedValue> {
        let found = self.0.iter().find(|param| param.field == field)?;
        Some(&found.value)
    }

    /// All of this name.
    pub fn all<'a, 'b: 'a>(&'a self, field: &'b str) -> impl Iterator<Item = &'a TypedValue> + use<'a, 'b> {
        self.0
            .iter()
            .filter(move |param| param.field == field)
            .map(|param| &param.value)
    }

    /// Takes the first of this name out: what is left in the end is what nobody knew.
    pub fn take(&mut self, field: &str) -> Option<TypedValue> {
        let at = self.0.iter().position(|param| param.field == field)?;
        Some(self.0.remove(at).value)
    }

    /// The number of this name, whatever its width.
    #[must_use]
    pub fn u64(&self, field: &str) -> Option<u64> {
        self.get(field)?.as_u64()
    }

    /// The number of this name, whatever its width.
    #[must_use]
    pub fn i64(&self, field: &str) -> Option<i64> {
        self.get(field)?.as_i64()
    }

    /// The boolean of this name.
    #[must_use]
    pub fn bool(&self, field: &str) -> Option<bool> {
        self.get(field)?.as_bool()
    }

    /// The string of this name.
    #[must_use]
    pub fn string(&self, field: &str) -> Option<&XdrString> {
        self.get(field)?.as_string()
    }

    /// All of them.
    pub fn iter(&self) -> std::slice::Iter<'_, TypedParam> {
        self.0.iter()
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Bounded for TypedParams {
    fn encode_within(&self, limit: u32, out: &mut XdrWriter) -> Result<(), XdrError> {
        self.0.encode_within(limit, out)
    }

    fn decode_within(limit: u32, input: &mut XdrReader<'_>) -> Result<Self, XdrError> {
        Vec::decode_within(limit, input).map(Self)
    }
}

impl FromIterator<TypedParam> for TypedParams {
    fn from_iter<I: IntoIterator<Item = TypedParam>>(params: I) -> Self {
        Self(params.into_iter().collect())
    }
}

impl IntoIterator for TypedParams {
    type Item = TypedParam;
    type IntoIter = std::vec::IntoIter<TypedParam>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<'a> IntoIterator for &'a TypedParams {
    type Item = &'a TypedParam;
    type IntoIter = std::slice::Iter<'a, TypedParam>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}
