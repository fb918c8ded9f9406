//! Text to the flat list: events of quick-xml, checked, bounded, namespaces resolved.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;

use super::attributes::RawAttributes;
use super::blank::is_blank;
use super::error::{Position, XmlError, XmlProblem};
use super::limits::Limits;
use super::name::declared_prefix;
use super::raw::{Raw, RawAttribute, RawElement, RawName, RawNode};
use super::references::{attribute_value, check_characters, is_name, resolve, shortened, text_content};
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
    let mut reader = Reader::from_str(text);
    reader.config_mut().check_comments = true;
    loop {
        let start = offset(&reader);
        let event = match reader.read_event() {
            Ok(event) => event,
            Err(error) => {
                let at = usize::try_from(reader.error_position()).unwrap_or(start);
                return Err(builder.failed(syntax(error.to_string()), at));
            }
        };
        if matches!(event, Event::Eof) {
            return builder.finish();
        }
        builder
            .take(event, start)
            .map_err(|error| builder.failed(error, start))?;
    }
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

/// Line and column of offsets, which mostly increase.
struct Places<'t> {
    text: &'t str,
    /// Whether a byte is a character.
    is_ascii: bool,
    /// Where each line begins.
    lines: Vec<usize>,
    /// The number of a line that begins before the last offset that was asked for.
    line: usize,
}

impl<'t> Places<'t> {
    fn new(text: &'t str) -> Self {
        let after = memchr::memchr_iter(b'\n', text.as_bytes()).map(|at| at + 1);
        Self {
            text,
            is_ascii: text.is_ascii(),
            lines: std::iter::once(0).chain(after).collect(),
            line: 0,
        }
    }

    fn position(&mut self, at: usize) -> Position {
        if self.lines.get(self.line).is_some_and(|start| *start > at) {
            self.line = 0;
        }
        while self.lines.get(self.line + 1).is_some_and(|next| *next <= at) {
            self.line += 1;
        }
        let start = self.lines.get(self.line).copied().unwrap_or_default();
        let column = if self.is_ascii {
            at.min(self.text.len()) - start
        } else {
            let before = self.text.as_bytes().get(start..at.min(self.text.len()));
            let characters = before.unwrap_or_default().iter();
            characters.filter(|byte| (**byte & 0xC0) != 0x80).count()
        };
        Position::new(number(self.line + 1), number(column + 1))
    }
}

