//! libvirt's own documents, every one: tree and, where its root has a type, types, read and written without loss.
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

use virt_core::model::AnyDocument;
use virt_core::xml::{Document, Element, Limits};

#[allow(
    dead_code,
    unreachable_pub,
    reason = "other tests and the fuzz targets share this file"
)]
#[path = "documents/laws.rs"]
mod laws;

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

/// What is wrong with the round trip of a document.
fn lost(text: &str, tree: &Document, document: &AnyDocument) -> Option<String> {
    let kept = laws::nothing_is_lost(tree, document).and_then(|()| laws::hold(document));
    let debug = format!("{document:?}");
    let shown = text.contains("passwd='") && debug.contains("passwd: \"") && !debug.contains("(hidden)");
    kept.err()
        .or_else(|| shown.then(|| "Debug shows a secret".to_owned()))
}

/// Whether the file is what `virNetworkUpdate` takes: an `<interface>` there is not a host's.
fn is_part_of_a_network(file: &Path) -> bool {
    let directory = file.parent().and_then(Path::file_name);
    directory.is_some_and(|name| name == "networkxml2xmlupdatein")
}

#[test]
fn every_document_survives_its_types() {
    let Some(corpus) = corpus() else { return };
    let refused = refused_by_libvirt(&corpus);
    let mut kept: BTreeMap<&str, usize> = BTreeMap::new();
    let mut excepted: BTreeMap<&str, usize> = BTreeMap::new();
    let mut failures = Vec::new();
    for (file, text, tree) in all_documents(&corpus) {
        if !AnyDocument::ROOTS
            .iter()
            .any(|root| tree.root.name.is(root, None))
        {
            continue;
        }
        match AnyDocument::from_xml(&text) {
            Ok(document) => match lost(&text, &tree, &document) {
                None => *kept.entry(document.root()).or_default() += 1,
                Some(what) => failures.push(format!("{}: {what}", file.display())),
            },
            Err(_) if refused.contains(&file) => {
                *excepted.entry("libvirt refuses it at parsing too").or_default() += 1
            }
            Err(_) if is_part_of_a_network(&file) => {
                *excepted
                    .entry("it is a part of a network, not a document")
                    .or_default() += 1
            }
            Err(error) => failures.push(format!("{}: {error}", file.display())),
        }
    }
    eprintln!(
        "typed: kept {kept:?}, {} failed, excepted {excepted:?}",
        failures.len()
    );
    assert!(
        failures.is_empty(),
        "{} failures:\n{}",
        failures.len(),
        failures.join("\n")
    );
    let domains = kept.get("domain").copied().unwrap_or_default();
    assert!(domains > 1000, "only {domains} domains were found");
}
