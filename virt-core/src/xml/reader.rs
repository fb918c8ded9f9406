//! Text to tree: events of quick-xml, checked, bounded, namespaces resolved.

use std::sync::Arc;

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};
use smol_str::SmolStr;

use super::document::Document;
use super::error::{Position, XmlError, XmlProblem};
use super::limits::Limits;
use super::name::{Name, declared_prefix};
use super::references::{attribute_value, check_characters, is_name, resolve, shortened, text_content};
use super::tree::{Attribute, Element, Node};

/// Parses `text` within `limits`.
pub(super) fn read(text: &str, limits: Limits) -> Result<Document, XmlError> {
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

/// Line and column of increasing offsets; each byte is looked at once.
struct Places<'t> {
    text: &'t str,
    seen: usize,
    line: u32,
    column: u32,
}

impl<'t> Places<'t> {
    fn new(text: &'t str) -> Self {
        Self {
            text,
            seen: 0,
            line: 1,
            column: 1,
        }
    }

    fn position(&mut self, at: usize) -> Position {
        if at < self.seen {
            *self = Self::new(self.text);
        }
        for byte in self.text.as_bytes().get(self.seen..at).unwrap_or_default() {
            if *byte == b'\n' {
                self.line = self.line.saturating_add(1);
                self.column = 1;
            } else if (*byte & 0xC0) != 0x80 {
                self.column = self.column.saturating_add(1);
            }
        }
        self.seen = self.seen.max(at.min(self.text.len()));
        Position::new(self.line, self.column)
    }
}

struct Builder<'t> {
    places: Places<'t>,
    limits: Limits,
    nodes: usize,
    open: Vec<Element>,
    scope: Vec<(usize, SmolStr, Arc<str>)>,
    text: String,
    document: Document,
    root: Option<Element>,
    started: bool,
}

impl<'t> Builder<'t> {
    fn new(text: &'t str, limits: Limits) -> Self {
        Self {
            places: Places::new(text),
            limits,
            nodes: 0,
            open: Vec::new(),
            scope: Vec::new(),
            text: String::new(),
            document: Document::new(Element::new("")),
            root: None,
            started: false,
        }
    }

    fn take(&mut self, event: Event<'_>, start: usize) -> Result<(), XmlError> {
        match event {
            Event::Text(text) => self.character_data(&text_content(&text))?,
            Event::GeneralRef(name) => {
                let resolved = resolve(&name)?;
                self.character_data(resolved.encode_utf8(&mut [0; 4]))?;
                if self.open.is_empty() {
                    return Err(syntax("a reference outside the root element"));
                }
            }
            Event::Start(tag) => {
                self.flush_text();
                let element = self.element(&tag, start)?;
                self.open.push(element);
            }
            Event::Empty(tag) => {
                self.flush_text();
                let element = self.element(&tag, start)?;
                self.leave_scope();
                self.close(element)?;
            }
            Event::End(_) => {
                self.flush_text();
                let mut element = self
                    .open
                    .pop()
                    .ok_or_else(|| syntax("an end tag without a start tag"))?;
                drop_layout(&mut element);
                self.leave_scope();
                self.close(element)?;
            }
            Event::CData(data) => {
                self.flush_text();
                if self.open.is_empty() {
                    return Err(syntax("text outside the root element"));
                }
                let content = SmolStr::new(text_content(&data));
                self.push(Node::CData(content))?;
            }
            Event::Comment(text) => {
                self.flush_text();
                let content = SmolStr::new(text_content(&text));
                self.push(Node::Comment(content))?;
            }
            Event::PI(content) => self.instruction(&text_content(&content))?,
            Event::Decl(declaration) => self.declaration(&declaration)?,
            Event::DocType(_) => return Err(XmlError::new(XmlProblem::DocumentType)),
            Event::Eof => {}
        }
        self.started = true;
        Ok(())
    }

    fn character_data(&mut self, text: &str) -> Result<(), XmlError> {
        if self.open.is_empty() {
            if text.trim_matches([' ', '\t', '\n', '\r']).is_empty() {
                return Ok(());
            }
            return Err(syntax("text outside the root element"));
        }
        if text.contains("]]>") {
            return Err(syntax("']]>' in text"));
        }
        self.text.push_str(text);
        Ok(())
    }

    fn flush_text(&mut self) {
        if let Some(parent) = self.open.last_mut()
            && !self.text.is_empty()
        {
            parent.children.push(Node::Text(SmolStr::new(&self.text)));
            self.text.clear();
        }
    }

