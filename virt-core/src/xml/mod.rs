//! XML the way libvirt reads and writes it: text ⇄ ordered tree ⇄ typed records, nothing lost.
//!
//! Three layers, each usable alone:
//!
//! * [`Document`] and [`Element`]: the tree. Ordered, with comments, CDATA and processing instructions, namespaces
//!   resolved by URI, every element with its line and column. Reading is bounded by [`Limits`] and refuses document
//!   type definitions and entities.
//! * [`Record`]: a typed struct made by `#[derive(XmlElement)]`. The derive makes a table ([`Spec`]) and access to the
//!   fields as slots; everything else is done here by functions over `dyn Record`, so that hundreds of structs stay
//!   cheap to compile.
//! * [`Rest`]: what a record did not understand and how it was spelled and ordered, so that it is written back where
//!   it stood.
//!
//! # Order
//! A parsed record keeps the order of its children (and attributes), also of lists that are interleaved, such as disks
//! and interfaces. An item taken out leaves the others where they are; a new item follows the items of its list, or
//! stands at libvirt's place when there are none, which is the order of the fields. What an item did not understand
//! lies in the item and moves with it.
//!
//! # Equality
//! `==` of two records compares what they say: the typed fields by value, and what was not understood (attributes in
//! any order, elements and text in order). How it was said does not count: order of attributes and of unlike
//! children, spelling of numbers and units, comments, prefixes, positions.

mod arrange;
mod attributes;
mod compare;
mod document;
mod enumeration;
mod error;
mod limits;
mod name;
mod raw;
mod read;
mod reader;
mod record;
mod references;
mod rest;
mod slot;
mod tree;
mod typed;
mod value;
mod values;
mod walk;
mod write;
mod writer;

pub use document::Document;
pub use error::{Position, XmlError, XmlProblem};
pub use limits::Limits;
pub use name::Name;
pub use record::{Field, FieldKind, Namespace, Record, Rows, Spec};
pub use rest::Rest;
pub use slot::{ChildSlot, ScaledSlot, Slot, SlotMut, ValueSlot};
pub use tree::{Attribute, Element, Node};
pub use value::{ValueError, XmlValue};
pub use virt_derive::XmlElement;
pub use walk::{Found, FoundKind};

pub(crate) use arrange::{children_in_order, set_children_order};
pub(crate) use compare::keep_spelling;
pub(crate) use enumeration::xml_enum;
pub(crate) use value::{xml_text_value, xml_value_slot};

/// What the derive macro calls; not meant to be called by hand.
#[doc(hidden)]
pub mod derived {
    pub use super::compare::{canonicalize, equal, format_debug};
    pub use super::read::{Parsed, read_element, read_root};
    pub use super::typed::is_typed;
    pub use super::values::check_values;
    pub use super::walk::walk;
    pub use super::write::{write_element, write_root};
}
