//! Tree or typed document to text, in libvirt's style.

use smol_str::SmolStr;

use super::byte_set::ByteSet;
use super::name::declared_prefix;
use super::references::is_allowed;
use super::tree::{Attribute, Element, Node, is_laid_out};

/// Writes elements the way libvirt lays them out: two spaces a level, single quotes, `<empty/>`.
///
/// An element whose content has text is written on one line, without added white space. A prefix that is
/// declared nowhere around an element gets its declaration on that element.
#[derive(Debug)]
pub(crate) struct Writer {
    out: String,
    depth: usize,
    /// Above 0 inside text, where white space would change the content.
    inline: usize,
    scope: Vec<(usize, SmolStr, SmolStr)>,
    pub(super) secrets: bool,
}

impl Writer {
    pub(crate) fn new() -> Self {
        Self {
            out: String::new(),
            depth: 0,
            inline: 0,
            scope: Vec::new(),
            secrets: true,
        }
    }

    /// One that has room for so many bytes.
    pub(super) fn with_room(bytes: usize) -> Self {
        Self {
            out: String::with_capacity(bytes),
            ..Self::new()
        }
    }

    pub(crate) fn finish(self) -> String {
        self.out
    }

    /// Begins `<name`; attributes follow, then [`Writer::close_empty`] or [`Writer::open_content`].
    pub(super) fn start(&mut self, name: &str) {
        self.indent();
        self.out.push('<');
        self.out.push_str(name);
    }

    pub(super) fn attribute(&mut self, name: &str, value: &str) {
        self.out.push(' ');
        self.out.push_str(name);
        self.typed_attribute("='", value);
        if let Some(prefix) = declared_prefix(name) {
            self.scope
                .push((self.depth, SmolStr::new(prefix), SmolStr::new(value)));
        }
    }

    /// An attribute of a field, which declares no namespace.
    pub(super) fn typed_attribute(&mut self, opening: &str, value: &str) {
        self.plain_attribute(opening, |out| escape(out, value, true));
    }

    /// An attribute of a field whose value is written by `write` and needs no escape.
    pub(super) fn plain_attribute(&mut self, opening: &str, write: impl FnOnce(&mut String)) {
        self.out.push_str(opening);
        write(&mut self.out);
        self.out.push('\'');
    }

    /// Ends the start tag of an element without content.
    pub(super) fn close_empty(&mut self) {
        self.out.push_str("/>");
        self.leave();
        self.line_end();
    }

    /// Ends the start tag of an element with content; `inline` when the content has text.
    pub(super) fn open_content(&mut self, inline: bool) {
        self.out.push('>');
        self.depth += 1;
        if inline || self.inline > 0 {
            self.inline += 1;
        } else {
            self.out.push('\n');
        }
    }

    /// Writes `</name>` of an element begun with [`Writer::open_content`].
    pub(super) fn close(&mut self, name: &str) {
        self.depth = self.depth.saturating_sub(1);
        if self.inline > 0 {
            self.inline -= 1;
        } else {
            self.indent();
        }
        self.out.push_str("</");
        self.out.push_str(name);
        self.out.push('>');
        self.leave();
        self.line_end();
    }

    pub(super) fn text(&mut self, text: &str) {
        escape(&mut self.out, text, false);
    }

    /// An element that only has text.
    pub(super) fn leaf(&mut self, name: &str, text: &str) {
        self.start(name);
        if text.is_empty() {
            self.close_empty();
        } else {
            self.open_content(true);
            self.text(text);
            self.close(name);
        }
    }

    pub(super) fn nodes(&mut self, nodes: &[Node]) {
        for node in nodes {
            self.node(node);
        }
    }

    pub(super) fn node(&mut self, node: &Node) {
        match node {
            Node::Element(element) => self.element(element),
            Node::Text(text) => self.text(text),
            Node::CData(text) => self.markup("<![CDATA[", text, "]]>", false),
            Node::Comment(text) => self.markup("<!--", text, "-->", true),
            Node::Instruction(text) => self.markup("<?", text, "?>", true),
        }
    }

    pub(crate) fn element(&mut self, element: &Element) {
        let name = element.name.as_written();
        self.start(name);
        self.attributes(&element.attributes);
        self.declare(
            element.name.prefix().unwrap_or_default(),
            element.name.namespace(),
        );
        self.declare_prefixes(&element.attributes);
        let is_laid_out = is_laid_out(&element.children);
        let is_empty = |child: &Node| child.as_text() == Some("");
        if element.children.iter().all(is_empty) {
            self.close_empty();
            return;
        }
        self.open_content(!is_laid_out && element.children.iter().any(|child| child.as_text().is_some()));
        for child in &element.children {
            if !(is_laid_out && child.as_text().is_some()) {
                self.node(child);
            }
        }
        self.close(name);
    }

