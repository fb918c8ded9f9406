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
    Child(&'a dyn ChildSlot),
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

/// A field holding values: `T`, `Option<T>` or `Vec<T>` of an [`XmlValue`].
pub trait ValueSlot {
    /// How many values there are.
    fn count(&self) -> usize;
    /// Whether there can be one value at most.
    fn is_single(&self) -> bool;
    /// Whether values are written exactly as they were read.
    fn exact(&self) -> bool;
    /// What a value is in JSON.
    fn shape(&self) -> ValueShape;
    /// Takes one more value.
    ///
    /// # Errors
    /// [`ValueError`] when the text is no such value.
    fn add(&mut self, text: &str) -> Result<(), ValueError>;
    /// Appends the value at `index`, not escaped.
    fn write(&self, index: usize, out: &mut String);
    /// Whether no value there can be has characters that XML does not take.
    fn plain(&self) -> bool;
    /// The very text that [`write`](Self::write) appends, where the value has it.
    fn text(&self, index: usize) -> Option<&str>;
    /// The spellings there are, when the value at `index` is of an enumeration and none of them.
    fn unknown_among(&self, index: usize) -> Option<&'static [&'static str]>;
}

impl<T: XmlValue> ValueSlot for Option<T> {
    fn count(&self) -> usize {
        usize::from(self.is_some())
    }

    fn is_single(&self) -> bool {
        true
    }

    fn exact(&self) -> bool {
        T::EXACT
    }

    fn shape(&self) -> ValueShape {
        T::SHAPE
    }

    fn add(&mut self, text: &str) -> Result<(), ValueError> {
        *self = Some(T::parse_xml(text)?);
        Ok(())
    }

    fn write(&self, _index: usize, out: &mut String) {
        if let Some(value) = self {
            value.write_xml(out);
        }
    }

    fn plain(&self) -> bool {
        T::PLAIN
    }

    fn text(&self, _index: usize) -> Option<&str> {
        self.as_ref().and_then(T::as_text)
    }

    fn unknown_among(&self, _index: usize) -> Option<&'static [&'static str]> {
        self.as_ref().and_then(T::unknown_among)
    }
}

impl<T: XmlValue> ValueSlot for Vec<T> {
    fn count(&self) -> usize {
        self.len()
    }

    fn is_single(&self) -> bool {
        false
    }

    fn exact(&self) -> bool {
        T::EXACT
    }

    fn shape(&self) -> ValueShape {
        T::SHAPE
    }

    fn add(&mut self, text: &str) -> Result<(), ValueError> {
        self.push(T::parse_xml(text)?);
        Ok(())
    }

    fn write(&self, index: usize, out: &mut String) {
        if let Some(value) = self.get(index) {
            value.write_xml(out);
        }
    }

    fn plain(&self) -> bool {
        T::PLAIN
    }

    fn text(&self, index: usize) -> Option<&str> {
        self.get(index).and_then(T::as_text)
    }

    fn unknown_among(&self, index: usize) -> Option<&'static [&'static str]> {
        self.get(index).and_then(T::unknown_among)
    }
}

/// A field holding records: `Option<T>`, `Option<Box<T>>` or `Vec<T>`.
pub trait ChildSlot {
    /// How many records there are.
    fn count(&self) -> usize;
    /// Whether there can be one record at most.
    fn is_single(&self) -> bool;
    /// Makes room for so many more records.
    fn reserve(&mut self, _more: usize) {}
    /// Adds an empty record and gives it out to be filled.
    fn add(&mut self) -> &mut dyn Record;
    /// The record at `index`.
    fn item(&self, index: usize) -> Option<&dyn Record>;
    /// The record at `index`.
    fn item_mut(&mut self, index: usize) -> Option<&mut dyn Record>;
}

impl<T: Record + Default> ChildSlot for Option<T> {
    fn count(&self) -> usize {
        usize::from(self.is_some())
    }

    fn is_single(&self) -> bool {
        true
    }

    fn add(&mut self) -> &mut dyn Record {
        self.insert(T::default())
    }

    fn item(&self, _index: usize) -> Option<&dyn Record> {
        match self {
            Some(item) => Some(item),
            None => None,
        }
    }

    fn item_mut(&mut self, _index: usize) -> Option<&mut dyn Record> {
        match self {
            Some(item) => Some(item),
            None => None,
        }
    }
}

impl<T: Record + Default> ChildSlot for Vec<T> {
    fn count(&self) -> usize {
        self.len()
    }

    fn is_single(&self) -> bool {
        false
    }

    fn reserve(&mut self, more: usize) {
        self.reserve_exact(more);
    }

    #[expect(clippy::indexing_slicing, reason = "the item was just pushed")]
    fn add(&mut self) -> &mut dyn Record {
        let last = self.len();
        self.push(T::default());
        &mut self[last]
    }

    fn item(&self, index: usize) -> Option<&dyn Record> {
        match self.get(index) {
            Some(item) => Some(item),
            None => None,
        }
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