fn number(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

struct Builder<'t> {
    places: Places<'t>,
    limits: Limits,
    counted: usize,
    raw: Raw<'t>,
    open: Vec<Open>,
    scope: Vec<(usize, &'t str, Arc<str>)>,
    text: Option<Cow<'t, str>>,
    has_root: bool,
    started: bool,
    /// Whether the document has carriage returns at all, and ends of CDATA sections.
    has_returns: bool,
    has_section_end: bool,
}

/// An element that is not closed yet.
struct Open {
    number: usize,
    /// Whether there is something else than text directly inside.
    structured: bool,
    /// Whether there is text directly inside that is more than layout.
    written: bool,
}

impl<'t> Builder<'t> {
    fn new(text: &'t str, limits: Limits) -> Self {
        Self {
            places: Places::new(text),
            limits,
            counted: 0,
            raw: Raw {
                // A document of libvirt's has a node and an attribute for every 25 to 30 bytes.
                nodes: Vec::with_capacity(text.len() / 24),
                attributes: Vec::with_capacity(text.len() / 24),
            },
            open: Vec::new(),
            scope: Vec::new(),
            text: None,
            has_root: false,
            started: false,
            has_returns: memchr::memchr(b'\r', text.as_bytes()).is_some(),
            has_section_end: memchr::memmem::find(text.as_bytes(), b"]]>").is_some(),
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
                if open.structured && !open.written {
                    self.drop_layout(open.number + 1);
                }
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

    fn flush_text(&mut self) {
        let text = self.text.take();
        if let Some(parent) = self.open.last_mut()
            && let Some(text) = text
            && !text.is_empty()
        {
            parent.written |= !is_blank(&text);
            self.raw.nodes.push(RawNode::Text(text));
        }
    }

    /// Takes white space out of an element that has its first node at `from`.
    fn drop_layout(&mut self, from: usize) {
        let mut next = from;
        while let Some(node) = self.raw.nodes.get_mut(next) {
            next = match node {
                RawNode::Element(element) => element.end,
                RawNode::Text(_) => {
                    *node = RawNode::Layout;
                    next + 1
                }
                _ => next + 1,
            };
        }
    }

    fn instruction(&mut self, content: &str) -> Result<(), XmlError> {
        let target = content.split([' ', '\t', '\n']).next().unwrap_or_default();
        if !is_name(target) || target.eq_ignore_ascii_case("xml") {
            return Err(syntax(format!(
                "'{}' is no target of a processing instruction",
                shortened(target)
            )));
        }
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
        self.flush_text();
        self.counted += 1;
        if self.counted > self.limits.nodes {
            return Err(too_many("nodes", self.limits.nodes));
        }
        if let Some(parent) = self.open.last_mut() {
            parent.structured = true;
        }
        self.raw.nodes.push(node);
        Ok(self.raw.nodes.len() - 1)
    }

    /// Ends the element with this number: all nodes after it are inside.
    fn close(&mut self, number: usize) {
        let end = self.raw.nodes.len();
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
        let whole = self.places.text.get(start + 1..).unwrap_or_default();
        let name_length = tag.name().as_ref().len();
        let name = whole.get(..name_length).unwrap_or_default();
        let raw = whole
            .get(name_length..name_length + tag.attributes_raw().len())
            .unwrap_or_default();
        if !is_name(name) {
            return Err(syntax(format!("'{}' is no name of an element", shortened(name))));
        }
        let attributes = self.attributes(raw)?;
        Ok(RawElement {
            name: self.resolved(name),
            attributes,
            end: 0,
            position,
        })
    }

    fn attributes(&mut self, text: &'t str) -> Result<Range<usize>, XmlError> {
        let from = self.raw.attributes.len();
        let depth = self.open.len();
        let mut has_prefix = false;
        for raw in RawAttributes::of(text) {
            let (name, value) = raw?;
            let known = self.raw.attributes.get(from..).unwrap_or_default();
            if known.len() >= self.limits.attributes {
                return Err(too_many("attributes of one element", self.limits.attributes));
            }
            if known.iter().any(|known| known.name.full == name) {
                return Err(syntax(format!(
                    "the attribute '{}' is there twice",
                    shortened(name)
                )));
            }
            let value = attribute_value(value)?;
            has_prefix |= name.bytes().any(|byte| byte == b':');
            if let Some(prefix) = declared_prefix(name) {
                if self.scope.len() >= self.limits.attributes {
                    return Err(too_many(
                        "namespaces declared around one element",
                        self.limits.attributes,
                    ));
                }
                self.scope.push((depth, prefix, Arc::from(&*value)));
            }
            let name = RawName::new(name, None);
            self.raw.attributes.push(RawAttribute { name, value });
        }
        let to = self.raw.attributes.len();
        if has_prefix {
            for index in from..to {
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
        Ok(from..to)
    }

    fn resolved(&self, full: &'t str) -> RawName<'t> {
        let colon = full.bytes().position(|byte| byte == b':');
        if colon.is_none() && self.scope.is_empty() {
            return RawName::new(full, None);
        }
        let prefix = colon.and_then(|at| full.get(..at)).unwrap_or_default();
        let namespace = if prefix == "xml" {
            Some(Arc::from("http://www.w3.org/XML/1998/namespace"))
        } else {
            let declared = self.scope.iter().rev().find(|(_, known, _)| *known == prefix);
            declared
                .map(|(_, _, uri)| Arc::clone(uri))
                .filter(|uri| !uri.is_empty())
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

    fn finish(mut self) -> Result<Raw<'t>, XmlError> {
        let end = self.places.text.len();
        if let Some(RawNode::Element(open)) =
            self.open.last().and_then(|open| self.raw.nodes.get(open.number))
        {
            let sentence = format!("<{}> is never closed", open.name.full);
            return Err(self.failed(syntax(sentence), end));
        }
        if self.has_root {
            return Ok(self.raw);
        }
        Err(self.failed(syntax("there is no root element"), end))
    }
}
