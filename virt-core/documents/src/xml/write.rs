//! Records to text: one function over `dyn Record` for all types.

use std::borrow::Cow;

use smol_str::SmolStr;

use super::arrange::{Entry, count, in_order, items};
use super::record::{Field, FieldKind, Namespace, Record, Rows};
use super::rest::as_index;
use super::slot::{Slot, ValueSlot};
use super::tree::Node;
use super::value::write_number;
use super::writer::Writer;

/// The record as a document, with what stood around its root element.
pub fn write_root(record: &dyn Record, secrets: bool) -> String {
    let before = as_index(record.rest().length);
    // A little more, so that a few additions find room.
    let mut writer = Writer::with_room(before + before / 16);
    writer.secrets = secrets;
    let more = record.rest().more.as_deref();
    writer.nodes(more.map(|more| more.before.as_slice()).unwrap_or_default());
    Writing {
        writer: &mut writer,
        scratch: String::new(),
    }
    .record(record, record.spec().element);
    writer.nodes(more.map(|more| more.after.as_slice()).unwrap_or_default());
    writer.finish()
}

/// The record as one element, without what stood around it.
pub fn write_element(record: &dyn Record, secrets: bool) -> String {
    write_as(record, record.spec().element, secrets)
}

/// The record as one element called `name`.
pub(super) fn write_as(record: &dyn Record, name: &str, secrets: bool) -> String {
    let mut writer = Writer::new();
    writer.secrets = secrets;
    Writing {
        writer: &mut writer,
        scratch: String::new(),
    }
    .record(record, name);
    writer.finish()
}

struct Writing<'w> {
    writer: &'w mut Writer,
    scratch: String,
}

