//! What the fuzzer begins with: real documents, and the words of their type.

use crate::failure::{Doing as _, Outcome};
use crate::test;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use virt_sdk::model::AnyDocument;
use virt_sdk::xml::{Document, FieldKind, Limits, Record, SlotMut};

/// Larger documents only slow the fuzzer down.
const LARGEST: usize = 16 << 10;

/// Copies the documents with this root element, where libvirt's test data is there.
pub(super) fn copy(root: &str, into: &Path) -> Outcome {
    let Some(corpus) = std::env::var_os("VIRT_CORPUS")
        .map(PathBuf::from)
        .or_else(test::corpus)
    else {
        return Ok(());
    };
    let mut files = Vec::new();
    xml_files(&corpus, &mut files).doing(|| format!("look into {}", corpus.display()))?;
    for (number, file) in files.iter().enumerate() {
        let text = fs::read(file).doing(|| format!("read {}", file.display()))?;
        // Cheap, for most files are of another type.
        let needle = format!("<{root}");
        let mentions = text.windows(needle.len()).any(|part| part == needle.as_bytes());
        if text.len() <= LARGEST
            && mentions
            && Document::parse_bytes(&text, Limits::default()).is_ok_and(|tree| tree.root.name.is(root, None))
        {
            let name = into.join(number.to_string());
            fs::write(&name, &text).doing(|| format!("write {}", name.display()))?;
        }
    }
    Ok(())
}

fn xml_files(directory: &Path, found: &mut Vec<PathBuf>) -> std::io::Result<()> {
    for entry in fs::read_dir(directory)? {
        let path = entry?.path();
        if path.is_dir() {
            xml_files(&path, found)?;
        } else if path.extension().is_some_and(|extension| extension == "xml") {
            found.push(path);
        }
    }
    Ok(())
}

/// The names of all elements and attributes of the type, as libFuzzer reads dictionaries.
pub(super) fn dictionary(root: &str) -> String {
    let mut words = BTreeSet::new();
    if let Some(mut document) = AnyDocument::empty(root) {
        words.insert(format!("<{root}>"));
        collect(document.record_mut(), &mut BTreeSet::new(), &mut words);
    }
    words.iter().map(|word| format!("\"{word}\"\n")).collect()
}

/// Empty children are put into the record on the way.
fn collect(record: &mut dyn Record, seen: &mut BTreeSet<&'static str>, words: &mut BTreeSet<String>) {
    let spec = record.spec();
    if !seen.insert(spec.type_name) {
        return;
    }
    for (row, field) in spec.fields.iter().enumerate() {
        match field.kind {
            FieldKind::Attribute => words.insert(format!(" {}='", field.name)),
            FieldKind::Text => false,
            _ => words.insert(format!("<{}", field.name)),
        };
        if let SlotMut::Child(slot) = record.slot_mut(row) {
            collect(slot.add(), seen, words);
        }
    }
}
