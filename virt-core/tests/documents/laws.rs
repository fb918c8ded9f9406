//! What holds for every document there can be.

use virt_core::model::AnyDocument;
use virt_core::xml::{Document, Element, Limits, Node};

/// Adjacent text and CDATA are one text, attributes have no order, and white space alone is layout; so is where the parts
/// of a text stand among elements, which only broken documents have. The rest must be the same.
pub fn normalized(element: &Element) -> Element {
    let mut copy = element.clone();
    copy.attributes
        .sort_by(|a, b| a.name.as_written().cmp(b.name.as_written()));
    let mut children: Vec<Node> = Vec::new();
    for child in &element.children {
        match (child, children.last_mut()) {
            (Node::Text(more) | Node::CData(more), Some(Node::Text(text))) => {
                *text = format!("{text}{more}").into()
            }
            (Node::CData(text), _) => children.push(Node::Text(text.clone())),
            (Node::Element(inner), _) => children.push(Node::Element(normalized(inner))),
            (other, _) => children.push(other.clone()),
        }
    }
    let is_text = |child: &Node| child.as_text().is_some();
    if children.iter().any(is_text) && !children.iter().all(is_text) {
        let text: String = children.iter().filter_map(Node::as_text).collect();
        let text: String = text
            .chars()
            .filter(|letter| !matches!(letter, ' ' | '\t' | '\n' | '\r'))
            .collect();
        children.retain(|child| !is_text(child));
        children.insert(0, Node::Text(text.into()));
    }
    children.retain(
        |child| !matches!(child, Node::Text(text) if text.trim_matches([' ', '\t', '\n', '\r']).is_empty()),
    );
    copy.children = children;
    copy
}

/// The first place at which two elements are not the same.
fn first_difference(before: &Element, after: &Element, above: &str) -> String {
    let path = format!("{above}/{}", before.name);
    let mut own = (before.clone(), after.clone());
    own.0.children.clear();
    own.1.children.clear();
    if own.0 != own.1 {
        return format!("{path}: {} became {}", own.0, own.1);
    }
    for (before, after) in before.children.iter().zip(&after.children) {
        match (before, after) {
            (Node::Element(before), Node::Element(after)) if before != after => {
                return first_difference(before, after, &path);
            }
            _ if before != after => {
                let text = |node: &Node| node.as_text().map(str::to_owned);
                let (one, other) = (text(before), text(after));
                return format!("{path}: {before:?} {one:?} became {after:?} {other:?}");
            }
            _ => {}
        }
    }
    format!("{path}: {:?} became {:?}", before.children, after.children)
}

/// Whether a document read from this tree is written without loss.
pub fn nothing_is_lost(tree: &Document, document: &AnyDocument) -> Result<(), String> {
    let written = document.to_xml();
    let again = Document::parse(&written)
        .map_err(|error| format!("what was written is not well-formed: {error}\n{written}"))?;
    let (before, after) = (normalized(&tree.root), normalized(&again.root));
    if before != after {
        let place = first_difference(&before, &after, "");
        return Err(format!("something was lost or moved: {place}\n{tree}\n{written}"));
    }
    if again.before != tree.before || again.after != tree.after {
        return Err("something around the root was lost".to_owned());
    }
    Ok(())
}

/// What holds for a document, however it was made.
pub fn hold(document: &AnyDocument) -> Result<(), String> {
    let written = document.to_xml();
    let again = AnyDocument::from_xml(&written)
        .map_err(|error| format!("what was written is refused: {error}\n{written}"))?;
    same(document, &again, "it is not equal after it was written")?;
    if again.to_xml() != written {
        return Err(format!(
            "it is written otherwise the second time:\n{written}\n{}",
            again.to_xml()
        ));
    }
    let canonical = document.canonical();
    same(document, &canonical, "its canonical form is not equal")?;
    let again = AnyDocument::from_xml(&canonical.to_xml())
        .map_err(|error| format!("its canonical form is refused: {error}\n{}", canonical.to_xml()))?;
    same(
        document,
        &again,
        "its canonical form is not equal after it was written",
    )?;
    let shown = document.to_xml_without_secrets();
    json(document, shown == written)?;
    // These have to end without a panic; what they say is for other tests.
    let _ = (document.present(), document.unknown(), format!("{document:?}"));
    if let Err(error) = document.validate()
        && error.path().is_empty()
    {
        return Err(format!("a check names no place: {error}"));
    }
    Ok(())
}

pub fn same(one: &AnyDocument, other: &AnyDocument, what: &str) -> Result<(), String> {
    differ_as_told(one, other)?;
    match one == other {
        true => Ok(()),
        false => Err(format!(
            "{what}: {:?}\n{}\n{}",
            one.diff(other),
            one.to_xml(),
            other.to_xml()
        )),
    }
}

/// There is a difference exactly when two documents are not equal.
pub fn differ_as_told(one: &AnyDocument, other: &AnyDocument) -> Result<(), String> {
    let mut changes = one.diff(other).len();
    if let (AnyDocument::Domain(one), AnyDocument::Domain(other)) = (one, other)
        && one.changes(other).is_empty() != (changes == 0)
    {
        changes = usize::MAX;
    }
    match (changes == 0) == (one == other) {
        true => Ok(()),
        false => Err(format!(
            "== says {}, but the difference is {:?}\n{}\n{}",
            one == other,
            one.diff(other),
            one.to_xml(),
            other.to_xml()
        )),
    }
}

fn json(document: &AnyDocument, has_no_secrets: bool) -> Result<(), String> {
    let text = serde_json::to_string(document).map_err(|error| format!("JSON: {error}"))?;
    let again: AnyDocument = match serde_json::from_str(&text) {
        Ok(again) => again,
        // JSON is read 127 levels deep only.
        Err(error) if error.to_string().contains("recursion limit") => return Ok(()),
        // A secret that has to be there is not in it.
        Err(error) if !has_no_secrets && error.to_string().contains("is missing") => return Ok(()),
        Err(error) => return Err(format!("its JSON is refused: {error}\n{text}")),
    };
    if has_no_secrets {
        same(document, &again, "it is not equal after it was JSON")?;
    }
    match serde_json::to_string(&again) {
        Ok(second) if second == text => Ok(()),
        second => Err(format!(
            "its JSON is another the second time:\n{text}\n{second:?}"
        )),
    }
}

/// Any bytes are a document of which all holds, or are refused at a place.
pub fn hold_for_bytes(bytes: &[u8]) -> Result<Option<AnyDocument>, String> {
    // A small stack is enough for the depth that documents of people have.
    let limits = Limits::default();
    let (Ok(tree), Ok(text)) = (Document::parse_bytes(bytes, limits), std::str::from_utf8(bytes)) else {
        return Ok(None);
    };
    match AnyDocument::from_xml(text) {
        Ok(document) => {
            nothing_is_lost(&tree, &document)?;
            hold(&document)?;
            Ok(Some(document))
        }
        Err(error) if error.position().is_none() => Err(format!("an error names no place: {error}")),
        Err(_) => Ok(None),
    }
}
