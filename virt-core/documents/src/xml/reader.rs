//! Text to the flat list: events of quick-xml, checked, bounded, namespaces resolved.

use std::borrow::Cow;
use std::sync::Arc;

use super::attributes::RawAttributes;
use super::blank::is_blank;
use super::error::{XmlError, XmlProblem};
use super::limits::Limits;
use super::name::{XML, declared_prefix};
use super::name_key::plain_name_length;
use super::places::Places;
use super::raw;
use super::raw::{Raw, RawAttribute, RawElement, RawName, RawNode};
use super::references::{
    attribute_value, check_characters, check_target, is_name, resolve, shortened, text_content,
};
use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

/// Parses `text` within `limits`.
pub(super) fn read(text: &str, limits: Limits) -> Result<Raw<'_>, XmlError> {
    if text.len() > limits.size {
        return Err(too_many("bytes", limits.size));
    }
    let text = text.strip_prefix('\u{FEFF}').unwrap_or(text);
    check_characters(text).map_err(|(at, error)| error.at(Places::new(text).position(at)))?;
    let mut builder = Builder::new(text, limits);
    let read = builder.read();
    if read.is_ok() && builder.is_mixed && !builder.keeps_layout {
        // Rare: white space in front of text is a part of it. It was left out, and is not the second time.
        let mut again = Builder::new(text, limits);
        again.keeps_layout = true;
        again.read()?;
        return Ok(again.raw);
    }
    read.map(|()| builder.raw)
}

fn offset(reader: &Reader<&[u8]>) -> usize {
    usize::try_from(reader.buffer_position()).unwrap_or(usize::MAX)
}

fn syntax(sentence: impl Into<String>) -> XmlError {
    XmlError::new(XmlProblem::Syntax(sentence.into()))
}

fn too_many(what: &'static str, limit: usize) -> XmlError {
    XmlError::new(XmlProblem::Limit { what, limit })
}

struct Builder<'t> {
    places: Places<'t>,
    limits: Limits,
    counted: usize,
    raw: Raw<'t>,
    open: Vec<Open>,
    /// The prefixes that are declared, each with the depth it is declared at and the number of its namespace.
    scope: Vec<(usize, &'t str, u32)>,
    text: Option<Cow<'t, str>>,
    has_root: bool,
    started: bool,
    /// Whether the document has carriage returns at all, and ends of CDATA sections.
    has_returns: bool,
    has_section_end: bool,
    /// Whether white space that seems to lay out elements is kept until its element ends.
    keeps_layout: bool,
    /// Whether an element has text behind white space that was left out.
    is_mixed: bool,
}

/// An element that is not closed yet.
struct Open {
    number: usize,
    /// Whether there is something else than text directly inside.
    structured: bool,
    /// Whether there is text directly inside that is more than layout.
    written: bool,
    /// Whether white space directly inside was left out.
    skipped: bool,
}

impl<'t> Builder<'t> {
    fn new(text: &'t str, limits: Limits) -> Self {
        Self {
            places: Places::new(text),
            limits,
            counted: 0,
            // What has so many more than usual may grow.
            raw: Raw::with_room(
                count(b'<', text).min(text.len() / 8),
                count(b'=', text).min(text.len() / 16),
                text.len(),
            ),
            open: Vec::with_capacity(16),
            scope: Vec::new(),
            text: None,
            has_root: false,
            started: false,
            has_returns: memchr::memchr(b'\r', text.as_bytes()).is_some(),
            has_section_end: memchr::memmem::find(text.as_bytes(), b"]]>").is_some(),
            keeps_layout: false,
            is_mixed: false,
        }
    }

    fn read(&mut self) -> Result<(), XmlError> {
        let mut reader = Reader::from_str(self.places.text());
        reader.config_mut().check_comments = true;
        loop {
            let start = offset(&reader);
            let event = match reader.read_event() {
                Ok(event) => event,
                Err(error) => {
                    let at = usize::try_from(reader.error_position()).unwrap_or(start);
                    return Err(self.failed(syntax(error.to_string()), at));
                }
            };
            if matches!(event, Event::Eof) {
                return self.finish();
            }
            self.take(event, start)
                .map_err(|error| self.failed(error, start))?;
        }
    }

