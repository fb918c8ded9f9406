//! `relaxng`: what is written validates against libvirt's schemas wherever what was read did.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use virt_sdk::model::AnyDocument;
use virt_testkit::corpus::{Case, Corpus};

/// How many files one xmllint is given.
const BATCH: usize = 200;

/// Every valid document of the corpus, read and written, is still valid.
///
/// # Errors
/// Names those that are not.
pub(crate) fn check(corpus: &Corpus) -> Result<(), String> {
    let scratch = tempfile::tempdir().map_err(|error| error.to_string())?;
    let mut by_schema: BTreeMap<&str, Vec<&Case>> = BTreeMap::new();
    for case in corpus.family("schema").filter(|case| case.kind == "validate") {
        if let Some(schema) = case.schema.as_deref() {
            by_schema.entry(schema).or_default().push(case);
        }
    }
    let mut broken = Vec::new();
    let mut judged = 0;
    for (schema, cases) in by_schema {
        let mut pairs = Vec::new();
        for case in cases {
            let Some(file) = case.input_file() else { continue };
            let Some(written) = corpus.read(file).ok().and_then(|text| written(&text)) else {
                continue;
            };
            let path = scratch.path().join(format!("{}.xml", file.replace('/', "_")));
            std::fs::write(&path, written).map_err(|error| error.to_string())?;
            pairs.push((corpus.path(file), path));
        }
        let read: Vec<PathBuf> = pairs.iter().map(|(read, _)| read.clone()).collect();
        let wrote: Vec<PathBuf> = pairs.iter().map(|(_, wrote)| wrote.clone()).collect();
        let schema_file = corpus.schemas().join(schema);
        if !schema_file.exists() {
            // Some schemas are made when libvirt is built, and are not part of the corpus.
            continue;
        }
        let (valid, still) = (valid(&schema_file, &read)?, valid(&schema_file, &wrote)?);
        judged += valid.len();
        if valid.is_empty() && !read.is_empty() {
            broken.push(format!("{schema}: takes none of {} documents", read.len()));
        }
        let lost = pairs
            .iter()
            .filter(|(read, wrote)| valid.contains(read) && !still.contains(wrote));
        broken.extend(lost.map(|(read, _)| format!("{schema}: {}", read.display())));
    }
    match broken.is_empty() {
        true if judged == 0 => Err("xmllint found no document valid at all".to_owned()),
        true => Ok(()),
        false => Err(broken.join("\n")),
    }
}

/// The document through its types; none when there is no type for it.
fn written(text: &str) -> Option<String> {
    AnyDocument::from_xml(text).ok().map(|document| document.to_xml())
}

/// Which of the files validate.
fn valid(schema: &Path, files: &[PathBuf]) -> Result<BTreeSet<PathBuf>, String> {
    let mut found = BTreeSet::new();
    for files in files.chunks(BATCH) {
        let output = Command::new("xmllint")
            .args(["--noout", "--relaxng"])
            .arg(schema)
            .args(files)
            .stdin(Stdio::null())
            .output()
            .map_err(|error| format!("xmllint: {error}"))?;
        let said = String::from_utf8_lossy(&output.stderr);
        // Any other status is about the schema or the program, and says nothing of the documents.
        if !matches!(output.status.code(), Some(0 | 1 | 3 | 4)) {
            return Err(format!("{}: {said}", schema.display()));
        }
        let names = said.lines().filter_map(|line| line.strip_suffix(" validates"));
        found.extend(names.map(PathBuf::from));
    }
    Ok(found)
}

/// Whether the schema takes the file.
///
/// # Errors
/// When that can't be known.
pub(crate) fn accepts(corpus: &Corpus, schema: &str, file: &Path) -> Result<bool, String> {
    Ok(!valid(&corpus.schemas().join(schema), &[file.to_path_buf()])?.is_empty())
}

fn validates(corpus: &Corpus, schema: &str, text: &str) -> Result<bool, String> {
    let file = tempfile::NamedTempFile::new().map_err(|error| error.to_string())?;
    std::fs::write(file.path(), text).map_err(|error| error.to_string())?;
    accepts(corpus, schema, file.path())
}

/// What we wrote is valid wherever what we read was.
///
/// # Errors
/// Says that it is not, or why the schema can't be asked.
pub(crate) fn stays_valid(corpus: &Corpus, schema: &str, read: &str, written: &str) -> Result<(), String> {
    if validates(corpus, schema, read)? && !validates(corpus, schema, written)? {
        return Err(format!(
            "{schema} takes what was read, but not what we wrote:\n{written}"
        ));
    }
    Ok(())
}
