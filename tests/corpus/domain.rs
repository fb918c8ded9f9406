//! Domains: what libvirt's parser takes and gives back, and what it refuses.

use std::collections::BTreeSet;

use virt_sdk::model::domain::DomainConfig;
use virt_sdk::xml::XmlError;
use virt_testkit::corpus::{Case, Corpus};

use crate::compare::same;
use crate::reason;
use crate::verdict::Verdict;

/// The driver-neutral parser, and drivers that add next to nothing to it.
pub(crate) fn judge_neutral(corpus: &Corpus, case: &Case) -> Verdict {
    match case.kind.as_str() {
        "error" => judge_error(corpus, case),
        "convert" | "roundtrip" => converted(corpus, case).into(),
        _ => Verdict::Unsupported("an unknown kind of case"),
    }
}

/// QEMU's parser: the neutral one and what QEMU's driver fills in and refuses.
pub(crate) fn judge_qemu(corpus: &Corpus, case: &Case) -> Verdict {
    if case.kind == "error" {
        return match case.stage.as_deref() {
            Some("parse") => judge_error(corpus, case),
            _ => Verdict::Unsupported("the command line is refused, not the document"),
        };
    }
    with_own_defaults(corpus, case, "QEMU's own defaults come with its hardware")
}

/// bhyve's parser, which lays out a machine too.
pub(crate) fn judge_bhyve(corpus: &Corpus, case: &Case) -> Verdict {
    if case.kind == "error" {
        return judge_error(corpus, case);
    }
    with_own_defaults(corpus, case, "bhyve's own defaults come with its hardware")
}

/// What libvirt takes is taken; what its driver fills in is not judged.
fn with_own_defaults(corpus: &Corpus, case: &Case, why: &'static str) -> Verdict {
    match input(corpus, case).and_then(|text| taken(&text)) {
        Ok(_) => Verdict::Unsupported(why),
        Err(how) => Verdict::Failed(how),
    }
}

/// Refused when reading or by validation, for the reason libvirt has; else excepted where the message says that it is not
/// the document's fault.
fn judge_error(corpus: &Corpus, case: &Case) -> Verdict {
    let text = match input(corpus, case) {
        Ok(text) => text,
        Err(how) => return Verdict::Failed(how),
    };
    let message = case.expected_file().and_then(|file| corpus.read(file).ok());
    if let Err(error) = valid(&text) {
        return reason::is_same(&error, message.as_deref()).into();
    }
    match message.as_deref().and_then(not_the_documents_fault) {
        Some(rule) => Verdict::Excepted(rule),
        None => Verdict::Failed(format!(
            "it is taken; libvirt: {}",
            message.as_deref().unwrap_or("refused").trim()
        )),
    }
}

/// Whom libvirt's message blames, when that is not the document.
fn not_the_documents_fault(message: &str) -> Option<&'static str> {
    let rules: [(&[&str], &str); 5] = [
        (
            &["QEMU", "qemu binary", "Emulator", "emulator"],
            "the reason is QEMU's, not the document's",
        ),
        (
            &["machine type", "architecture", "Q35", "q35", "i440fx"],
            "the reason is the emulated machine's, not the document's",
        ),
        (
            &[
                "PCI slot is needed",
                "cannot be plugged into the PCI controller",
                "double use of PCI",
            ],
            "the reason is where the machine has its devices, not the document's",
        ),
        (
            &["TPM version", "hypervisor", "this host", "on this host"],
            "the reason is the host's, not the document's",
        ),
        (
            &["Unable to find", "No such file", "Failed to open"],
            "the reason is a file of the host's, not the document's",
        ),
    ];
    rules
        .iter()
        .find(|(words, _)| words.iter().any(|word| message.contains(word)))
        .map(|(_, rule)| *rule)
}

fn input(corpus: &Corpus, case: &Case) -> Result<String, String> {
    corpus.read(case.input_file().ok_or("the case has no input file")?)
}

/// The document, read and found valid.
fn taken(text: &str) -> Result<DomainConfig, String> {
    valid(text).map_err(|error| error.to_string())
}

fn valid(text: &str) -> Result<DomainConfig, XmlError> {
    let config = DomainConfig::from_xml(text)?;
    config.validate()?;
    Ok(config)
}

fn converted(corpus: &Corpus, case: &Case) -> Result<(), String> {
    let config = taken(&input(corpus, case)?)?;
    let expected = corpus.read(case.expected_file().ok_or("the case has no expected file")?)?;
    let ours = config.normalized();
    same(&ours.to_xml(), &expected)?;
    let written = taken(&ours.to_xml())?;
    match written.normalized() == ours {
        true => Ok(()),
        false => Err("what we gave back is not what we give back of it".to_owned()),
    }
}

/// Valid, and so is what it becomes when it is normalized, which it stays.
fn check_valid(config: &DomainConfig) -> Result<(), String> {
    config.validate().map_err(|error| error.to_string())?;
    let normalized = config.normalized();
    let again = taken(&normalized.to_xml()).map_err(|error| format!("normalized: {error}"))?;
    match again.normalized() == normalized {
        true => Ok(()),
        false => Err("normalized twice it is not the same".to_owned()),
    }
}

/// Every domain that any of libvirt's tests takes, or gives back, is valid here.
///
/// # Errors
/// Lists those that are not.
pub(crate) fn check_validation(corpus: &Corpus) -> Result<(), String> {
    let mut seen = BTreeSet::new();
    let mut refused = Vec::new();
    for family in corpus.families() {
        for case in corpus.family(family) {
            if !matches!(case.kind.as_str(), "argv" | "convert" | "roundtrip") {
                continue;
            }
            let is_xml = |file: &&str| file.ends_with(".xml");
            // What a converter of another format gives has not been through libvirt's validation.
            let Some(given) = case.input_file().filter(is_xml) else {
                continue;
            };
            for file in std::iter::once(given).chain(case.expected_file().filter(is_xml)) {
                if !seen.insert(file.to_owned()) {
                    continue;
                }
                let Ok(text) = corpus.read(file) else { continue };
                if let Ok(config) = DomainConfig::from_xml(&text)
                    && let Err(error) = check_valid(&config)
                {
                    refused.push(format!("{family}: {file}: {error}"));
                }
            }
        }
    }
    match refused.is_empty() {
        true => Ok(()),
        false => Err(format!(
            "{} valid domains are refused:\n{}",
            refused.len(),
            refused.join("\n")
        )),
    }
}
