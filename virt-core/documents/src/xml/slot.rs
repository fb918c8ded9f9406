//! Fields of records as seen by the engine: a handful of object-safe views.

use crate::model::value::ByteSize;

use super::record::Record;
use super::value::{ValueError, ValueShape, XmlValue};

/// A view of one field, for writing it out.
#[derive(Clone, Copy)]
#[non_exhaustive]
pub enum Slot<'a> {
    /// A value: attribute, text or text-only child elements.
    Value(&'a dyn ValueSlot),
    /// Child elements with a record each.
    Child(Children<'a>),
    /// An empty element that is there or not.
    Flag(bool),
    /// A size with its unit.
    Scaled(&'a dyn ScaledSlot),
    /// No such field.
    None,
}

/// A view of one field, for reading into it.
#[non_exhaustive]
pub enum SlotMut<'a> {
    /// As [`Slot::Value`].
    Value(&'a mut dyn ValueSlot),
    /// As [`Slot::Child`].
    Child(&'a mut dyn ChildSlot),
    /// As [`Slot::Flag`].
    Flag(&'a mut bool),
    /// As [`Slot::Scaled`].
    Scaled(&'a mut dyn ScaledSlot),
    /// As [`Slot::None`].
    None,
}

impl std::fmt::Debug for Slot<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Slot")
    }
}

impl std::fmt::Debug for SlotMut<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SlotMut")
    }
}

/// What is the same of all values a field can have.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct ValueTraits {
    /// Whether there can be one value at most.
    pub single: bool,
    /// Whether values are written exactly as they were read.
    pub exact: bool,
    /// What a value is in JSON.
    pub shape: ValueShape,
    /// Whether no value there can be has characters that XML does not take.
    pub plain: bool,
    /// The spellings of an enumeration; else empty.
    pub spellings: &'static [&'static str],
}

impl ValueTraits {
    /// Those of a field for one value, or for several.
    pub const fn of<T: XmlValue>(single: bool) -> Self {
        Self {
            single,
            exact: T::EXACT,
            shape: T::SHAPE,
            plain: T::PLAIN,
            spellings: T::SPELLINGS,
        }
    }
}

/// A field holding values: `T`, `Option<T>` or `Vec<T>` of an [`XmlValue`].
///
/// Every method is compiled for every type of value: what can be said for all at once stands in [`ValueTraits`], or is a
/// method of `dyn ValueSlot`, and what is there calls no generic function that would be compiled with it.
pub trait ValueSlot {
    /// How many values there are.
    fn count(&self) -> usize;
    /// What is the same of all values there can be.
    fn traits(&self) -> ValueTraits;
    /// Takes one more value.
    ///
    /// # Errors
    /// [`ValueError`] when the text is no such value.
    fn add(&mut self, text: &str) -> Result<(), ValueError>;
    /// Appends the value at `index`, not escaped.
    fn write(&self, index: usize, out: &mut String);
    /// The very text that [`write`](Self::write) appends, where the value has it.
    fn text(&self, index: usize) -> Option<&str>;
    /// As [`XmlValue::is_sound`], of the value at `index`.
    fn is_sound(&self, index: usize) -> Option<bool>;
}

impl dyn ValueSlot + '_ {
    /// Whether there can be one value at most.
    pub fn is_single(&self) -> bool {
        self.traits().single
    }

    /// Whether values are written exactly as they were read.
    pub fn exact(&self) -> bool {
        self.traits().exact
    }

    /// What a value is in JSON.
    pub fn shape(&self) -> ValueShape {
        self.traits().shape
    }
}

impl<T: XmlValue> ValueSlot for Option<T> {
    fn count(&self) -> usize {
        match self {
            Some(_) => 1,
            None => 0,
        }
    }

    fn traits(&self) -> ValueTraits {
        const { ValueTraits::of::<T>(true) }
    }

    fn add(&mut self, text: &str) -> Result<(), ValueError> {
        match T::parse_xml(text) {
            Ok(value) => {
                *self = Some(value);
                Ok(())
            }
            Err(error) => Err(error),
        }
    }

    fn write(&self, _index: usize, out: &mut String) {
        if let Some(value) = self {
            value.write_xml(out);
        }
    }

    fn text(&self, _index: usize) -> Option<&str> {
        match self {
            Some(value) => value.as_text(),
            None => None,
        }
    }

    fn is_sound(&self, _index: usize) -> Option<bool> {
        match self {
            Some(value) => value.is_sound(),
            None => Some(true),
        }
    }
}

impl<T: XmlValue> ValueSlot for Vec<T> {
    fn count(&self) -> usize {
        self.len()
    }

    fn traits(&self) -> ValueTraits {
        const { ValueTraits::of::<T>(false) }
    }

