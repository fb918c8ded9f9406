//! Data objects: structs whose members can be gone through by name.

use std::any::Any;
use std::fmt;

use virt_core::xml::Element;

use super::error::VimError;
use super::member::Member;

/// A data object, or the arguments of a method.
pub trait Object: Any + fmt::Debug + Send + Sync {
    /// The API's name of the type.
    fn type_name(&self) -> &'static str;

    /// The part that is inherited.
    fn base(&self) -> Option<&dyn Object>;

    /// The part that is inherited, to change it.
    fn base_mut(&mut self) -> Option<&mut dyn Object>;

    /// Shows the object's own members in the order of the wire: name, value, and whether it is a secret.
    fn members(&self, visit: &mut dyn FnMut(&'static str, &dyn Member, bool));

    /// One of the object's own members, by the API's name.
    fn member_mut(&mut self, name: &str) -> Option<&mut dyn Member>;
}

/// Reads all members that are known, inherited ones too.
pub(super) fn read_members(object: &mut dyn Object, element: &Element) -> Result<(), VimError> {
    for child in element.elements() {
        let name = child.name.local();
        if let Some(member) = find(object, name) {
            member.take(child).map_err(|error| error.within(name))?;
        }
    }
    Ok(())
}

fn find<'a>(object: &'a mut dyn Object, name: &str) -> Option<&'a mut dyn Member> {
    // Asked twice, as a borrow that is returned on one way only would last on the other too.
    if object.member_mut(name).is_some() {
        return object.member_mut(name);
    }
    find(object.base_mut()?, name)
}

/// Whether the object has such a member, inherited ones too.
pub(super) fn has_member(object: &mut dyn Object, name: &str) -> bool {
    find(object, name).is_some()
}

/// Shows all members, inherited ones first, as they are on the wire.
pub(super) fn all_members(object: &dyn Object, visit: &mut dyn FnMut(&'static str, &dyn Member, bool)) {
    if let Some(base) = object.base() {
        all_members(base, visit);
    }
    object.members(visit);
}

/// Appends all members that there are.
pub(super) fn write_members(object: &dyn Object, element: &mut Element) {
    all_members(object, &mut |name, member, _| member.append(name, element));
}

/// Prints the members that there are, inherited ones first, and no secrets.
pub(super) fn debug(object: &dyn Object, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let mut shown = f.debug_struct(object.type_name());
    // A machine's options are lines of its file, which may be secrets as well.
    let option = part::<super::OptionValue>(object);
    let of_option = option.is_some_and(|option| crate::vmx::document::is_secret(&option.key));
    all_members(object, &mut |name, member, is_secret| {
        if let Some(value) = member.shown() {
            let is_secret = is_secret || (of_option && name == "value");
            shown.field(name, if is_secret { &"hidden" } else { value });
        }
    });
    shown.finish()
}

/// The part of an object that is of the type `T`: itself, or something it inherits.
pub(super) fn part<T: Object>(object: &dyn Object) -> Option<&T> {
    let any: &dyn Any = object;
    any.downcast_ref().or_else(|| part(object.base()?))
}

/// The part of an object that is of the type `T`, to change it.
pub(super) fn part_mut<T: Object>(object: &mut dyn Object) -> Option<&mut T> {
    let any: &dyn Any = object;
    if any.is::<T>() {
        let any: &mut dyn Any = object;
        return any.downcast_mut();
    }
    part_mut(object.base_mut()?)
}

/// Declares a data object: `Name { … }`, or `Name: Base { … }`.
macro_rules! vim_object {
    ($(
        $(#[$note:meta])*
        $name:ident $(: $base:ident)? {
            $( $(#[$about:meta])* $wire:literal $field:ident: $kind:ty $(as $hidden:ident)?, )*
        }
    )*) => {$(
        $(#[$note])*
        #[derive(Clone, Default, PartialEq)]
        pub struct $name {
            $(
                #[doc = concat!("What it inherits of [`", stringify!($base), "`].")]
                pub base: $base,
            )?
            $( $(#[$about])* pub $field: $kind, )*
        }

        impl $crate::vim::Object for $name {
            fn type_name(&self) -> &'static str {
                stringify!($name)
            }

            $crate::vim::object::vim_members! { $($base)? { $( $wire $field $($hidden)?, )* } }
        }

        impl $crate::vim::Value for $name {
            const TYPE: &'static str = stringify!($name);

            fn read(
                element: &virt_core::xml::Element,
            ) -> Result<Self, $crate::vim::VimError> {
                let mut object = Self::default();
                $crate::vim::object::read_members(&mut object, element)?;
                Ok(object)
            }

            fn write(&self, element: &mut virt_core::xml::Element) {
                $crate::vim::object::write_members(self, element);
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                $crate::vim::object::debug(self, f)
            }
        }

        $(
            impl std::ops::Deref for $name {
                type Target = $base;

                fn deref(&self) -> &$base {
                    &self.base
                }
            }

            impl std::ops::DerefMut for $name {
                fn deref_mut(&mut self) -> &mut $base {
                    &mut self.base
                }
            }
        )?
    )*};
}
pub(crate) use vim_object;

/// What [`Object`] asks of a struct besides its name.
macro_rules! vim_members {
    (@base) => {
        fn base(&self) -> Option<&dyn $crate::vim::Object> {
            None
        }

        fn base_mut(&mut self) -> Option<&mut dyn $crate::vim::Object> {
            None
        }
    };
    (@base $base:ident) => {
        fn base(&self) -> Option<&dyn $crate::vim::Object> {
            Some(&self.base)
        }

        fn base_mut(&mut self) -> Option<&mut dyn $crate::vim::Object> {
            Some(&mut self.base)
        }
    };
    (@is_hidden) => { false };
    (@is_hidden hidden) => { true };
    ($($base:ident)? { $( $wire:literal $field:ident $($hidden:ident)?, )* }) => {
        $crate::vim::object::vim_members! { @base $($base)? }

        fn members(&self, visit: &mut dyn FnMut(&'static str, &dyn $crate::vim::Member, bool)) {
            let _ = &visit;
            $( visit($wire, &self.$field, $crate::vim::object::vim_members!(@is_hidden $($hidden)?)); )*
        }

        fn member_mut(&mut self, name: &str) -> Option<&mut dyn $crate::vim::Member> {
            match name {
                $( $wire => Some(&mut self.$field), )*
                _ => None,
            }
        }
    };
}
pub(crate) use vim_members;
