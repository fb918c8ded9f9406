//! References to managed objects.

use std::fmt;

use virt_core::xml::{Attribute, Element};

use super::error::VimError;
use super::scalar;
use super::value::Value;

/// What a server calls one of its managed objects.
///
/// It means something to the server that gave it only, and there only as long as the object exists.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ManagedObjectReference {
    /// The API's name of the object's type: `VirtualMachine`.
    pub kind: String,
    /// The server's own name for it: `vm-12`.
    pub value: String,
}

impl ManagedObjectReference {
    /// The reference to an object of that type.
    pub fn new(kind: impl Into<String>, value: impl Into<String>) -> Self {
        Self {
            kind: kind.into(),
            value: value.into(),
        }
    }
}

/// `VirtualMachine:vm-12`.
impl fmt::Display for ManagedObjectReference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.kind, self.value)
    }
}

impl Value for ManagedObjectReference {
    const TYPE: &'static str = "ManagedObjectReference";

    fn read(element: &Element) -> Result<Self, VimError> {
        let kind = element.attribute("type").unwrap_or_default();
        Ok(Self::new(kind, element.text()))
    }

    fn write(&self, element: &mut Element) {
        element.attributes.push(Attribute::new("type", &self.kind));
        scalar::write_text(&self.value, element);
    }
}