    fn add(&mut self, text: &str) -> Result<(), ValueError> {
        match T::parse_xml(text) {
            Ok(value) => {
                self.push(value);
                Ok(())
            }
            Err(error) => Err(error),
        }
    }

    fn write(&self, index: usize, out: &mut String) {
        if let Some(value) = self.get(index) {
            value.write_xml(out);
        }
    }

    fn text(&self, index: usize) -> Option<&str> {
        match self.get(index) {
            Some(value) => value.as_text(),
            None => None,
        }
    }

    fn is_sound(&self, index: usize) -> Option<bool> {
        match self.get(index) {
            Some(value) => value.is_sound(),
            None => Some(true),
        }
    }
}

/// The records of a field.
#[derive(Clone, Copy)]
#[non_exhaustive]
pub enum Children<'a> {
    /// Of a field for one.
    One(Option<&'a dyn Record>),
    /// Of a field for several.
    List(&'a dyn RecordList),
}

impl std::fmt::Debug for Children<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Children")
    }
}

impl<'a> Children<'a> {
    /// How many records there are.
    pub fn count(self) -> usize {
        match self {
            Self::One(item) => usize::from(item.is_some()),
            Self::List(list) => list.count(),
        }
    }

    /// Whether there can be one record at most.
    pub const fn is_single(self) -> bool {
        matches!(self, Self::One(_))
    }

    /// The record at `index`.
    pub fn item(self, index: usize) -> Option<&'a dyn Record> {
        match self {
            Self::One(item) => item.filter(|_| index == 0),
            Self::List(list) => list.item(index),
        }
    }
}

/// A list of records of one type.
pub trait RecordList {
    /// How many records there are.
    fn count(&self) -> usize;
    /// The record at `index`.
    fn item(&self, index: usize) -> Option<&dyn Record>;
}

impl<T: Record> RecordList for Vec<T> {
    fn count(&self) -> usize {
        self.len()
    }

    fn item(&self, index: usize) -> Option<&dyn Record> {
        match self.get(index) {
            Some(item) => Some(item),
            None => None,
        }
    }
}

/// A field holding records: `Option<T>`, `Option<Box<T>>` or `Vec<T>`.
///
/// As with [`ValueSlot`], what need not be compiled for every type is a method of `dyn ChildSlot`.
pub trait ChildSlot {
    /// The records there are.
    fn children(&self) -> Children<'_>;
    /// Adds an empty record and gives it out to be filled; a list makes room for so many at once.
    fn push(&mut self, room: usize) -> &mut dyn Record;
    /// The record at `index`.
    fn item_mut(&mut self, index: usize) -> Option<&mut dyn Record>;
}

impl<'a> dyn ChildSlot + 'a {
    /// Adds an empty record and gives it out to be filled.
    pub fn add(&mut self) -> &mut dyn Record {
        self.push(0)
    }

    /// How many records there are.
    pub fn count(&self) -> usize {
        self.children().count()
    }

    /// Whether there can be one record at most.
    pub fn is_single(&self) -> bool {
        self.children().is_single()
    }
}

impl<T: Record + Default> ChildSlot for Option<T> {
    fn children(&self) -> Children<'_> {
        Children::One(match self {
            Some(item) => Some(item),
            None => None,
        })
    }

    fn push(&mut self, _room: usize) -> &mut dyn Record {
        self.insert(T::default())
    }

    fn item_mut(&mut self, _index: usize) -> Option<&mut dyn Record> {
        match self {
            Some(item) => Some(item),
            None => None,
        }
    }
}

impl<T: Record + Default> ChildSlot for Vec<T> {
    fn children(&self) -> Children<'_> {
        Children::List(self)
    }

    #[expect(clippy::indexing_slicing, reason = "the item was just pushed")]
    fn push(&mut self, room: usize) -> &mut dyn Record {
        let last = self.len();
        if room > 0 {
            self.reserve_exact(room);
        }
        self.push(T::default());
        &mut self[last]
    }

    fn item_mut(&mut self, index: usize) -> Option<&mut dyn Record> {
        match self.get_mut(index) {
            Some(item) => Some(item),
            None => None,
        }
    }
}

/// A field holding a size whose unit stands in an attribute of its own.
pub trait ScaledSlot {
    /// The size, if there is one.
    fn size(&self) -> Option<ByteSize>;
    /// Sets the size.
    fn set(&mut self, size: ByteSize);
}

impl ScaledSlot for ByteSize {
    fn size(&self) -> Option<ByteSize> {
        Some(*self)
    }

    fn set(&mut self, size: ByteSize) {
        *self = size;
    }
}

impl ScaledSlot for Option<ByteSize> {
    fn size(&self) -> Option<ByteSize> {
        *self
    }

    fn set(&mut self, size: ByteSize) {
        *self = Some(size);
    }
}
