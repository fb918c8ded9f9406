//! libvirt's own documents, every one: tree and typed domain, read and written without loss.
//!
//! The files are read from `$VIRT_CORPUS`; without them the test says so, and fails where `CI` is set.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test says what it found, and fails"
)]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use virt_core::model::DomainConfig;
use virt_core::xml::{Document, Element, Limits, Node};

fn corpus() -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/corpus");
    let path = std::env::var_os("VIRT_CORPUS").map_or(beside, PathBuf::from);
    if path.is_dir() {
        return Some(path);
    }
    eprintln!(
        "SKIPPED: 1 corpus test left out: no directory {}; set VIRT_CORPUS",
        path.display()
    );
    assert!(std::env::var_os("CI").is_none(), "the corpus is required in CI");
    None
}

fn xml_files(directory: &Path, found: &mut Vec<PathBuf>) {
    let mut entries: Vec<_> = std::fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            xml_files(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "xml") {
            found.push(path);
        }
    }
}

/// Every document that is well-formed, by an independent parser too; ours and theirs must agree on each file.
fn all_documents(corpus: &Path) -> Vec<(PathBuf, String, Document)> {
    let mut files = Vec::new();
    xml_files(corpus, &mut files);
    assert!(
        files.len() > 2000,
        "the corpus has only {} documents",
        files.len()
    );
    let mut documents = Vec::new();
    for file in files {
        let bytes = std::fs::read(&file).unwrap();
        let text = String::from_utf8(bytes.clone());
        let theirs = text.as_ref().ok().map(|text| roxmltree::Document::parse(text));
        match (Document::parse_bytes(&bytes, Limits::default()), theirs) {
            (Ok(ours), Some(Ok(theirs))) => {
                assert!(
                    agree(&ours.root, theirs.root_element()),
                    "{} is read wrongly",
                    file.display()
                );
                documents.push((file, text.clone().unwrap(), ours));
            }
            (Ok(_), _) => panic!("{} is not well-formed, but was accepted", file.display()),
            (Err(error), Some(Ok(_))) => panic!("{} was refused: {error}", file.display()),
            (Err(_), _) => {}
        }
    }
    documents
}

/// Compares with an independent parser: names, namespaces, attributes, text.
fn agree(ours: &Element, theirs: roxmltree::Node<'_, '_>) -> bool {
    let attributes: Vec<_> = ours
        .attributes
        .iter()
        .filter(|a| !a.name.declares_namespace())
        .collect();
    let text: String = theirs
        .children()
        .filter(roxmltree::Node::is_text)
        .filter_map(|node| node.text())
        .collect();
    let children: Vec<_> = ours.elements().collect();
    let their_children: Vec<_> = theirs.children().filter(roxmltree::Node::is_element).collect();
    ours.name.local() == theirs.tag_name().name()
        && ours.name.namespace() == theirs.tag_name().namespace()
        && attributes.len() == theirs.attributes().count()
        && attributes
            .iter()
            .zip(theirs.attributes())
            .all(|(a, b)| a.name.local() == b.name() && a.value == b.value())
        && ours.text().trim() == text.trim()
        && children.len() == their_children.len()
        && children.iter().zip(their_children).all(|(a, b)| agree(a, b))
}

#[test]
fn every_document_survives_the_tree() {
    let Some(corpus) = corpus() else { return };
    let documents = all_documents(&corpus);
    for (file, _, document) in &documents {
        let again = Document::parse(&document.to_xml()).unwrap();
        assert_eq!(document, &again, "{} changed", file.display());
    }
    eprintln!("tree: {} documents kept", documents.len());
}

/// Adjacent text and CDATA are one text, attributes have no order, and an element with only white space is empty: the
/// rest must be the same.
fn normalized(element: &Element) -> Element {
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
    if let [Node::Text(text)] = children.as_slice()
        && text.trim().is_empty()
    {
        children.clear();
    }
    copy.children = children;
    copy
}

/// The inputs libvirt itself refuses at parsing, by the corpus' own table of cases.
fn refused_by_libvirt(corpus: &Path) -> Vec<PathBuf> {
    let text = std::fs::read_to_string(corpus.join("cases.json")).unwrap();
    let cases: serde_json::Value = serde_json::from_str(&text).unwrap();
    let errors = cases
        .get("cases")
        .and_then(serde_json::Value::as_array)
        .unwrap()
        .iter()
        .filter(|case| case.get("kind").is_some_and(|kind| kind == "error"));
    errors
        .filter_map(|case| case.get("input").and_then(serde_json::Value::as_str))
        .map(|path| corpus.join("tests").join(path))
        .collect()
}

/// What is wrong with the round trip of a domain.
fn lost(text: &str, document: &Document, config: &DomainConfig) -> Option<&'static str> {
    let written = config.to_xml();
    let Ok(again) = Document::parse(&written) else {
        return Some("what was written is not well-formed");
    };
    if normalized(&again.root) != normalized(&document.root) {
        return Some("something was lost or moved");
    }
    if again.before != document.before || again.after != document.after {
        return Some("something around the root was lost");
    }
    if DomainConfig::from_xml(&written).unwrap() != *config {
        return Some("it is not equal after it was written");
    }
    if config.canonical() != *config
        || DomainConfig::from_xml(&config.canonical().to_xml()).unwrap() != *config
    {
        return Some("its canonical form is not equal");
    }
    let debug = format!("{config:?}");
    (text.contains("passwd='") && debug.contains("passwd: \"") && !debug.contains("(hidden)"))
        .then_some("Debug shows a secret")
}

#[test]
fn every_domain_survives_its_types() {
    let Some(corpus) = corpus() else { return };
    let refused = refused_by_libvirt(&corpus);
    let mut kept = 0;
    let mut excepted: BTreeMap<&str, usize> = BTreeMap::new();
    let mut failures = Vec::new();
    for (file, text, document) in all_documents(&corpus) {
        if !document.root.name.is("domain", None) {
            continue;
        }
        match DomainConfig::from_xml(&text) {
            Ok(config) => match lost(&text, &document, &config) {
                None => kept += 1,
                Some(what) => failures.push(format!("{}: {what}", file.display())),
            },
            Err(_) if refused.contains(&file) => {
                *excepted.entry("libvirt refuses it at parsing too").or_default() += 1
            }
            Err(error) => failures.push(format!("{}: {error}", file.display())),
        }
    }
    eprintln!(
        "domain: {kept} kept, {} failed, excepted {excepted:?}",
        failures.len()
    );
    assert!(
        failures.is_empty(),
        "{} failures:\n{}",
        failures.len(),
        failures.join("\n")
    );
    assert!(kept > 1000, "only {kept} domains were found");
}
