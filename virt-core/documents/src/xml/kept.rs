//! What a record did not understand, or what was put there by hand: whether XML can hold it.

use super::blank::is_blank;
use super::error::{XmlError, XmlProblem};
use super::limits::Limits;
use super::name::{Name, declared_prefix};
use super::record::{Field, FieldKind, Record};
use super::references::{check_target, first_illegal, is_name, shortened};
use super::rest::More;
use super::tree::{Attribute, Element, Node};

/// Refuses the first thing in the record's own rest that XML cannot hold: characters, names, ends of markup inside of it.
///
/// # Errors
/// [`XmlProblem::IllegalCharacter`], [`XmlProblem::Invalid`] or [`XmlProblem::Limit`], with the path below the record.
pub(super) fn check(record: &dyn Record, more: &More, depth: usize) -> Result<(), XmlError> {
    let position = record.rest().position().unwrap_or_default();
    let around = more.before.iter().chain(&more.after);
    let inside = more.nodes.iter().chain(around);
    attributes(&more.attributes)
        .and_then(|()| nodes(inside, depth))
        .map_err(|error| error.at(position))?;
    for shell in &more.shells {
        let Some(field) = record.spec().fields.get(usize::from(shell.field)) else {
            continue;
        };
        content(&shell.element, depth + 1)
            .map_err(|error| error.at(shell.element.position).within(field.name))?;
    }
    Ok(())
}

/// Whether none of the record's own rest must be read again to know that it is the same: it is elements that stand alone.
pub(super) fn all_stands_alone(record: &dyn Record, more: &More) -> bool {
    more.attributes.is_empty()
        && more.shells.is_empty()
        && more.nodes.iter().all(|node| stands_alone(record, node))
}

/// Whether a node is read as it is written, wherever it stands: an element no field has the name of, which declares all
/// prefixes itself and has either elements or one text inside; or what only decorates.
fn stands_alone(record: &dyn Record, node: &Node) -> bool {
    match node {
        Node::Element(element) => {
            let local = element.name.local();
            let is_field = |field: &Field| field.name == local && field.kind != FieldKind::Attribute;
            !record.spec().fields.iter().any(is_field) && is_plain(element, &mut Vec::new())
        }
        Node::Text(text) | Node::CData(text) => is_blank(text),
        Node::Comment(_) | Node::Instruction(_) => true,
    }
}

/// As [`stands_alone`], in the scope of prefixes that elements around it declare.
fn is_plain<'e>(element: &'e Element, scope: &mut Vec<(&'e str, &'e str)>) -> bool {
    let outside = scope.len();
    let mut plain = true;
    for (place, attribute) in element.attributes.iter().enumerate() {
        let name = attribute.name.as_written();
        let mut earlier = element.attributes.iter().take(place);
        plain &= !earlier.any(|earlier| earlier.name.as_written() == name);
        if let Some(prefix) = declared_prefix(name) {
            let is_usual = !matches!(prefix, "" | "xml" | "xmlns") && !attribute.value.is_empty();
            plain &= is_usual && attribute.name.namespace().is_none();
            scope.push((prefix, &attribute.value));
        }
    }
    let names = element.attributes.iter().map(|attribute| &attribute.name);
    let said = names.filter(|name| !name.declares_namespace());
    plain &= std::iter::once(&element.name)
        .chain(said)
        .all(|name| is_declared(name, scope));
    plain &= match element.children.as_slice() {
        [Node::Text(text)] => !is_blank(text),
        children => children.iter().all(|child| match child {
            Node::Element(element) => is_plain(element, scope),
            Node::Comment(_) | Node::Instruction(_) => true,
            Node::Text(_) | Node::CData(_) => false,
        }),
    };
    scope.truncate(outside);
    plain
}

/// Whether the prefix of the name stands for its namespace in the scope, or there is neither.
fn is_declared(name: &Name, scope: &[(&str, &str)]) -> bool {
    match (name.prefix(), name.namespace()) {
        (None, None) => true,
        (Some(prefix), Some(uri)) => {
            let mut inner = scope.iter().rev();
            inner.find(|(known, _)| *known == prefix).map(|(_, uri)| *uri) == Some(uri)
        }
        _ => false,
    }
}

fn attributes(attributes: &[Attribute]) -> Result<(), XmlError> {
    for attribute in attributes {
        let name = attribute.name.as_written();
        check_name(name, "an attribute")
            .and_then(|()| characters(&attribute.value))
            .map_err(|error| error.within(&format!("@{}", shortened(name))))?;
    }
    Ok(())
}

fn nodes<'n>(nodes: impl Iterator<Item = &'n Node>, depth: usize) -> Result<(), XmlError> {
    for node in nodes {
        match node {
            Node::Element(element) => {
                let name = element.name.as_written();
                check_name(name, "an element")
                    .and_then(|()| content(element, depth + 1))
                    .map_err(|error| error.at(element.position).within(&shortened(name)))?;
            }
            Node::Text(text) => characters(text).map_err(|error| error.within("text()"))?,
            Node::CData(text) => markup(text, "]]>", "text()")?,
            Node::Comment(text) => {
                markup(text, "--", "comment()")?;
                if text.ends_with('-') {
                    return Err(XmlError::invalid("a comment does not end with '-'").within("comment()"));
                }
            }
            Node::Instruction(text) => {
                let path = "processing-instruction()";
                markup(text, "?>", path)?;
                check_target(text).map_err(|reason| XmlError::invalid(reason).within(path))?;
            }
        }
    }
    Ok(())
}

fn content(element: &Element, depth: usize) -> Result<(), XmlError> {
    let limit = Limits::default().depth;
    if depth >= limit {
        let what = "levels of elements";
        return Err(XmlError::new(XmlProblem::Limit { what, limit }));
    }
    attributes(&element.attributes)?;
    nodes(element.children.iter(), depth)
}

/// Text that ends at `end`, which it therefore cannot have; nor a carriage return, which has no escape here and is read
/// as the end of a line.
fn markup(text: &str, end: &str, path: &str) -> Result<(), XmlError> {
    let checked = if text.contains(end) {
        Err(XmlError::invalid(format!("'{end}' cannot stand here")))
    } else if text.contains('\r') {
        Err(XmlError::invalid("a carriage return cannot stand here"))
    } else {
        characters(text)
    };
    checked.map_err(|error| error.within(path))
}

fn check_name(name: &str, what: &str) -> Result<(), XmlError> {
    match is_name(name) {
        true => Ok(()),
        false => Err(XmlError::invalid(format!(
            "'{}' is no name of {what}",
            shortened(name)
        ))),
    }
}

fn characters(text: &str) -> Result<(), XmlError> {
    match first_illegal(text) {
        Some(character) => Err(XmlError::new(XmlProblem::IllegalCharacter(u32::from(character)))),
        None => Ok(()),
    }
}