    /// Declares what a prefix stands for, unless it stands for it here; the empty one is that of names without a prefix.
    fn declare(&mut self, prefix: &str, uri: Option<&str>) {
        let known = self.uri_of(prefix).filter(|uri| !uri.is_empty());
        if known == uri || prefix == "xml" {
            return;
        }
        match (prefix, uri) {
            ("", uri) => self.attribute("xmlns", uri.unwrap_or_default()),
            (prefix, Some(uri)) => self.attribute(&format!("xmlns:{prefix}"), uri),
            // A prefix that is declared nowhere stays so where it can.
            (_, None) => {}
        }
    }

    /// Declares the prefixes of these attributes, which are written, where they stand for something else here.
    pub(super) fn declare_prefixes(&mut self, attributes: &[Attribute]) {
        for attribute in attributes {
            if let (Some(prefix), Some(uri)) = (attribute.name.prefix(), attribute.name.namespace()) {
                self.declare(prefix, Some(uri));
            }
        }
    }

    pub(super) fn attributes(&mut self, attributes: &[Attribute]) {
        for attribute in attributes {
            self.attribute(attribute.name.as_written(), &attribute.value);
        }
    }

    /// The URI a prefix stands for here.
    pub(super) fn uri_of(&self, prefix: &str) -> Option<&str> {
        self.scope
            .iter()
            .rev()
            .find(|(_, known, _)| known == prefix)
            .map(|(_, _, uri)| uri.as_str())
    }

    /// Whether the element that is begun declares the prefix itself.
    pub(super) fn declares_here(&self, prefix: &str) -> bool {
        self.scope
            .iter()
            .any(|(depth, known, _)| *depth == self.depth && known == prefix)
    }

    /// A prefix that stands for `uri` here.
    pub(super) fn prefix_of(&self, uri: &str) -> Option<SmolStr> {
        let mut declared = self
            .scope
            .iter()
            .rev()
            .filter(|(_, prefix, known)| known == uri && !prefix.is_empty());
        declared
            .find(|(_, prefix, _)| self.uri_of(prefix) == Some(uri))
            .map(|(_, prefix, _)| prefix.clone())
    }

    fn markup(&mut self, open: &str, text: &str, close: &str, own_line: bool) {
        if own_line {
            self.indent();
        }
        self.out.push_str(open);
        self.out
            .extend(text.chars().filter(|character| is_allowed(*character)));
        self.out.push_str(close);
        if own_line {
            self.line_end();
        }
    }

    fn leave(&mut self) {
        while self
            .scope
            .last()
            .is_some_and(|(depth, _, _)| *depth >= self.depth)
        {
            self.scope.pop();
        }
    }

    fn indent(&mut self) {
        const SPACES: &str = "                                ";
        if self.inline > 0 {
            return;
        }
        let mut left = self.depth * 2;
        while left > 0 {
            let step = left.min(SPACES.len());
            self.out.push_str(SPACES.get(..step).unwrap_or_default());
            left -= step;
        }
    }

    fn line_end(&mut self) {
        if self.inline == 0 {
            self.out.push('\n');
        }
    }
}

/// Which bytes are escaped, or begin a character that may not be written.
static SPECIAL: ByteSet = ByteSet::of(b"<>&'\"\xEF", 0x20);

/// Appends `text` escaped as libvirt does (`< > & ' "`), and white space a parser would change as references.
/// Characters XML does not allow are left out, as libvirt leaves them out.
fn escape(out: &mut String, text: &str, attribute: bool) {
    let special = |byte: u8| SPECIAL.has(byte);
    let mut rest = text;
    while let Some(at) = rest.bytes().position(special) {
        let (before, tail) = rest.split_at(at);
        out.push_str(before);
        let mut characters = tail.chars();
        if let Some(character) = characters.next() {
            match character {
                '<' => out.push_str("&lt;"),
                '>' => out.push_str("&gt;"),
                '&' => out.push_str("&amp;"),
                '\'' => out.push_str("&apos;"),
                '"' => out.push_str("&quot;"),
                '\r' => out.push_str("&#13;"),
                '\n' if attribute => out.push_str("&#10;"),
                '\t' if attribute => out.push_str("&#9;"),
                allowed if is_allowed(allowed) => out.push(allowed),
                _ => {}
            }
        }
        rest = characters.as_str();
    }
    out.push_str(rest);
}
