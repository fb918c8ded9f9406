//! What the derive macro adds to every record, and to those that are documents; not meant to be called by hand.

pub use super::compare::{canonicalize, equal, format_debug};
pub use super::diff::diff;
pub use super::json::{from_json, to_json};
pub use super::read::{Parsed, read_element, read_root};
pub use super::typed::is_typed;
pub use super::values::{check_said_values, check_values};
pub use super::walk::{unknown, walk};
pub use super::write::{write_element, write_root};
pub use crate::{__document_methods as document_methods, __record_traits as record_traits};
pub use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Equality, `Debug` and JSON of a record.
#[doc(hidden)]
#[macro_export]
macro_rules! __record_traits {
    ($record:ty) => {
        #[automatically_derived]
        impl ::core::cmp::PartialEq for $record {
            fn eq(&self, other: &Self) -> bool {
                $crate::xml::derived::equal(self, other)
            }
        }

        #[automatically_derived]
        impl ::core::fmt::Debug for $record {
            fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                $crate::xml::derived::format_debug(self, f)
            }
        }

        #[automatically_derived]
        impl $crate::xml::derived::Serialize for $record {
            fn serialize<S: $crate::xml::derived::Serializer>(
                &self,
                serializer: S,
            ) -> ::core::result::Result<S::Ok, S::Error> {
                $crate::xml::derived::to_json(self, serializer)
            }
        }

        #[automatically_derived]
        impl<'de> $crate::xml::derived::Deserialize<'de> for $record {
            fn deserialize<D: $crate::xml::derived::Deserializer<'de>>(
                deserializer: D,
            ) -> ::core::result::Result<Self, D::Error> {
                let mut found = Self::default();
                // A `?` would compile a conversion of the error for every type.
                match $crate::xml::derived::from_json(&mut found, deserializer) {
                    Ok(()) => Ok(found),
                    Err(error) => Err(error),
                }
            }
        }
    };
}

/// What a document or fragment can do by itself.
#[doc(hidden)]
#[macro_export]
macro_rules! __document_methods {
    ($document:ty) => {
        impl $document {
            /// Parses the text within the default limits.
            ///
            /// # Errors
            /// When the text is not well-formed or too large, the root is another element, a value does not parse or
            /// something required is missing; line, column and element path are named.
            pub fn from_xml(text: &str) -> ::core::result::Result<Self, $crate::xml::XmlError> {
                Self::from_xml_with(text, $crate::xml::Limits::default())
            }

            /// Parses the text within `limits`.
            ///
            /// # Errors
            /// As `from_xml`.
            pub fn from_xml_with(
                text: &str,
                limits: $crate::xml::Limits,
            ) -> ::core::result::Result<Self, $crate::xml::XmlError> {
                let mut found = Self::default();
                match $crate::xml::derived::read_root(&mut found, text, limits) {
                    Ok(()) => Ok(found),
                    Err(error) => Err(error),
                }
            }

            /// Reads an element of a tree.
            ///
            /// # Errors
            /// As `from_xml`, but for what concerns the text.
            pub fn from_element(
                element: &$crate::xml::Element,
            ) -> ::core::result::Result<Self, $crate::xml::XmlError> {
                let mut found = Self::default();
                match $crate::xml::derived::read_element(&mut found, element) {
                    Ok(()) => Ok(found),
                    Err(error) => Err(error),
                }
            }

            /// The whole document in libvirt's style, secrets included.
            pub fn to_xml(&self) -> ::std::string::String {
                $crate::xml::derived::write_root(self, true)
            }

            /// The document as libvirt shows it when nobody asked for secrets: without them.
            pub fn to_xml_without_secrets(&self) -> ::std::string::String {
                $crate::xml::derived::write_root(self, false)
            }

            /// The same in libvirt's order and spelling throughout, without comments; what was not understood
            /// comes last in its element.
            #[must_use]
            pub fn canonical(&self) -> Self {
                let mut copy = ::core::clone::Clone::clone(self);
                $crate::xml::derived::canonicalize(&mut copy);
                copy
            }

            /// What changed from this document to the other: nothing exactly when they are equal.
            pub fn diff(&self, to: &Self) -> ::std::vec::Vec<$crate::xml::Change> {
                $crate::xml::derived::diff(self, to)
            }

            /// Every element and attribute there is, with its path.
            pub fn present(&self) -> ::std::vec::Vec<$crate::xml::Found> {
                $crate::xml::derived::walk(self)
            }

            /// Every element and attribute this version has no typed field for, with its path.
            pub fn unknown(&self) -> ::std::vec::Vec<$crate::xml::Found> {
                $crate::xml::derived::unknown(self)
            }
        }

        /// The document without secrets; [`to_xml`](Self::to_xml) has them.
        #[automatically_derived]
        impl ::core::fmt::Display for $document {
            fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                f.write_str(&self.to_xml_without_secrets())
            }
        }

        #[automatically_derived]
        impl ::core::str::FromStr for $document {
            type Err = $crate::xml::XmlError;

            fn from_str(text: &str) -> ::core::result::Result<Self, Self::Err> {
                Self::from_xml(text)
            }
        }
    };
}