impl Writing<'_> {
    fn record(&mut self, record: &dyn Record, name: &str) {
        let rest = record.rest();
        let spec = record.spec();
        let filled = record.filled();
        self.writer.start(name);
        let order = rest
            .more
            .as_deref()
            .map(|more| more.attributes_order.as_slice())
            .unwrap_or_default();
        let rows = filled.and(spec.attributes);
        if order.is_empty() {
            // Nearly all records: there is no order to be put together.
            for (row, field) in rows.filter_map(|row| Some((row, spec.fields.get(row)?))) {
                self.attribute(record, row, field);
            }
            self.writer.attributes(rest.attributes());
        } else {
            let unknown = rest.attributes().len();
            in_order(record, rows, order, unknown, &mut |entry| match entry {
                Entry::Item(row, _) => {
                    if let Some(field) = spec.fields.get(row) {
                        self.attribute(record, row, field);
                    }
                }
                Entry::Rest(index) => {
                    if let Some(attribute) = rest.attributes().get(index) {
                        self.writer
                            .attribute(attribute.name.as_written(), &attribute.value);
                    }
                }
            });
        }
        self.unit_of_text(record);
        self.writer.declare_prefixes(rest.attributes());
        if !spec.namespaced.is_empty() {
            self.declare_namespaces(record);
        }
        self.content(record, filled.and(spec.content()), name);
    }

    fn content(&mut self, record: &dyn Record, rows: Rows, name: &str) {
        let rest = record.rest();
        let nodes = rest.nodes();
        if rows.is_empty() && nodes.is_empty() {
            self.writer.close_empty();
            return;
        }
        let text = record.spec().text.filter(|row| rows.has(*row));
        let has_text = |node: &Node| node.as_text().is_some_and(|text| !text.is_empty());
        let inline = text.is_some_and(|row| self.has_text(record, row)) || nodes.iter().any(has_text);
        let mut content = Content {
            record,
            inline,
            open: false,
        };
        let more = rest.more.as_deref();
        let order = more
            .map(|more| more.children_order.as_slice())
            .unwrap_or_default();
        if order.is_empty() {
            for row in rows {
                let slot = record.slot(row);
                for item in 0..items(slot) {
                    self.item(&mut content, (row, slot), item);
                }
            }
            for node in nodes {
                self.node(&mut content, node);
            }
        } else {
            in_order(record, rows, order, nodes.len(), &mut |entry| match entry {
                Entry::Item(row, item) => self.item(&mut content, (row, record.slot(row)), item),
                Entry::Rest(index) => {
                    if let Some(node) = nodes.get(index) {
                        self.node(&mut content, node);
                    }
                }
            });
        }
        if content.open {
            self.writer.close(name)
        } else {
            self.writer.close_empty()
        }
    }

    /// Ends the start tag before the first part of the content.
    fn open(&mut self, content: &mut Content<'_>) {
        if !content.open {
            self.writer.open_content(content.inline);
            content.open = true;
        }
    }

    fn node(&mut self, content: &mut Content<'_>, node: &Node) {
        if node.as_text() != Some("") {
            self.open(content);
            self.writer.node(node);
        }
    }

    fn item(&mut self, content: &mut Content<'_>, (row, slot): (usize, Slot<'_>), item: usize) {
        let record = content.record;
        let Some(field) = record.spec().fields.get(row) else {
            return;
        };
        let is_text = field.kind == FieldKind::Text;
        if (field.secret && !self.writer.secrets) || (is_text && !content.inline) {
            return;
        }
        self.open(content);
        if is_text {
            self.text(record, (row, slot));
            return;
        }
        let name = self.name(record, (row, field), item);
        match slot {
            Slot::Child(slot) => {
                if let Some(child) = slot.item(item) {
                    self.record(child, &name);
                }
            }
            Slot::Value(slot) => match plain(record, slot, (row, item)) {
                Some(text) => self.leaf(record, (row, item), &name, text),
                None => {
                    let text = self.value(record, row, item);
                    self.leaf(record, (row, item), &name, &text);
                    self.scratch = text;
                }
            },
            Slot::Scaled(_) => {
                let text = self.value(record, row, item);
                self.leaf(record, (row, item), &name, &text);
                self.scratch = text;
            }
            Slot::Flag(_) => self.leaf(record, (row, item), &name, ""),
            Slot::None => {}
        }
    }

    fn text(&mut self, record: &dyn Record, (row, slot): (usize, Slot<'_>)) {
        if let Slot::Value(slot) = slot
            && let Some(text) = plain(record, slot, (row, 0))
        {
            self.writer.text(text);
            return;
        }
        let text = self.value(record, row, 0);
        self.writer.text(&text);
        self.scratch = text;
    }

    /// An element with text, and what else was found in it.
    fn leaf(&mut self, record: &dyn Record, (row, item): (usize, usize), name: &str, text: &str) {
        let Some(shell) = record.rest().shell(row, item) else {
            self.writer.leaf(name, text);
            return;
        };
        self.writer.start(name);
        self.writer.attributes(&shell.attributes);
        self.writer.declare_prefixes(&shell.attributes);
        if shell.children.is_empty() && text.is_empty() {
            self.writer.close_empty();
            return;
        }
        let inline = !text.is_empty() || shell.children.iter().any(|child| child.as_text().is_some());
        self.writer.open_content(inline);
        self.writer.text(text);
        self.writer.nodes(&shell.children);
        self.writer.close(name);
    }

    fn attribute(&mut self, record: &dyn Record, row: usize, field: &Field) {
        if field.secret && !self.writer.secrets {
            return;
        }
        match record.slot(row) {
            Slot::Value(slot) if record.rest().spelling(row, 0).is_none() => match slot.text(0) {
                Some(text) => self.writer.typed_attribute(field.opening, text),
                None if slot.traits().plain => self
                    .writer
                    .plain_attribute(field.opening, |out| slot.write(0, out)),
                None => self.spelled_attribute(record, row, field),
            },
            _ => self.spelled_attribute(record, row, field),
        }
        if field.unit.is_some()
            && let Some(unit) = unit(record, row, field)
        {
            self.writer.attribute("unit", &unit);
        }
    }

    fn spelled_attribute(&mut self, record: &dyn Record, row: usize, field: &Field) {
        let text = self.value(record, row, 0);
        self.writer.typed_attribute(field.opening, &text);
        self.scratch = text;
    }

    fn unit_of_text(&mut self, record: &dyn Record) {
        if let Some((row, field)) = record.spec().text()
            && field.unit.is_some()
            && let Some(unit) = unit(record, row, field)
        {
            self.writer.attribute("unit", &unit);
        }
    }

    /// Declares the namespaces typed fields need here and that are not declared yet.
    fn declare_namespaces(&mut self, record: &dyn Record) {
        for row in record.spec().namespaced {
            if let Some(Namespace { prefix, uri }) =
                record.spec().fields.get(row).and_then(|field| field.namespace)
                && (0..count(record, row)).any(|item| own_prefix(record, row, item, uri).is_none())
                && self.writer.prefix_of(uri).is_none()
            {
                let mut free = String::from(*prefix);
                while self.writer.declares_here(&free) {
                    free.push('_');
                }
                self.writer.attribute(&format!("xmlns:{free}"), uri);
            }
        }
    }

    fn name(
        &self,
        record: &dyn Record,
        (row, field): (usize, &'static Field),
        item: usize,
    ) -> Cow<'static, str> {
        match field.namespace {
            None => Cow::Borrowed(field.name),
            Some(Namespace { prefix, uri }) => {
                let declared = own_prefix(record, row, item, uri).or_else(|| self.writer.prefix_of(uri));
                Cow::Owned(format!(
                    "{}:{}",
                    declared.as_deref().unwrap_or(prefix),
                    field.name
                ))
            }
        }
    }

    fn has_text(&mut self, record: &dyn Record, row: usize) -> bool {
        if let Slot::Value(slot) = record.slot(row)
            && let Some(text) = plain(record, slot, (row, 0))
        {
            return !text.is_empty();
        }
        let text = self.value(record, row, 0);
        let has = !text.is_empty();
        self.scratch = text;
        has
    }

    /// The value as it was spelled, if it is still the same, else in libvirt's spelling. The returned string is
    /// the scratch buffer: put it back.
    fn value(&mut self, record: &dyn Record, row: usize, item: usize) -> String {
        let mut text = std::mem::take(&mut self.scratch);
        text.clear();
        match record.slot(row) {
            Slot::Value(slot) => {
                slot.write(item, &mut text);
                if let Some(spelling) = record.rest().spelling(row, item)
                    && spelling.canonical == text
                {
                    text.clear();
                    text.push_str(&spelling.written);
                }
            }
            Slot::Scaled(slot) => {
                if let Some(size) = slot.size() {
                    let Some(field) = record.spec().fields.get(row) else {
                        return text;
                    };
                    let (number, unit) = field.spell(size);
                    match record.rest().spelling(row, 0) {
                        Some(known) if known.canonical == format!("{number} {unit}") => {
                            text.push_str(&known.written)
                        }
                        _ => write_number(&mut text, i128::from(number)),
                    }
                }
            }
            _ => {}
        }
        text
    }
}

