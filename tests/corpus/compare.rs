//! Two documents compared as libvirt's users would: order of elements counts, order of attributes, comments and white
//! space between elements do not.

use virt_sdk::xml::{Document, Element, Node};

/// Whether the two texts say the same in the same order.
///
/// # Errors
/// Says where they first differ.
pub(crate) fn same(ours: &str, expected: &str) -> Result<(), String> {
    let parse = |what: &str, text: &str| {
        Document::parse(text).map_err(|error| format!("{what} is not well-formed: {error}"))
    };
    let (ours, expected) = (
        parse("what we wrote", ours)?,
        parse("what is expected", expected)?,
    );
    same_element(&ours.root, &expected.root, "")
}

/// Whether the two elements are the same.
///
/// # Errors
/// Says where they first differ.
pub(crate) fn same_element(ours: &Element, expected: &Element, above: &str) -> Result<(), String> {
    let path = format!("{above}/{}", expected.name);
    if ours.name != expected.name {
        return Err(format!("{path}: ours is <{}>", ours.name));
    }
    let (mine, theirs) = (attributes(ours), attributes(expected));
    if mine != theirs {
        return Err(format!("{path}: attributes {mine:?}, expected {theirs:?}"));
    }
    let (mine, theirs) = (text(ours), text(expected));
    if mine != theirs {
        return Err(format!("{path}: text {mine:?}, expected {theirs:?}"));
    }
    let (mine, theirs): (Vec<_>, Vec<_>) = (ours.elements().collect(), expected.elements().collect());
    for (ours, expected) in mine.iter().zip(&theirs) {
        same_element(ours, expected, &path)?;
    }
    if let Some(missing) = theirs.get(mine.len()) {
        return Err(format!("{path}: no <{}>", missing.name));
    }
    match mine.get(theirs.len()) {
        Some(surplus) => Err(format!("{path}: <{}> is not expected", surplus.name)),
        None => Ok(()),
    }
}

fn attributes(element: &Element) -> Vec<(String, &str)> {
    let mut found: Vec<(String, &str)> = element
        .attributes
        .iter()
        .filter(|attribute| !attribute.name.declares_namespace())
        .map(|attribute| (attribute.name.as_written().to_owned(), attribute.value.as_str()))
        .collect();
    found.sort();
    found
}

/// The text of the element itself; white space around elements is none.
fn text(element: &Element) -> String {
    let own: String = element
        .children
        .iter()
        .filter_map(|node| match node {
            Node::Text(text) | Node::CData(text) => Some(text.to_string()),
            _ => None,
        })
        .collect();
    own.trim().to_owned()
}
