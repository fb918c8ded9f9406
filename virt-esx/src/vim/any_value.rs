//! Values of any type: what properties are read as.

use virt_core::xml::{Element, Node};

use super::error::VimError;
use super::reference::ManagedObjectReference;
use super::value::Value;
use super::wire;

/// A value that says itself which type it has (`xsd:anyType`).
///
/// ```
/// use virt_esx::vim::AnyValue;
///
/// let value = AnyValue::from("hello");
/// assert_eq!(value.type_name(), "string");
/// assert_eq!(value.read::<String>()?, "hello");
/// # Ok::<(), virt_esx::vim::VimError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct AnyValue {
    element: Element,
}

impl AnyValue {
    /// The value, with its type.
    pub fn new<T: Value>(value: &T) -> Self {
        let mut element = value.to_element("");
        if wire::type_of(&element).is_none() {
            wire::set_type(&mut element, T::TYPE);
        }
        Self { element }
    }

    /// A list, as an `ArrayOf…`.
    pub fn array<T: Value>(values: &[T]) -> Self {
        let mut letters = T::TYPE.chars();
        let first = letters.next().map(|first| first.to_ascii_uppercase());
        let name: String = first.into_iter().chain(letters).collect();
        let items = values.iter().map(|value| {
            let item = if T::TYPE == Self::TYPE { "anyType" } else { T::TYPE };
            Node::Element(value.to_element(item))
        });
        let mut element = Element::new("");
        wire::set_type(&mut element, &format!("ArrayOf{name}"));
        element.children.extend(items);
        Self { element }
    }

    /// The API's name of the type, empty when the value does not say: `VirtualMachineConfigInfo`, `string`,
    /// `ArrayOfManagedObjectReference`.
    pub fn type_name(&self) -> &str {
        wire::type_of(&self.element).unwrap_or_default()
    }

    /// Whether there is no value at all: nothing inside, and no type either.
    pub fn is_empty(&self) -> bool {
        wire::is_nil(&self.element) || self.element.children.is_empty() && self.type_name().is_empty()
    }

    /// Whether it is a list, which [`AnyValue::list`] reads.
    pub fn is_array(&self) -> bool {
        self.type_name().starts_with("ArrayOf")
    }

    /// The value as it came, without namespaces.
    pub fn element(&self) -> &Element {
        &self.element
    }

    /// The text, which is what a string, an enumeration and any other scalar has.
    pub fn text(&self) -> String {
        self.element.text()
    }

    /// Reads the value as a `T`. Which type it says it has does not count: what is not there has its default.
    ///
    /// # Errors
    /// As [`Value::read`].
    pub fn read<T: Value>(&self) -> Result<T, VimError> {
        T::read(&self.element)
    }

    /// Reads the items of a list, an `ArrayOf…`.
    ///
    /// # Errors
    /// As [`Value::read`].
    pub fn list<T: Value>(&self) -> Result<Vec<T>, VimError> {
        let items = self.element.elements().filter(|item| !wire::is_nil(item));
        items.map(T::read).collect()
    }
}

impl Default for AnyValue {
    fn default() -> Self {
        Self {
            element: Element::new(""),
        }
    }
}

impl Value for AnyValue {
    const TYPE: &'static str = "anyType";

    fn read(element: &Element) -> Result<Self, VimError> {
        let element = wire::captured(element, "");
        Ok(Self { element })
    }

    fn write(&self, element: &mut Element) {
        element.attributes.extend(self.element.attributes.iter().cloned());
        element.children.extend(self.element.children.iter().cloned());
    }
}

impl From<&str> for AnyValue {
    fn from(value: &str) -> Self {
        Self::new(&value.to_owned())
    }
}

macro_rules! conversions {
    ($($kind:ty,)*) => {$(
        impl From<$kind> for AnyValue {
            fn from(value: $kind) -> Self {
                Self::new(&value)
            }
        }

        impl TryFrom<&AnyValue> for $kind {
            type Error = VimError;

            fn try_from(value: &AnyValue) -> Result<Self, VimError> {
                value.read()
            }
        }
    )*};
}

conversions! {
    String,
    bool,
    i16,
    i32,
    i64,
    f32,
    f64,
    ManagedObjectReference,
}
