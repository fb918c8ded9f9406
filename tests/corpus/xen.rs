//! Files of Xen's toolstacks, and what libxl is told.

use serde_json::Value;
use virt_sdk::model::DomainConfig;
use virt_testkit::corpus::{Case, Corpus};
use virt_xen::config_file::{Syntax, XenConfig};
use virt_xen::convert::{FromConfig, ToConfig, ToLibxl, from_config, to_config, to_libxl, update};

use crate::compare::same;
use crate::verdict::Verdict;

/// xl's files.
pub(crate) fn judge_xl(corpus: &Corpus, case: &Case) -> Verdict {
    judge(corpus, case, Syntax::Xl)
}

/// xm's files.
pub(crate) fn judge_xm(corpus: &Corpus, case: &Case) -> Verdict {
    judge(corpus, case, Syntax::Xm)
}

/// A domain to libxl's JSON.
pub(crate) fn judge_libxl(corpus: &Corpus, case: &Case) -> Verdict {
    match case.kind.as_str() {
        "convert" => told(corpus, case).into(),
        _ => Verdict::Unsupported("an unknown kind of case"),
    }
}

/// What libvirt's tests do. Where both directions hold there is a case for each; where only one does, its name says which, from
/// the side of the XML: it is *parsed* and a file is written of it, or it is what is *formatted* of a file.
fn judge(corpus: &Corpus, case: &Case, syntax: Syntax) -> Verdict {
    match case.kind.as_str() {
        "convert" if case.name.ends_with("-parse") => written(corpus, case, syntax).into(),
        "convert" if case.name.ends_with("-format") => read(corpus, case, syntax).into(),
        _ => Verdict::Unsupported("an unknown kind of case"),
    }
}

/// The text of the one of the two files that ends so.
fn text(corpus: &Corpus, case: &Case, ending: &str) -> Result<String, String> {
    let files = [case.input_file(), case.expected_file()];
    let file = files.into_iter().flatten().find(|file| file.ends_with(ending));
    corpus.read(file.ok_or_else(|| format!("the case has no file {ending}"))?)
}

fn file(corpus: &Corpus, case: &Case, syntax: Syntax) -> Result<XenConfig, String> {
    let text = text(corpus, case, ".cfg")?;
    let config = XenConfig::parse_as(&text, syntax).map_err(|error| error.to_string())?;
    match config.to_string() == text {
        true => Ok(config),
        false => Err("it is not written as it was read".to_owned()),
    }
}

fn read(corpus: &Corpus, case: &Case, syntax: Syntax) -> Result<(), String> {
    let config = file(corpus, case, syntax)?;
    let expected = text(corpus, case, ".xml")?;
    let mut options = FromConfig::libvirt();
    // A name in both files stands for the directory libvirt was built with.
    let variable = "/LIBXL_FIRMWARE_DIR";
    if expected.contains(variable) {
        options = options.with_firmware_directory(variable);
    }
    let ours = from_config(&config, &options).map_err(|error| error.to_string())?;
    same(&ours.to_xml(), &expected)?;
    ours.validate().map_err(|error| error.to_string())?;
    comes_back(&config)
}

fn written(corpus: &Corpus, case: &Case, syntax: Syntax) -> Result<(), String> {
    let domain = DomainConfig::from_xml(&text(corpus, case, ".xml")?).map_err(|error| error.to_string())?;
    let expected = text(corpus, case, ".cfg")?;
    let mut options = ToConfig::xl();
    options.syntax = syntax;
    let ours = to_config(&domain, &options).map_err(|error| error.to_string())?;
    let mine = ours.to_string();
    if mine != expected {
        let mut lines = mine.lines().zip(expected.lines());
        return Err(match lines.find(|(mine, theirs)| mine != theirs) {
            Some((mine, theirs)) => format!("a line is {mine:?}, expected {theirs:?}"),
            None => format!(
                "{} lines, expected {}",
                mine.lines().count(),
                expected.lines().count()
            ),
        });
    }
    comes_back(&ours)
}

/// Read completely it is the same file again, and its own domain changes nothing of it.
fn comes_back(config: &XenConfig) -> Result<(), String> {
    let whole =
        from_config(config, &FromConfig::complete()).map_err(|error| format!("completely: {error}"))?;
    let whole = DomainConfig::from_xml(&whole.to_xml()).map_err(|error| format!("completely: {error}"))?;
    whole.validate().map_err(|error| error.to_string())?;
    let mut options = ToConfig::xl();
    options.syntax = config.syntax();
    let again = to_config(&whole, &options).map_err(|error| format!("back: {error}"))?;
    for key in config.keys().into_iter().chain(again.keys()) {
        let (theirs, ours) = (config.get(key), again.get(key));
        if ours != theirs {
            return Err(format!("{key} is {ours:?}, and was {theirs:?}"));
        }
    }
    let updated = update(config, &whole, &options).map_err(|error| format!("updated: {error}"))?;
    match updated == *config {
        true => Ok(()),
        false => Err("its own domain changes it".to_owned()),
    }
}

fn told(corpus: &Corpus, case: &Case) -> Result<(), String> {
    let domain = DomainConfig::from_xml(&text(corpus, case, ".xml")?).map_err(|error| error.to_string())?;
    let expected: Value =
        serde_json::from_str(&text(corpus, case, ".json")?).map_err(|error| error.to_string())?;
    // The host of libvirt's test: its nodes, its CPUs' virtualization, what it computes of shadow memory.
    let options = ToLibxl::new()
        .with_host(6, 64)
        .with_nested_virtualization("vmx")
        .with_shadow_memory(1234);
    let ours = to_libxl(&domain, &options).map_err(|error| error.to_string())?;
    same_value(&plain(ours), &plain(expected), "")
}

/// As libxl writes it: without what is as it always is. Those are objects that are empty, numbers of devices that it has not given
/// yet, and policies that nobody chose.
fn plain(value: Value) -> Value {
    match value {
        Value::Object(members) => {
            let members = members.into_iter().map(|(key, value)| (key, plain(value)));
            let is_said = |key: &str, value: &Value| match value {
                Value::Object(members) => !members.is_empty(),
                Value::Number(number) => key != "devid" || number.as_i64() != Some(-1),
                Value::String(word) => key != "rdm_policy" || word != "invalid",
                _ => true,
            };
            Value::Object(members.filter(|(key, value)| is_said(key, value)).collect())
        }
        Value::Array(values) => Value::Array(values.into_iter().map(plain).collect()),
        other => other,
    }
}

fn same_value(ours: &Value, expected: &Value, path: &str) -> Result<(), String> {
    match (ours, expected) {
        (Value::Object(mine), Value::Object(theirs)) => {
            for (key, value) in theirs {
                let place = format!("{path}/{key}");
                match mine.get(key) {
                    Some(own) => same_value(own, value, &place)?,
                    None => return Err(format!("{place}: nothing, expected {value}")),
                }
            }
            match mine.iter().find(|(key, _)| !theirs.contains_key(*key)) {
                Some((key, value)) => Err(format!("{path}/{key}: {value} is not expected")),
                None => Ok(()),
            }
        }
        (Value::Array(mine), Value::Array(theirs)) if mine.len() == theirs.len() => {
            let mut pairs = mine.iter().zip(theirs).enumerate();
            pairs.try_for_each(|(number, (own, value))| same_value(own, value, &format!("{path}/{number}")))
        }
        _ if ours == expected => Ok(()),
        _ => Err(format!("{path}: {ours}, expected {expected}")),
    }
}