/// What is inside of an element that is being written.
struct Content<'r> {
    record: &'r dyn Record,
    /// Whether there is text.
    inline: bool,
    /// Whether the start tag has ended.
    open: bool,
}

/// The text of a value that is written as it is: it has its text, and was not spelled otherwise.
fn plain<'s>(record: &dyn Record, slot: &'s dyn ValueSlot, (row, item): (usize, usize)) -> Option<&'s str> {
    match record.rest().spelling(row, item) {
        None => slot.text(item),
        Some(_) => None,
    }
}

/// The unit to write beside a size; `None` when the document said none.
fn unit(record: &dyn Record, row: usize, field: &Field) -> Option<SmolStr> {
    let Slot::Scaled(slot) = record.slot(row) else {
        return None;
    };
    let (number, unit) = field.spell(slot.size()?);
    match record.rest().spelling(row, 0) {
        Some(known) if known.canonical == format!("{number} {unit}") => known.unit.clone(),
        _ => Some(SmolStr::new_static(unit)),
    }
}

/// The prefix an item declares for `uri` on its own element.
fn own_prefix(record: &dyn Record, row: usize, item: usize, uri: &str) -> Option<SmolStr> {
    let Slot::Child(slot) = record.slot(row) else {
        return None;
    };
    let attributes = slot.item(item)?.rest().attributes();
    let declared = attributes
        .iter()
        .find(|attribute| attribute.value == uri && attribute.name.prefix() == Some("xmlns"))?;
    Some(SmolStr::new(declared.name.local()))
}