    fn instruction(&mut self, content: &str) -> Result<(), XmlError> {
        self.flush_text();
        let target = content.split([' ', '\t', '\n']).next().unwrap_or_default();
        if !is_name(target) || target.eq_ignore_ascii_case("xml") {
            return Err(syntax(format!(
                "'{}' is no target of a processing instruction",
                shortened(target)
            )));
        }
        self.push(Node::Instruction(SmolStr::new(content)))
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

    fn push(&mut self, node: Node) -> Result<(), XmlError> {
        self.count()?;
        match self.open.last_mut() {
            Some(parent) => parent.children.push(node),
            None if self.root.is_none() => self.document.before.push(node),
            None => self.document.after.push(node),
        }
        Ok(())
    }

    fn count(&mut self) -> Result<(), XmlError> {
        self.nodes += 1;
        if self.nodes > self.limits.nodes {
            Err(too_many("nodes", self.limits.nodes))
        } else {
            Ok(())
        }
    }

    fn close(&mut self, element: Element) -> Result<(), XmlError> {
        match self.open.last_mut() {
            Some(parent) => parent.children.push(Node::Element(element)),
            None if self.root.is_none() => self.root = Some(element),
            None => return Err(syntax("a second root element")),
        }
        Ok(())
    }

    fn element(&mut self, tag: &BytesStart<'_>, start: usize) -> Result<Element, XmlError> {
        self.count()?;
        if self.open.is_empty() && self.root.is_some() {
            return Err(syntax("a second root element"));
        }
        if self.open.len() >= self.limits.depth {
            return Err(too_many("levels of elements", self.limits.depth));
        }
        let position = self.places.position(start);
        let mut attributes = self.attributes(tag)?;
        let depth = self.open.len();
        for attribute in &attributes {
            if let Some(prefix) = declared_prefix(attribute.name.as_written()) {
                let prefix = SmolStr::new(prefix);
                if self.scope.len() >= self.limits.attributes {
                    return Err(too_many(
                        "namespaces declared around one element",
                        self.limits.attributes,
                    ));
                }
                self.scope
                    .push((depth, prefix, Arc::from(attribute.value.as_str())));
            }
        }
        for attribute in &mut attributes {
            if attribute.name.prefix().is_some() && !attribute.name.declares_namespace() {
                attribute.name = self.resolved(attribute.name.as_written());
            }
        }
        let name = tag.name();
        let name: &str = name.as_ref();
        if !is_name(name) {
            return Err(syntax(format!("'{}' is no name of an element", shortened(name))));
        }
        Ok(Element {
            name: self.resolved(name),
            attributes,
            children: Vec::new(),
            position,
        })
    }

    fn attributes(&self, tag: &BytesStart<'_>) -> Result<Vec<Attribute>, XmlError> {
        let mut attributes = Vec::new();
        if !are_apart(tag.attributes_raw()) {
            return Err(syntax("there is no white space between two attributes"));
        }
        for attribute in tag.attributes() {
            let attribute = attribute.map_err(|error| syntax(error.to_string()))?;
            if attributes.len() >= self.limits.attributes {
                return Err(too_many("attributes of one element", self.limits.attributes));
            }
            let name: &str = attribute.key.as_ref();
            if !is_name(name) {
                return Err(syntax(format!(
                    "'{}' is no name of an attribute",
                    shortened(name)
                )));
            }
            let value = SmolStr::new(attribute_value(&attribute.value)?);
            attributes.push(Attribute {
                name: Name::qualified(name, None),
                value,
            });
        }
        Ok(attributes)
    }

    fn resolved(&self, full: &str) -> Name {
        let prefix = full.split_once(':').map_or("", |(prefix, _)| prefix);
        if prefix == "xml" {
            return Name::qualified(full, Some(Arc::from("http://www.w3.org/XML/1998/namespace")));
        }
        let declared = self.scope.iter().rev().find(|(_, known, _)| known == prefix);
        let namespace = declared
            .map(|(_, _, uri)| Arc::clone(uri))
            .filter(|uri| !uri.is_empty());
        Name::qualified(full, namespace)
    }

    fn leave_scope(&mut self) {
        let depth = self.open.len();
        while self
            .scope
            .last()
            .is_some_and(|(declared, _, _)| *declared >= depth)
        {
            self.scope.pop();
        }
    }

    fn failed(&mut self, error: XmlError, at: usize) -> XmlError {
        let mut path = String::new();
        for element in &self.open {
            path.push('/');
            path.push_str(element.name.as_written());
        }
        let error = error.at(self.places.position(at));
        if path.is_empty() {
            error
        } else {
            error.within(&path)
        }
    }

    fn finish(mut self) -> Result<Document, XmlError> {
        let end = self.places.text.len();
        if let Some(open) = self.open.last() {
            let sentence = format!("<{}> is never closed", open.name);
            return Err(self.failed(syntax(sentence), end));
        }
        match self.root.take() {
            Some(root) => {
                self.document.root = root;
                Ok(self.document)
            }
            None => Err(self.failed(syntax("there is no root element"), end)),
        }
    }
}

/// Whether white space follows the closing quote of each attribute but the last, which quick-xml does not check.
fn are_apart(attributes: &str) -> bool {
    let mut rest = attributes;
    while let Some((_, quoted)) = rest.split_once(['\'', '"']) {
        let quote = rest
            .as_bytes()
            .get(rest.len() - quoted.len() - 1)
            .copied()
            .unwrap_or(b'"');
        let Some((_, after)) = quoted.split_once(char::from(quote)) else {
            return true;
        };
        if !after.is_empty() && !after.starts_with([' ', '\t', '\n', '\r', '/']) {
            return false;
        }
        rest = after;
    }
    true
}

/// Drops white space that only lays out child elements.
fn drop_layout(element: &mut Element) {
    let structured = element
        .children
        .iter()
        .any(|child| !matches!(child, Node::Text(_)));
    if structured
        && element
            .children
            .iter()
            .all(|child| !matches!(child, Node::CData(_)) && !is_written_text(child))
    {
        element.children.retain(|child| !matches!(child, Node::Text(_)));
    }
}

fn is_written_text(node: &Node) -> bool {
    matches!(node, Node::Text(text) if !text.trim_matches([' ', '\t', '\n', '\r']).is_empty())
}
