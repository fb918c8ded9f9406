//! Answers that are long lists: their items are taken out and read one by one, while the rest is still coming.
//!
//! An answer about a thousand machines has some megabytes, and as a tree ten times as many. Of such a one no more than an
//! item is held at a time.

use virt_core::xml::{Document, Element, Limits, Node};

use super::envelope::{LARGEST, NODES};
use super::error::SoapError;
use super::markup::{Ended, Markup};

/// Who takes the items.
pub(crate) type Take<'a> = dyn FnMut(&Element) -> Result<(), SoapError> + Send + 'a;

/// Takes the items out of an answer.
pub(super) struct Parts<'a, 't> {
    /// The names of the elements from the outermost to the item.
    path: &'a [&'a str],
    take: &'a mut Take<'t>,
    markup: Markup,
    /// What has come and is not done with: an item, or a tag, as far as it has come.
    pending: Vec<u8>,
    /// Where in that the tag begins that is gone through.
    tag: usize,
    /// How many elements are open, of those around the items.
    depth: usize,
    /// The declarations of namespaces of those that are on the path.
    on_path: Vec<String>,
    /// How many elements are open in the item that is coming, itself included.
    in_item: Option<usize>,
    /// All that is no item.
    rest: Vec<u8>,
    /// How much has come in all.
    came: usize,
}

impl<'a, 't> Parts<'a, 't> {
    pub(super) fn new(path: &'a [&'a str], take: &'a mut Take<'t>) -> Self {
        Self {
            path,
            take,
            markup: Markup::default(),
            pending: Vec::new(),
            tag: 0,
            depth: 0,
            on_path: Vec::new(),
            in_item: None,
            rest: Vec::new(),
            came: 0,
        }
    }

    /// More of the answer.
    pub(super) fn feed(&mut self, bytes: &[u8]) -> Result<(), SoapError> {
        self.came = self.came.saturating_add(bytes.len());
        if self.came > LARGEST {
            return Err(SoapError::TooLarge(LARGEST));
        }
        let mut coming = bytes;
        loop {
            if self.markup.is_text() {
                coming = self.text(coming);
            }
            let Some((byte, after)) = coming.split_first() else {
                return Ok(());
            };
            coming = after;
            self.pending.push(*byte);
            match self.markup.take(*byte) {
                Ended::Nothing => {}
                Ended::Opening => self.opened(),
                Ended::Whole => {
                    self.opened();
                    self.closed()?;
                }
                Ended::Closing => self.closed()?,
            }
        }
    }

    /// Takes the text before the next tag; what comes from there on.
    fn text<'b>(&mut self, bytes: &'b [u8]) -> &'b [u8] {
        let length = memchr::memchr(b'<', bytes).unwrap_or(bytes.len());
        let (text, from) = bytes.split_at(length);
        self.pending.extend_from_slice(text);
        if self.in_item.is_none() {
            self.rest.append(&mut self.pending);
        }
        self.tag = self.pending.len();
        from
    }

    /// All has come: what is no item.
    pub(super) fn finish(mut self) -> Vec<u8> {
        self.rest.append(&mut self.pending);
        self.rest
    }

    fn opened(&mut self) {
        if let Some(open) = &mut self.in_item {
            *open = open.saturating_add(1);
            return;
        }
        let tag = self.pending.get(self.tag..).unwrap_or_default();
        let is_on_path = self.depth == self.on_path.len()
            && self.path.get(self.depth).is_some_and(|name| is_named(tag, name));
        if is_on_path && self.depth.saturating_add(1) == self.path.len() {
            self.in_item = Some(1);
            return;
        }
        if is_on_path {
            self.on_path.push(declarations(tag));
        }
        self.depth = self.depth.saturating_add(1);
    }

    fn closed(&mut self) -> Result<(), SoapError> {
        let Some(open) = &mut self.in_item else {
            self.depth = self.depth.saturating_sub(1);
            self.on_path.truncate(self.depth);
            return Ok(());
        };
        *open = open.saturating_sub(1);
        if *open > 0 {
            return Ok(());
        }
        self.in_item = None;
        let item = self.read();
        self.pending.clear();
        (self.take)(&item?)
    }

    /// The item that has come, with the namespaces that are declared around it.
    fn read(&self) -> Result<Element, SoapError> {
        let heads = self.on_path.iter().map(|declared| format!("<around{declared}>"));
        let head: String = heads.collect();
        let tail = "</around>".repeat(self.on_path.len());
        let text = [head.as_bytes(), &self.pending, tail.as_bytes()].concat();
        let mut limits = Limits::default().with_size(text.len());
        limits.nodes = NODES;
        let malformed = |error| SoapError::Malformed("the server's answer is no XML".to_owned(), error);
        let around = Document::parse_bytes(&text, limits).map_err(|error| malformed(Some(error)))?;
        let mut item = around.root;
        for _ in &self.on_path {
            let mut inside = item.children.into_iter();
            item = match (inside.next(), inside.next()) {
                (Some(Node::Element(item)), None) => item,
                _ => return Err(malformed(None)),
            };
        }
        Ok(item)
    }
}

