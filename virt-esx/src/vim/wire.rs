//! Elements as the API's messages have them: types in attributes, and text.

use std::borrow::Cow;
use std::fmt::Write as _;

use virt_core::xml::{Attribute, Element, Name, Node};

/// The namespace of the API.
pub const NAMESPACE: &str = "urn:vim25";
/// The namespace of `xsi:type`, which a message declares with the prefix `xsi`.
pub const XSI: &str = "http://www.w3.org/2001/XMLSchema-instance";
/// The namespace of the built-in types, which a message declares with the prefix `xsd`.
pub const XSD: &str = "http://www.w3.org/2001/XMLSchema";

/// The attribute of that name in the namespace [`XSI`], whatever its prefix.
fn instance<'a>(element: &'a Element, name: &str) -> Option<&'a str> {
    let found = element.attributes.iter().find(|attribute| {
        attribute.name.local() == name
            && match attribute.name.namespace() {
                Some(namespace) => namespace == XSI,
                None => attribute.name.prefix() == Some("xsi"),
            }
    });
    found.map(|attribute| attribute.value.as_str())
}

/// The type an element says it has, without a prefix: the built-in types begin in lower case, all others in upper.
pub(super) fn type_of(element: &Element) -> Option<&str> {
    let written = instance(element, "type")?;
    Some(written.rsplit_once(':').map_or(written, |(_, local)| local))
}

/// Whether an element says that there is no value.
pub(super) fn is_nil(element: &Element) -> bool {
    matches!(instance(element, "nil"), Some("true" | "1"))
}

/// Makes an element say which type it has.
pub(super) fn set_type(element: &mut Element, type_name: &str) {
    let is_builtin = type_name.starts_with(|first: char| first.is_ascii_lowercase());
    let prefix = if is_builtin { "xsd:" } else { "" };
    element
        .attributes
        .retain(|attribute| attribute.name.local() != "type" || attribute.name.namespace() != Some(XSI));
    element.attributes.push(Attribute {
        name: Name::namespaced("xsi", "type", XSI),
        value: format!("{prefix}{type_name}").into(),
    });
}

/// An element as this module makes them, whatever prefixes it came with: its own name is left to who writes it.
pub(super) fn captured(element: &Element, name: &str) -> Element {
    let mut own = Element::new(name);
    for attribute in &element.attributes {
        // The type is set anew below, without the prefix it came with.
        let is_type = attribute.name.prefix().is_some() && attribute.name.local() == "type";
        if attribute.name.declares_namespace() || is_type {
            continue;
        }
        own.attributes.push(match attribute.name.namespace() {
            Some(XSI) => Attribute {
                name: Name::namespaced("xsi", attribute.name.local(), XSI),
                value: attribute.value.clone(),
            },
            _ => Attribute::new(attribute.name.local(), &attribute.value),
        });
    }
    if let Some(type_name) = type_of(element) {
        set_type(&mut own, type_name);
    }
    own.children = element
        .children
        .iter()
        .filter_map(|child| match child {
            Node::Element(child) => Some(Node::Element(captured(child, child.name.local()))),
            Node::Text(_) | Node::CData(_) => child.as_text().map(|text| Node::Text(text.into())),
            _ => None,
        })
        .collect();
    own
}

/// An element as text on one line, where the prefixes `xsi` and `xsd` are declared around it.
pub fn to_text(element: &Element) -> String {
    let mut text = String::new();
    write_element(element, &mut text);
    text
}

fn write_element(element: &Element, text: &mut String) {
    let name = element.name.local();
    text.push('<');
    text.push_str(name);
    for attribute in &element.attributes {
        let is_instance = attribute.name.namespace() == Some(XSI);
        let name = match is_instance {
            true => Cow::Owned(format!("xsi:{}", attribute.name.local())),
            false => Cow::Borrowed(attribute.name.as_written()),
        };
        text.push(' ');
        text.push_str(&name);
        text.push_str("=\"");
        write_text(&attribute.value, text);
        text.push('"');
    }
    if element.children.is_empty() {
        text.push_str("/>");
        return;
    }
    text.push('>');
    for child in &element.children {
        match child {
            Node::Element(child) => write_element(child, text),
            other => write_text(other.as_text().unwrap_or_default(), text),
        }
    }
    text.push_str("</");
    text.push_str(name);
    text.push('>');
}

/// Text with what has a meaning in XML escaped; a character that XML cannot have at all becomes U+FFFD.
fn write_text(value: &str, text: &mut String) {
    for character in value.chars() {
        match character {
            '&' => text.push_str("&amp;"),
            '<' => text.push_str("&lt;"),
            '>' => text.push_str("&gt;"),
            '"' => text.push_str("&quot;"),
            '\t' | '\n' | '\r' => {
                // Writing to a string cannot fail.
                let _ = write!(text, "&#{};", u32::from(character));
            }
            '\0'..='\u{1F}' | '\u{FFFE}' | '\u{FFFF}' => text.push('\u{FFFD}'),
            other => text.push(other),
        }
    }
}
