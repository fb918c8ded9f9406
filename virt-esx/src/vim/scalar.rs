//! Scalars, as XML Schema spells them.

use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use bytes::Bytes;
use virt_core::xml::{Element, Node};

use super::error::VimError;
use super::value::Value;

/// Makes an element hold a text.
pub(super) fn write_text(text: &str, element: &mut Element) {
    if !text.is_empty() {
        element.children.push(Node::Text(text.into()));
    }
}

impl Value for String {
    const TYPE: &'static str = "string";

    fn read(element: &Element) -> Result<Self, VimError> {
        Ok(element.text())
    }

    fn write(&self, element: &mut Element) {
        write_text(self, element);
    }
}

impl Value for bool {
    const TYPE: &'static str = "boolean";

    fn read(element: &Element) -> Result<Self, VimError> {
        match element.text().trim() {
            "true" | "1" => Ok(true),
            "false" | "0" => Ok(false),
            _ => Err(VimError::value(Self::TYPE)),
        }
    }

    fn write(&self, element: &mut Element) {
        write_text(if *self { "true" } else { "false" }, element);
    }
}

impl Value for Bytes {
    const TYPE: &'static str = "base64Binary";

    fn read(element: &Element) -> Result<Self, VimError> {
        let mut text = element.text();
        text.retain(|character| !character.is_ascii_whitespace());
        let bytes = BASE64.decode(text).map_err(|_| VimError::value(Self::TYPE))?;
        Ok(Self::from(bytes))
    }

    fn write(&self, element: &mut Element) {
        write_text(&BASE64.encode(self), element);
    }
}

fn parse<T: FromStr>(element: &Element, expected: &'static str) -> Result<T, VimError> {
    element
        .text()
        .trim()
        .parse()
        .map_err(|_| VimError::value(expected))
}

macro_rules! numbers {
    ($($kind:ty = $name:literal,)*) => {$(
        impl Value for $kind {
            const TYPE: &'static str = $name;

            fn read(element: &Element) -> Result<Self, VimError> {
                parse(element, Self::TYPE)
            }

            fn write(&self, element: &mut Element) {
                write_text(&self.to_string(), element);
            }
        }
    )*};
}

/// Bytes are signed, but some servers write 128 to 255 for what is below zero: it is the same byte.
impl Value for i8 {
    const TYPE: &'static str = "byte";

    fn read(element: &Element) -> Result<Self, VimError> {
        let number: i16 = parse(element, Self::TYPE)?;
        let signed = Self::try_from(number).ok();
        let unsigned = || u8::try_from(number).ok().map(u8::cast_signed);
        signed
            .or_else(unsigned)
            .ok_or_else(|| VimError::value(Self::TYPE))
    }

    fn write(&self, element: &mut Element) {
        write_text(&self.to_string(), element);
    }
}

numbers! {
    i16 = "short",
    i32 = "int",
    i64 = "long",
}

macro_rules! floats {
    ($($kind:ty = $name:literal,)*) => {$(
        impl Value for $kind {
            const TYPE: &'static str = $name;

            fn read(element: &Element) -> Result<Self, VimError> {
                parse(element, Self::TYPE)
            }

            fn write(&self, element: &mut Element) {
                let text = match *self {
                    Self::INFINITY => "INF".to_owned(),
                    Self::NEG_INFINITY => "-INF".to_owned(),
                    finite => finite.to_string(),
                };
                write_text(&text, element);
            }
        }
    )*};
}

floats! {
    f32 = "float",
    f64 = "double",
}
