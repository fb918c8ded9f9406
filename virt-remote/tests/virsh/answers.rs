//! What virsh says, without its layout.

use std::collections::BTreeMap;

use virt_core::xml::{Document, Element, Limits, Node};

/// The lines that are not empty, sorted.
pub fn lines(text: &str) -> Vec<String> {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let mut lines: Vec<String> = lines.map(str::to_owned).collect();
    lines.sort();
    lines
}

/// `name: value`, `name=value` and `name value` a line.
pub fn fields(text: &str, changing: &[&str]) -> BTreeMap<String, String> {
    let fields = text.lines().filter_map(|line| {
        let line = line.trim();
        let cut = line.split_once(':').or_else(|| line.split_once('='));
        let (name, value) = cut.or_else(|| line.split_once(' '))?;
        Some((name.trim().to_owned(), value.trim().to_owned()))
    });
    fields
        .filter(|(name, _)| !changing.contains(&name.as_str()))
        .collect()
}

/// The rows; columns are apart by two spaces at least, which those in words are not.
pub fn table(text: &str) -> Vec<Vec<String>> {
    let rows = lines(text).into_iter().map(|line| {
        let columns = line
            .split("  ")
            .map(str::trim)
            .filter(|column| !column.is_empty());
        columns.map(str::to_owned).collect()
    });
    let mut rows: Vec<Vec<String>> = rows.collect();
    rows.sort();
    rows
}

/// A document, a line an element, without white space and the order of attributes.
pub fn document(text: &str) -> Vec<String> {
    let mut lines = Vec::new();
    match Document::parse_bytes(text.as_bytes(), Limits::default()) {
        Ok(document) => element(&document.root, 0, &mut lines),
        Err(error) => lines.push(format!("no document: {error}: {text}")),
    }
    lines
}

fn element(of: &Element, depth: usize, lines: &mut Vec<String>) {
    let mut attributes: Vec<String> = of
        .attributes
        .iter()
        .map(|attribute| format!("{}={:?}", attribute.name.as_written(), attribute.value))
        .collect();
    attributes.sort();
    let text: String = of.children.iter().filter_map(Node::as_text).collect();
    lines.push(format!(
        "{}{} {} {}",
        "  ".repeat(depth),
        of.name.as_written(),
        attributes.join(" "),
        text.trim()
    ));
    for child in &of.children {
        if let Node::Element(child) = child {
            element(child, depth + 1, lines);
        }
    }
}
