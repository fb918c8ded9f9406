//! Values: whatever the API has a type for.

use std::fmt::Debug;

use virt_core::xml::Element;

use super::error::VimError;

/// A value of a type that the API knows: a scalar, an enumeration, a reference, a data object.
pub trait Value: Debug + Clone + Default + PartialEq + Send + Sync + 'static {
    /// The API's name of the type: `VirtualDisk`, or `string` for what XML Schema calls `xsd:string`.
    const TYPE: &'static str;

    /// Reads what an element holds.
    ///
    /// # Errors
    /// [`VimError::Value`] when a text inside is no value of its type.
    fn read(element: &Element) -> Result<Self, VimError>;

    /// Adds to an element, which has its name already, what makes it hold this value. Where the type can be another
    /// than the declared one, that is its `xsi:type` too.
    fn write(&self, element: &mut Element);

    /// The value as an element of that name.
    fn to_element(&self, name: &str) -> Element {
        let mut element = Element::new(name);
        self.write(&mut element);
        element
    }
}

impl<T: Value> Value for Box<T> {
    const TYPE: &'static str = T::TYPE;

    fn read(element: &Element) -> Result<Self, VimError> {
        T::read(element).map(Self::new)
    }

    fn write(&self, element: &mut Element) {
        self.as_ref().write(element);
    }
}
