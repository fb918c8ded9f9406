//! Networks, network ports, network filters and their bindings: as libvirt gives them back, changed in part, refused.

use virt_sdk::model::network::{NetworkUpdate, UpdateCommand, UpdateItem, UpdateSection};
use virt_sdk::model::{FilterBindingConfig, FilterConfig, NetworkConfig, NetworkPortConfig};
use virt_sdk::xml::XmlError;
use virt_testkit::corpus::{Case, Corpus};

use crate::compare::same;
use crate::reason;
use crate::relaxng::stays_valid;
use crate::verdict::Verdict;

/// `networkxml2xml`.
pub(crate) fn network(corpus: &Corpus, case: &Case) -> Verdict {
    judge(corpus, case, "network.rng", |text| {
        let network = NetworkConfig::from_xml(text)?;
        network.validate()?;
        Ok(network.normalized().to_xml())
    })
}

/// `networkportxml2xml`.
pub(crate) fn port(corpus: &Corpus, case: &Case) -> Verdict {
    judge(corpus, case, "networkport.rng", |text| {
        let port = NetworkPortConfig::from_xml(text)?;
        port.validate()?;
        Ok(port.normalized().to_xml())
    })
}

/// `nwfilterxml2xml`.
pub(crate) fn filter(corpus: &Corpus, case: &Case) -> Verdict {
    judge(corpus, case, "nwfilter.rng", |text| {
        let filter = FilterConfig::from_xml(text)?;
        filter.validate()?;
        Ok(filter.normalized().to_xml())
    })
}

/// `nwfilterbindingxml2xml`.
pub(crate) fn binding(corpus: &Corpus, case: &Case) -> Verdict {
    judge(corpus, case, "nwfilterbinding.rng", |text| {
        let binding = FilterBindingConfig::from_xml(text)?;
        binding.validate()?;
        Ok(binding.normalized().to_xml())
    })
}

/// `networkxml2xmlupdate`.
pub(crate) fn update(corpus: &Corpus, case: &Case) -> Verdict {
    let files: Vec<&str> = case
        .input
        .as_array()
        .map(|files| files.iter().filter_map(|file| file.as_str()).collect())
        .unwrap_or_default();
    let [network, fragment] = files.as_slice() else {
        return Verdict::Unsupported("the case has no two input files");
    };
    let (network, fragment) = match (corpus.read(network), corpus.read(fragment)) {
        (Ok(network), Ok(fragment)) => (network, fragment),
        (Err(error), _) | (_, Err(error)) => return Verdict::Failed(error),
    };
    let Some((command, section)) = change(case) else {
        return Verdict::Unsupported("an unknown command or section");
    };
    let changed = || -> Result<String, String> {
        let network = NetworkConfig::from_xml(&network).map_err(|error| error.to_string())?;
        let item = UpdateItem::from_xml(section, &fragment).map_err(|error| error.to_string())?;
        // libvirt's own test is about the first <ip> throughout: what it calls an index lands in the flags of writing.
        let update = NetworkUpdate::new(command, item).of_ip(0);
        let changed = network.updated(&update).map_err(|error| error.to_string())?;
        Ok(changed.normalized().to_xml())
    };
    compare(corpus, case, changed())
}

fn change(case: &Case) -> Option<(UpdateCommand, UpdateSection)> {
    let command = match case
        .command
        .as_deref()?
        .strip_prefix("VIR_NETWORK_UPDATE_COMMAND_")?
    {
        "MODIFY" => UpdateCommand::Modify,
        "DELETE" => UpdateCommand::Delete,
        "ADD_LAST" => UpdateCommand::AddLast,
        "ADD_FIRST" => UpdateCommand::AddFirst,
        _ => return None,
    };
    let section = case.section.as_deref()?.strip_prefix("VIR_NETWORK_SECTION_")?;
    let section = section.to_ascii_lowercase().replace('_', "-");
    Some((command, UpdateSection::from_name(&section)?))
}

/// Reads, checks and normalizes the input; what comes out is valid for the schema if the input was.
fn judge(
    corpus: &Corpus,
    case: &Case,
    schema: &str,
    normalize: impl Fn(&str) -> Result<String, XmlError>,
) -> Verdict {
    let Some(file) = case.input_file() else {
        return Verdict::Unsupported("the case has no input file");
    };
    let text = match corpus.read(file) {
        Ok(text) => text,
        Err(error) => return Verdict::Failed(error),
    };
    let ours = normalize(&text);
    if let Ok(ours) = &ours
        && let Err(how) = stays_valid(corpus, schema, &text, ours)
    {
        return Verdict::Failed(how);
    }
    match &ours {
        Err(error) if case.kind == "error" => reason::is_same(error, None).into(),
        _ => compare(corpus, case, ours.map_err(|error| error.to_string())),
    }
}

fn compare(corpus: &Corpus, case: &Case, ours: Result<String, String>) -> Verdict {
    match (case.kind.as_str(), case.expected_file(), ours) {
        ("error", _, Err(_)) => Verdict::Passed,
        ("error", _, Ok(_)) => Verdict::Failed("it is accepted".to_owned()),
        ("convert" | "roundtrip", Some(_), Err(error)) => Verdict::Failed(error),
        ("convert" | "roundtrip", Some(expected), Ok(ours)) => corpus
            .read(expected)
            .and_then(|expected| same(&ours, &expected))
            .into(),
        _ => Verdict::Unsupported("an unknown kind of case"),
    }
}
