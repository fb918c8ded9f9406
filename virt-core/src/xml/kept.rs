//! What a record did not understand, or what was put there by hand: whether XML can hold it.

use super::error::{XmlError, XmlProblem};
use super::limits::Limits;
use super::record::Record;
use super::references::{first_illegal, is_name, shortened};
use super::tree::{Attribute, Element, Node};

/// Refuses the first thing in the record's own rest that XML cannot hold: characters, names, ends of markup inside of it.
///
/// # Errors
/// [`XmlProblem::IllegalCharacter`], [`XmlProblem::Invalid`] or [`XmlProblem::Limit`], with the path below the record.
pub(super) fn check(record: &dyn Record, depth: usize) -> Result<(), XmlError> {
    let Some(more) = record.rest().more.as_deref() else {
        return Ok(());
    };
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

/// Whether there is something in the record, or in one inside of it, that must be read again to know that it is the same.
pub(super) fn has_any(record: &dyn Record) -> bool {
    let rest = record.rest();
    let own = rest.more.as_deref().is_some_and(|more| {
        !more.attributes.is_empty() || !more.shells.is_empty() || rest.content().next().is_some()
    });
    own || record.filled().any(|row| match record.slot(row) {
        super::slot::Slot::Child(slot) => {
            let mut items = (0..slot.count()).filter_map(|item| slot.item(item));
            items.any(has_any)
        }
        _ => false,
    })
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
            Node::Instruction(text) => markup(text, "?>", "processing-instruction()")?,
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

/// Text that ends at `end`, which it therefore cannot have.
fn markup(text: &str, end: &str, path: &str) -> Result<(), XmlError> {
    let checked = match text.contains(end) {
        true => Err(XmlError::invalid(format!("'{end}' cannot stand here"))),
        false => characters(text),
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