/// Whether a tag is that of an element of this name, whatever its prefix.
fn is_named(tag: &[u8], name: &str) -> bool {
    let full = tag.strip_prefix(b"<").unwrap_or(tag);
    let full = full
        .split(|byte| byte.is_ascii_whitespace() || matches!(byte, b'>' | b'/'))
        .next()
        .unwrap_or_default();
    let local = full.rsplit(|byte| *byte == b':').next();
    local.is_some_and(|local| local == name.as_bytes())
}

/// The declarations of namespaces in a tag, as they stand there.
fn declarations(tag: &[u8]) -> String {
    let text = String::from_utf8_lossy(tag);
    let mut found = String::new();
    let mut rest = &*text;
    while let Some(at) = rest.find("xmlns") {
        let (before, from) = rest.split_at(at);
        let is_first = before.ends_with(|letter: char| letter.is_ascii_whitespace());
        let value = from.find(['"', '\'']).and_then(|quote| {
            let mark = from.get(quote..)?.chars().next()?;
            let inside = from.get(quote.checked_add(1)?..)?;
            quote.checked_add(inside.find(mark)?)?.checked_add(2)
        });
        let Some(end) = value else { break };
        let (declaration, after) = from.split_at(end);
        if is_first {
            found.push(' ');
            found.push_str(declaration);
        }
        rest = after;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATH: &[&str] = &["Envelope", "Body", "R", "list", "item"];

    fn wrapped(inside: &str) -> String {
        format!(
            "<?xml version='1.0'?><s:Envelope xmlns:s=\"soap\" xmlns:x='xsi'><s:Body><R xmlns=\"vim\"><a>1</a>\
             <list>{inside}</list><!-- <item> --><other><item>no</item></other></R></s:Body></s:Envelope>"
        )
    }

    /// What is taken of a text that comes in pieces of this size, and the rest.
    fn taken(text: &str, size: usize) -> Result<(Vec<Element>, String), SoapError> {
        let mut items = Vec::new();
        let mut take = |item: &Element| {
            items.push(item.clone());
            Ok(())
        };
        let mut parts = Parts::new(PATH, &mut take);
        for piece in text.as_bytes().chunks(size) {
            parts.feed(piece)?;
        }
        let rest = String::from_utf8(parts.finish()).unwrap();
        Ok((items, rest))
    }

    #[test]
    fn items_are_taken_out_however_the_text_comes() {
        let text =
            wrapped("<item n=\"1\"><b x:type='>'>\u{fc}</b></item> <item/><item><![CDATA[</item>]]></item>");
        let whole = taken(&text, text.len()).unwrap();
        assert_eq!(whole.0.len(), 3);
        assert_eq!(whole.1.replace(' ', ""), wrapped("").replace(' ', ""));
        let first = whole.0.first().unwrap();
        assert!(first.name.is("item", Some("vim")));
        let inside = first.elements().next().unwrap();
        assert_eq!(inside.text(), "\u{fc}");
        assert!(inside.attributes.first().unwrap().name.is("type", Some("xsi")));
        for size in 1..text.len() {
            assert_eq!(taken(&text, size).unwrap(), whole, "pieces of {size}");
        }
    }

    #[test]
    fn what_is_no_item_stays_where_it_is() {
        for text in [
            "",
            "<item/>",
            "<Envelope><Body><R><list>",
            "</a></b>",
            &wrapped("<items/>"),
        ] {
            let (items, rest) = taken(text, 3).unwrap();
            assert!(items.is_empty(), "{text}");
            assert_eq!(rest, text);
        }
        let cut = wrapped("<item><b>");
        let cut = cut.split("</list>").next().unwrap();
        assert_eq!(taken(cut, 7).unwrap().1, cut);
    }

    #[test]
    fn an_item_that_is_no_xml_is_told() {
        for item in [
            "<item><a></item></item>",
            "<item>&none;</item>",
            "<item a='1' a='1'/>",
            "<item><y:b/></item>",
        ] {
            let told = taken(&wrapped(item), 5);
            let is_fine = item.contains("y:b");
            assert_eq!(matches!(told, Err(SoapError::Malformed(..))), !is_fine, "{item}");
        }
    }

    #[test]
    fn what_has_no_end_is_not_kept() {
        let mut take = |_: &Element| Ok(());
        let mut parts = Parts::new(PATH, &mut take);
        let piece = vec![b' '; 1 << 20];
        let fed = (0..100).find_map(|_| parts.feed(&piece).err());
        assert!(matches!(fed, Some(SoapError::TooLarge(_))));
    }
}
