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
//! children, spelling of numbers and units, comments, prefixes, positions. [`Change`] is a difference in that sense.
//!
//! # JSON
//! Records are serde's `Serialize` and `Deserialize`. Keys are the names of the Rust fields; numbers are numbers, sizes
//! numbers of bytes, `yes` and `no`, `on` and `off` are `true` and `false`, everything else is the text as libvirt spells
//! it (also hexadecimal numbers, as addresses have them). A list is an array, an empty element that is there is `true`,
//! what is not there has no key. Secrets are left out. What was not understood is under `rest`. Reading gives back an
//! equal record, but for the secrets; order among unlike children and spellings are not kept.

mod arrange;
mod attributes;
mod blank;
mod byte_set;
mod compare;
#[doc(hidden)]
pub mod derived;
mod diff;
mod document;
mod enumeration;
mod error;
mod json;
mod keep;
mod kept;
mod limits;
mod name;
mod name_key;
mod places;
mod raw;
mod read;
mod reader;
mod record;
mod references;
mod rest;
mod slot;
mod tree;
mod typed;
mod unknown_spelling;
mod value;
mod values;
mod walk;
mod write;
mod writer;

pub use diff::{Change, ChangeKind, ChangePath, Step};
pub use document::Document;
pub use error::{Position, XmlError, XmlProblem};
pub use limits::Limits;
pub use name::Name;
pub use name_key::NameKey;
pub use record::{Field, FieldKind, Namespace, Record, Rows, Spec};
pub use rest::Rest;
pub use slot::{ChildSlot, Children, RecordList, ScaledSlot, Slot, SlotMut, ValueSlot, ValueTraits};
pub use tree::{Attribute, Element, Node};
pub use unknown_spelling::UnknownSpelling;
pub use value::{ValueError, ValueShape, XmlValue};
pub use virt_derive::XmlElement;
pub use walk::{Found, FoundKind};

pub(crate) use arrange::{children_in_order, set_children_order};
pub(crate) use blank::trimmed;
pub(crate) use diff::{Pair, diff_at, identity_of, is_same, other_root, pairs, step_to, value_at};
pub(crate) use enumeration::xml_enum;
pub(crate) use keep::{keep_spelling, keep_unknown};
pub(crate) use value::{write_hexadecimal, write_number, xml_text_value, xml_value_slot};