    fn take(&mut self, event: Event<'t>, start: usize) -> Result<(), XmlError> {
        match event {
            Event::Text(text) => {
                let text = self.content_of(text.into_inner());
                self.character_data(text)?;
            }
            Event::GeneralRef(name) => {
                let resolved = resolve(&name)?;
                self.character_data(Cow::Owned(resolved.to_string()))?;
                if self.open.is_empty() {
                    return Err(syntax("a reference outside the root element"));
                }
            }
            Event::Start(tag) => {
                let element = self.element(&tag, start)?;
                let number = self.push(RawNode::Element(element))?;
                self.open.push(Open {
                    number,
                    structured: false,
                    written: false,
                    skipped: false,
                });
            }
            Event::Empty(tag) => {
                let element = self.element(&tag, start)?;
                let number = self.push(RawNode::Element(element))?;
                self.close(number);
            }
            Event::End(_) => {
                self.flush_text();
                let open = self
                    .open
                    .pop()
                    .ok_or_else(|| syntax("an end tag without a start tag"))?;
                if open.structured && !open.written && self.keeps_layout {
                    self.drop_layout(open.number + 1);
                }
                self.is_mixed |= open.written && open.skipped;
                self.close(open.number);
            }
            Event::CData(data) => {
                if self.open.is_empty() {
                    return Err(syntax("text outside the root element"));
                }
                let content = self.content_of(data.into_inner());
                self.push(RawNode::CData(content))?;
                if let Some(open) = self.open.last_mut() {
                    open.written = true;
                }
            }
            Event::Comment(text) => {
                let content = self.content_of(text.into_inner());
                self.push(RawNode::Comment(content))?;
            }
            Event::PI(content) => self.instruction(&content)?,
            Event::Decl(declaration) => self.declaration(&declaration)?,
            Event::DocType(_) => return Err(XmlError::new(XmlProblem::DocumentType)),
            Event::Eof => {}
        }
        self.started = true;
        Ok(())
    }

