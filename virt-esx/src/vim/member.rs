//! Members of data objects: a value, one that may be missing, or a list.

use std::fmt::Debug;

use virt_core::xml::{Element, Node};

use super::error::VimError;
use super::value::Value;
use super::wire;

/// A member of a data object or argument of a method: a [`Value`], an `Option` or a `Vec` of them.
pub trait Member: Debug {
    /// Takes what an element of the member's name holds: a list gets one item more.
    ///
    /// # Errors
    /// As [`Value::read`].
    fn take(&mut self, element: &Element) -> Result<(), VimError>;

    /// Appends an element for each value that there is.
    fn append(&self, name: &str, parent: &mut Element);

    /// The values for people, when there are any.
    fn shown(&self) -> Option<&dyn Debug>;
}

impl<T: Value> Member for T {
    fn take(&mut self, element: &Element) -> Result<(), VimError> {
        if !wire::is_nil(element) {
            *self = T::read(element)?;
        }
        Ok(())
    }

    fn append(&self, name: &str, parent: &mut Element) {
        parent.children.push(Node::Element(self.to_element(name)));
    }

    fn shown(&self) -> Option<&dyn Debug> {
        Some(self)
    }
}

impl<T: Value> Member for Option<T> {
    fn take(&mut self, element: &Element) -> Result<(), VimError> {
        if !wire::is_nil(element) {
            *self = Some(T::read(element)?);
        }
        Ok(())
    }

    fn append(&self, name: &str, parent: &mut Element) {
        if let Some(value) = self {
            value.append(name, parent);
        }
    }

    fn shown(&self) -> Option<&dyn Debug> {
        self.as_ref().map(|value| -> &dyn Debug { value })
    }
}

impl<T: Value> Member for Vec<T> {
    fn take(&mut self, element: &Element) -> Result<(), VimError> {
        if !wire::is_nil(element) {
            self.push(T::read(element)?);
        }
        Ok(())
    }

    fn append(&self, name: &str, parent: &mut Element) {
        for value in self {
            value.append(name, parent);
        }
    }

    fn shown(&self) -> Option<&dyn Debug> {
        (!self.is_empty()).then_some(self)
    }
}
