//! `schema`: every document of the corpus survives its types; those that are invalid are so by the schema's own judgement.

use std::path::Path;
use std::process::{Command, Stdio};

use virt_sdk::model::AnyDocument;
use virt_sdk::xml::Document;
use virt_testkit::corpus::{Case, Corpus};

use crate::document::{round_trip, round_trip_device};
use crate::verdict::Verdict;

pub(crate) fn judge(corpus: &Corpus, case: &Case) -> Verdict {
    let Some(file) = case.input_file() else {
        return Verdict::Unsupported("the case has no input file");
    };
    if !corpus.path(file).exists() {
        return Verdict::Unsupported("its file is not part of the corpus");
    }
    match case.kind.as_str() {
        // A device by itself may have the root of another document: an interface does.
        "validate" if case.schema.as_deref() == Some("device.rng") => {
            let text = corpus.read(file);
            text.and_then(|text| round_trip_device(&text).map(drop)).into()
        }
        "validate" => match corpus.read(file) {
            Ok(text) if has_type(&text) => round_trip(&text).map(drop).into(),
            Ok(_) => Verdict::Unsupported("there is no type for its root element"),
            Err(error) => Verdict::Failed(error),
        },
        "error" => refused_by_schema(corpus, case, file).into(),
        _ => Verdict::Unsupported("an unknown kind of case"),
    }
}

fn has_type(text: &str) -> bool {
    Document::parse(text).is_ok_and(|document| AnyDocument::ROOTS.contains(&document.root.name.as_written()))
}

/// Invalid for the schema, which need not be so for libvirt's parser, nor for ours.
fn refused_by_schema(corpus: &Corpus, case: &Case, file: &str) -> Result<(), String> {
    let schema = case.schema.as_deref().ok_or("the case names no schema")?;
    match accepts(corpus, schema, &corpus.path(file))? {
        true => Err(format!("{schema} takes it")),
        false => Ok(()),
    }
}

/// Whether what we wrote in the place of `expected` is valid, if that is.
///
/// # Errors
/// Says that it is not, or what keeps us from knowing.
pub(crate) fn stays_valid(corpus: &Corpus, schema: &str, ours: &str, expected: &str) -> Result<(), String> {
    if !accepts(corpus, schema, &corpus.path(expected))? {
        return Ok(());
    }
    let file = tempfile::NamedTempFile::new().map_err(|error| error.to_string())?;
    std::fs::write(file.path(), ours).map_err(|error| error.to_string())?;
    match accepts(corpus, schema, file.path())? {
        true => Ok(()),
        false => Err(format!("what we wrote is not valid by {schema}")),
    }
}

/// Whether xmllint finds the file valid.
fn accepts(corpus: &Corpus, schema: &str, file: &Path) -> Result<bool, String> {
    let output = Command::new("xmllint")
        .args(["--noout", "--relaxng"])
        .arg(corpus.schemas().join(schema))
        .arg(file)
        .stdin(Stdio::null())
        .output()
        .map_err(|error| format!("xmllint: {error}"))?;
    // Anything else is about the schema or the program, and says nothing of the document.
    match output.status.code() {
        Some(0) => Ok(true),
        Some(1 | 3 | 4) => Ok(false),
        _ => Err(format!("xmllint: {}", String::from_utf8_lossy(&output.stderr))),
    }
}