    /// Text between tags, with the line ends of XML.
    fn content_of(&self, text: Cow<'t, str>) -> Cow<'t, str> {
        match self.has_returns {
            true => Cow::Owned(text_content(&text).into_owned()),
            false => text,
        }
    }

    fn character_data(&mut self, text: Cow<'t, str>) -> Result<(), XmlError> {
        if self.open.is_empty() {
            if is_blank(&text) {
                return Ok(());
            }
            return Err(syntax("text outside the root element"));
        }
        if self.has_section_end && text.contains("]]>") {
            return Err(syntax("']]>' in text"));
        }
        match &mut self.text {
            Some(before) => before.to_mut().push_str(&text),
            None => self.text = Some(text),
        }
        Ok(())
    }

    /// Adds the text before an element's end.
    fn flush_text(&mut self) {
        let text = self.text.take();
        if let Some(parent) = self.open.last_mut()
            && let Some(text) = text
            && !text.is_empty()
        {
            let is_layout = is_blank(&text);
            parent.written |= !is_layout;
            if is_layout && parent.structured && !parent.written && !self.keeps_layout {
                parent.skipped = true;
                return;
            }
            self.raw.nodes.push(RawNode::Text(text));
        }
    }

    /// Takes white space out of an element that has its first node at `from`.
    fn drop_layout(&mut self, from: usize) {
        let mut next = from;
        while let Some(node) = self.raw.nodes.get_mut(next) {
            next = match node {
                RawNode::Element(element) => element.end(),
                RawNode::Text(_) => {
                    *node = RawNode::Layout;
                    next + 1
                }
                _ => next + 1,
            };
        }
    }

    fn instruction(&mut self, content: &str) -> Result<(), XmlError> {
        check_target(content).map_err(syntax)?;
        let content = self.content_of(Cow::Owned(content.to_owned()));
        self.push(RawNode::Instruction(content)).map(drop)
    }

    fn declaration(&mut self, declaration: &quick_xml::events::BytesDecl<'_>) -> Result<(), XmlError> {
        if self.started {
            return Err(syntax("the XML declaration is not at the start"));
        }
        match declaration.version() {
            Ok(version) if version == "1.0" => Ok(()),
            Ok(version) => Err(syntax(format!(
                "XML {} is not supported, only 1.0",
                shortened(&version)
            ))),
            Err(error) => Err(syntax(error.to_string())),
        }
    }

    /// Adds a node and gives back its number.
    fn push(&mut self, node: RawNode<'t>) -> Result<usize, XmlError> {
        if let Some(parent) = self.open.last_mut() {
            parent.structured = true;
        }
        self.flush_text();
        self.counted += 1;
        if self.counted > self.limits.nodes {
            return Err(too_many("nodes", self.limits.nodes));
        }
        self.raw.nodes.push(node);
        Ok(self.raw.nodes.len() - 1)
    }

    /// Ends the element with this number: all nodes after it are inside.
    fn close(&mut self, number: usize) {
        let end = raw::number(self.raw.nodes.len());
        if let Some(RawNode::Element(element)) = self.raw.nodes.get_mut(number) {
            element.end = end;
        }
        let depth = self.open.len();
        while self
            .scope
            .last()
            .is_some_and(|(declared, _, _)| *declared >= depth)
        {
            self.scope.pop();
        }
    }

    fn element(&mut self, tag: &BytesStart<'t>, start: usize) -> Result<RawElement<'t>, XmlError> {
        if self.open.is_empty() && std::mem::replace(&mut self.has_root, true) {
            return Err(syntax("a second root element"));
        }
        if self.open.len() >= self.limits.depth {
            return Err(too_many("levels of elements", self.limits.depth));
        }
        let position = self.places.position(start);
        // The tag as it stands in the text, which lives longer than the event.
        let whole = self.places.text().get(start + 1..).unwrap_or_default();
        let name_length = tag.name().as_ref().len();
        let name = whole.get(..name_length).unwrap_or_default();
        let written = whole
            .get(name_length..name_length + tag.attributes_raw().len())
            .unwrap_or_default();
        // Nearly all names have neither a prefix nor letters of other scripts.
        let is_plain = plain_name_length(name.as_bytes()) == Some(name.len());
        if !is_plain && !is_name(name) {
            return Err(syntax(format!("'{}' is no name of an element", shortened(name))));
        }
        let first = self.raw.attributes.len();
        if !written.is_empty() {
            self.attributes(written, first)?;
        }
        Ok(RawElement {
            name: match is_plain && self.scope.is_empty() {
                true => RawName::new(name, 0),
                false => self.resolved(name),
            },
            first_attribute: raw::number(first),
            attributes: raw::number(self.raw.attributes.len() - first),
            end: 0,
            position,
        })
    }

    fn attributes(&mut self, written: &'t str, first: usize) -> Result<(), XmlError> {
        let depth = self.open.len();
        let mut has_prefix = false;
        for attribute in RawAttributes::of(written) {
            let written = attribute?;
            let full = written.name;
            let name = RawName::new(full, 0);
            let known = self.raw.attributes.get(first..).unwrap_or_default();
            if known.len() >= self.limits.attributes {
                return Err(too_many("attributes of one element", self.limits.attributes));
            }
            if known
                .iter()
                .any(|known| known.name.key == name.key && known.name.full == full)
            {
                return Err(syntax(format!(
                    "the attribute '{}' is there twice",
                    shortened(full)
                )));
            }
            let value = match written.is_literal {
                true => Cow::Borrowed(written.value),
                false => Cow::Owned(attribute_value(written.value)?),
            };
            has_prefix |= written.has_prefix;
            if let Some(prefix) = declared_prefix(full) {
                if self.scope.len() >= self.limits.attributes {
                    return Err(too_many(
                        "namespaces declared around one element",
                        self.limits.attributes,
                    ));
                }
                // An empty one takes back what is declared further out.
                let namespace = match value.is_empty() {
                    true => 0,
                    false => self.raw.add_namespace(Arc::from(&*value)),
                };
                self.scope.push((depth, prefix, namespace));
            }
            self.raw.attributes.push(RawAttribute { name, value });
        }
        if has_prefix {
            self.resolve_attributes(first);
        }
        Ok(())
    }

    /// Finds the namespaces of the attributes from the first on.
    fn resolve_attributes(&mut self, first: usize) {
        for index in first..self.raw.attributes.len() {
            let name = self
                .raw
                .attributes
                .get(index)
                .map(|attribute| attribute.name.full);
            let Some(full) = name.filter(|full| full.contains(':') && !full.starts_with("xmlns:")) else {
                continue;
            };
            let resolved = self.resolved(full);
            if let Some(attribute) = self.raw.attributes.get_mut(index) {
                attribute.name = resolved;
            }
        }
    }

    fn resolved(&mut self, full: &'t str) -> RawName<'t> {
        let colon = full.bytes().position(|byte| byte == b':');
        let prefix = colon.and_then(|at| full.get(..at)).unwrap_or_default();
        let namespace = if prefix == "xml" {
            self.raw.add_namespace(Arc::from(XML))
        } else {
            let declared = self.scope.iter().rev().find(|(_, known, _)| *known == prefix);
            declared.map_or(0, |(_, _, namespace)| *namespace)
        };
        RawName::new(full, namespace)
    }

    fn failed(&mut self, error: XmlError, at: usize) -> XmlError {
        let mut path = String::new();
        for open in &self.open {
            if let Some(RawNode::Element(element)) = self.raw.nodes.get(open.number) {
                path.push('/');
                path.push_str(element.name.full);
            }
        }
        let error = error.at(self.places.position(at));
        if path.is_empty() {
            error
        } else {
            error.within(&path)
        }
    }

    fn finish(&mut self) -> Result<(), XmlError> {
        let end = self.places.text().len();
        if let Some(RawNode::Element(open)) =
            self.open.last().and_then(|open| self.raw.nodes.get(open.number))
        {
            let sentence = format!("<{}> is never closed", open.name.full);
            return Err(self.failed(syntax(sentence), end));
        }
        match self.has_root {
            true => Ok(()),
            false => Err(self.failed(syntax("there is no root element"), end)),
        }
    }
}

/// How often the byte is in the text.
fn count(byte: u8, text: &str) -> usize {
    memchr::memchr_iter(byte, text.as_bytes()).count()
}
