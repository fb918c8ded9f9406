//! Whether a document was refused for the reason libvirt has: its message and ours name the same things.

use std::collections::BTreeSet;

use virt_sdk::xml::{XmlError, XmlProblem};

/// Words of messages that name nothing.
const FILLING: &[&str] = &[
    "and",
    "are",
    "attribute",
    "but",
    "can",
    "cannot",
    "config",
    "configuration",
    "configured",
    "device",
    "domain",
    "element",
    "error",
    "expected",
    "failed",
    "for",
    "from",
    "has",
    "have",
    "internal",
    "invalid",
    "its",
    "may",
    "missing",
    "must",
    "name",
    "none",
    "not",
    "one",
    "only",
    "option",
    "out",
    "parse",
    "requires",
    "set",
    "should",
    "specified",
    "specify",
    "supported",
    "that",
    "the",
    "there",
    "this",
    "type",
    "unable",
    "unexpected",
    "unknown",
    "unsupported",
    "use",
    "used",
    "value",
    "when",
    "which",
    "with",
    "without",
    "xml",
    "you",
    "column",
    "line",
    "devices",
];

/// How many letters a word has that is told by its beginning: `boot`, `booting`, `booted`.
const STEM: usize = 4;

/// Checks that the message of libvirt, where there is one, is about what our error is about; and that our error says
/// where the reason stands.
///
/// # Errors
/// Shows both.
pub(crate) fn is_same(error: &XmlError, message: Option<&str>) -> Result<(), String> {
    let is_text = matches!(
        error.problem(),
        XmlProblem::Syntax(_) | XmlProblem::Encoding(_) | XmlProblem::Root { .. }
    );
    if error.path().is_empty() && !is_text {
        return Err(format!("the refusal names no place: {error}"));
    }
    let Some(message) = message else { return Ok(()) };
    let (ours, theirs) = (words(&error.to_string()), words(message));
    let is_kin = |one: &str, other: &str| one == other || (one.len() >= STEM && other.starts_with(one));
    let is_shared = |word: &String| ours.iter().any(|own| is_kin(word, own) || is_kin(own, word));
    let is_malformed = matches!(error.problem(), XmlProblem::Syntax(_)) && message.contains("XML");
    match is_malformed || theirs.iter().any(is_shared) {
        true => Ok(()),
        false => Err(format!(
            "it is refused for another reason: {error}; libvirt: {}",
            message.trim()
        )),
    }
}

/// The words that name something: `maxPhysAddr` is `maxphysaddr`, and of `/domain/devices/disk[2]/@bus` each step is one.
fn words(text: &str) -> BTreeSet<String> {
    text.split(|letter: char| !letter.is_ascii_alphanumeric() && !matches!(letter, '-' | '_' | '.'))
        .map(|word| word.trim_matches(['-', '_', '.']).to_ascii_lowercase())
        .filter(|word| word.len() > 2 || word.parse::<u64>().is_ok())
        .filter(|word| !FILLING.contains(&word.as_str()))
        .collect()
}
