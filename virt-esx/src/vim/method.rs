//! Methods of managed objects: a struct of arguments each.

use virt_core::xml::{Attribute, Element};

use super::error::VimError;
use super::object::{self, Object};
use super::reference::ManagedObjectReference;
use super::value::Value;
use super::wire;

/// A call of a method: the arguments, and what is known of the answer.
pub trait Method: Object {
    /// The API's name: `PowerOnVM_Task`.
    const NAME: &'static str;
    /// Whether it only begins something, and returns the `Task` that does it.
    const IS_TASK: bool;

    /// What it returns: `()`, a value, or an `Option` or `Vec` of them.
    type Returns: Returned;

    /// The object whose method it is.
    fn this(&self) -> &ManagedObjectReference;

    /// The call as an element, whose name is in the namespace of the API by a declaration of its own.
    fn to_element(&self) -> Element
    where
        Self: Sized,
    {
        let mut element = Element::new(Self::NAME);
        element.attributes.push(Attribute::new("xmlns", wire::NAMESPACE));
        object::write_members(self, &mut element);
        element
    }

    /// The call as the text for the body of a SOAP envelope, which declares the prefixes `xsi` and `xsd`.
    fn body(&self) -> String
    where
        Self: Sized,
    {
        wire::to_text(&self.to_element())
    }

    /// Reads the answer: the element `…Response` in the body.
    ///
    /// # Errors
    /// [`VimError::NoValue`] when the answer lacks what the method always returns, [`VimError::Value`] when a text
    /// inside is no value of its type.
    fn read_return(response: &Element) -> Result<Self::Returns, VimError> {
        Self::Returns::read_values(response)
    }
}

/// What a method can return.
pub trait Returned: Sized + Send {
    /// Reads it from the answer.
    ///
    /// # Errors
    /// As [`Method::read_return`].
    fn read_values(response: &Element) -> Result<Self, VimError>;
}

fn values<T: Value>(response: &Element) -> impl Iterator<Item = Result<T, VimError>> {
    let values = response
        .elements()
        .filter(|child| child.name.local() == "returnval" && !wire::is_nil(child));
    values.map(|value| T::read(value).map_err(|error| error.within("returnval")))
}

impl Returned for () {
    fn read_values(_: &Element) -> Result<Self, VimError> {
        Ok(())
    }
}

impl<T: Value> Returned for T {
    fn read_values(response: &Element) -> Result<Self, VimError> {
        values(response)
            .next()
            .unwrap_or(Err(VimError::NoValue { expected: T::TYPE }))
    }
}

impl<T: Value> Returned for Option<T> {
    fn read_values(response: &Element) -> Result<Self, VimError> {
        values(response).next().transpose()
    }
}

impl<T: Value> Returned for Vec<T> {
    fn read_values(response: &Element) -> Result<Self, VimError> {
        values(response).collect()
    }
}

/// Declares a method: `Name = "wire" -> Returned { … }`, with `task` in front when it returns a task.
macro_rules! vim_method {
    (@is_task) => { false };
    (@is_task task) => { true };
    ($(
        $(#[$note:meta])*
        $name:ident = $wire_name:literal -> $returns:ty $(as $task:ident)? {
            $( $(#[$about:meta])* $wire:literal $field:ident: $kind:ty $(as $hidden:ident)?, )*
        }
    )*) => {$(
        $(#[$note])*
        #[derive(Clone, Default, PartialEq)]
        pub struct $name {
            /// The object whose method it is.
            pub this: $crate::vim::ManagedObjectReference,
            $( $(#[$about])* pub $field: $kind, )*
        }

        impl $crate::vim::Object for $name {
            fn type_name(&self) -> &'static str {
                stringify!($name)
            }

            $crate::vim::object::vim_members! { { "_this" this, $( $wire $field $($hidden)?, )* } }
        }

        impl $crate::vim::Method for $name {
            const NAME: &'static str = $wire_name;
            const IS_TASK: bool = $crate::vim::vim_method!(@is_task $($task)?);

            type Returns = $returns;

            fn this(&self) -> &$crate::vim::ManagedObjectReference {
                &self.this
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                $crate::vim::object::debug(self, f)
            }
        }
    )*};
}
pub(crate) use vim_method;
