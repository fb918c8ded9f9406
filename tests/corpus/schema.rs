//! `schema`: every document of the corpus survives its types; those that are invalid are so by the schema's own judgement.

use virt_sdk::model::AnyDocument;
use virt_sdk::xml::Document;
use virt_testkit::corpus::{Case, Corpus};

use crate::document::{round_trip, round_trip_device};
use crate::relaxng::accepts;
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
            Ok(text) if has_type(&text) => taken(&text).into(),
            Ok(_) => Verdict::Unsupported("there is no type for its root element"),
            Err(error) => Verdict::Failed(error),
        },
        "error" => refused_by_schema(corpus, case, file).into(),
        _ => Verdict::Unsupported("an unknown kind of case"),
    }
}

/// What a daemon tells is valid, too; what people write may be valid for the schema and not for libvirt's parser.
fn taken(text: &str) -> Result<(), String> {
    let document = round_trip(text)?;
    let is_told = matches!(
        document,
        AnyDocument::Capabilities(_)
            | AnyDocument::CpuData(_)
            | AnyDocument::DomainCapabilities(_)
            | AnyDocument::DomainStatus(_)
            | AnyDocument::MigrationCookie(_)
            | AnyDocument::PoolCapabilities(_)
            | AnyDocument::PoolSources(_)
            | AnyDocument::SysInfo(_)
    );
    match document.validate() {
        Err(error) if is_told => Err(format!("it is not valid: {error}")),
        _ => Ok(()),
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
