//! Polymorphism: a type or something derived from it, known here or not.

use std::ops::{Deref, DerefMut};

use virt_core::xml::Element;

use super::error::VimError;
use super::object::{self, Object};
use super::value::Value;
use super::wire;

/// An object of a type that is not known here, derived from `T`, which is: kept whole.
///
/// It is written back as it came; where `base` has been changed, with that in place of what it came with.
#[derive(Debug, Clone, PartialEq)]
pub struct Other<T> {
    type_name: String,
    element: Element,
    /// What everything derived from `T` has.
    pub base: T,
}

impl<T: Value + Object> Other<T> {
    /// Reads an object that says it is of the type `type_name`.
    ///
    /// # Errors
    /// As [`Value::read`].
    pub fn read(type_name: &str, element: &Element) -> Result<Self, VimError> {
        Ok(Self {
            type_name: type_name.to_owned(),
            element: wire::captured(element, ""),
            base: T::read(element)?,
        })
    }

    /// The API's name of the type.
    pub fn type_name(&self) -> &str {
        &self.type_name
    }

    /// All it came with, without namespaces.
    pub fn element(&self) -> &Element {
        &self.element
    }

    /// Adds to an element what makes it hold this object.
    pub fn write(&self, element: &mut Element) {
        element.attributes.extend(self.element.attributes.iter().cloned());
        let is_as_it_came = T::read(&self.element).is_ok_and(|base| base == self.base);
        if is_as_it_came {
            element.children.extend(self.element.children.iter().cloned());
            return;
        }
        self.base.write(element);
        let mut names = T::default();
        let rest = self.element.children.iter().filter(|child| {
            child
                .as_element()
                .is_some_and(|child| !object::has_member(&mut names, child.name.local()))
        });
        element.children.extend(rest.cloned());
    }
}

impl<T> Deref for Other<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.base
    }
}

impl<T> DerefMut for Other<T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.base
    }
}

/// Declares what may be a type or anything derived from it: `AnyBase: Base { Derived, … }`.
macro_rules! vim_any {
    ($(
        $(#[$note:meta])*
        $name:ident: $base:ident { $( $derived:ident, )* }
    )*) => {$(
        $(#[$note])*
        #[derive(Clone, PartialEq)]
        #[non_exhaustive]
        pub enum $name {
            #[doc = concat!("[`", stringify!($base), "`] itself.")]
            $base(Box<$base>),
            $(
                #[doc = concat!("[`", stringify!($derived), "`].")]
                $derived(Box<$derived>),
            )*
            /// What is derived but not known here.
            Other(Box<$crate::vim::Other<$base>>),
        }

        impl $name {
            /// The API's name of the actual type.
            pub fn type_name(&self) -> &str {
                match self {
                    Self::Other(other) => other.type_name(),
                    known => known.object().type_name(),
                }
            }

            /// Whether the actual type is that one or derived from it, as far as the tables know.
            pub fn is_a(&self, type_name: &str) -> bool {
                $crate::vim::is_a(self.type_name(), type_name)
            }

            /// The part of the type `T`: the object itself, or what it inherits.
            pub fn part<T: $crate::vim::Object>(&self) -> Option<&T> {
                $crate::vim::object::part(self.object())
            }

            /// The part of the type `T`, to change it.
            pub fn part_mut<T: $crate::vim::Object>(&mut self) -> Option<&mut T> {
                $crate::vim::object::part_mut(match self {
                    Self::$base(object) => object.as_mut(),
                    $( Self::$derived(object) => object.as_mut(), )*
                    Self::Other(object) => &mut object.base,
                })
            }

            fn object(&self) -> &dyn $crate::vim::Object {
                match self {
                    Self::$base(object) => object.as_ref(),
                    $( Self::$derived(object) => object.as_ref(), )*
                    Self::Other(object) => &object.base,
                }
            }
        }

        impl $crate::vim::Value for $name {
            const TYPE: &'static str = stringify!($base);

            fn read(element: &virt_core::xml::Element) -> Result<Self, $crate::vim::VimError> {
                use $crate::vim::Value;
                Ok(match $crate::vim::wire::type_of(element).unwrap_or(Self::TYPE) {
                    <$base as Value>::TYPE => Self::$base(Value::read(element)?),
                    $( <$derived as Value>::TYPE => Self::$derived(Value::read(element)?), )*
                    other => Self::Other(Box::new($crate::vim::Other::read(other, element)?)),
                })
            }

            fn write(&self, element: &mut virt_core::xml::Element) {
                if let Self::Other(object) = self {
                    return object.write(element);
                }
                let object = self.object();
                $crate::vim::wire::set_type(element, object.type_name());
                $crate::vim::object::write_members(object, element);
            }
        }

        impl Default for $name {
            fn default() -> Self {
                Self::$base(Box::default())
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                match self {
                    Self::Other(object) => object.fmt(f),
                    known => known.object().fmt(f),
                }
            }
        }

        impl std::ops::Deref for $name {
            type Target = $base;

            fn deref(&self) -> &$base {
                match self {
                    Self::$base(object) => object,
                    $( Self::$derived(object) => object, )*
                    Self::Other(object) => object,
                }
            }
        }

        impl std::ops::DerefMut for $name {
            fn deref_mut(&mut self) -> &mut $base {
                match self {
                    Self::$base(object) => object,
                    $( Self::$derived(object) => object, )*
                    Self::Other(object) => object,
                }
            }
        }

        impl From<$base> for $name {
            fn from(object: $base) -> Self {
                Self::$base(Box::new(object))
            }
        }

        $(
            impl From<$derived> for $name {
                fn from(object: $derived) -> Self {
                    Self::$derived(Box::new(object))
                }
            }
        )*
    )*};
}
pub(crate) use vim_any;
