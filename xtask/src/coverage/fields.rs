//! Typed parameters: which of libvirt's field names the driver for its daemons knows.

use super::sources::rust_files;
use crate::failure::{Failure, Outcome};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// Groups of fields that are typed structs here, and the files under `virt-remote/src/driver` that know their names.
/// What is in none of these is reached as `TypedParams`.
const TYPED: &[(&str, &str)] = &[
    ("domain_guest_info_hostname", "agents"),
    ("domain_guest_info_os", "agents"),
    ("domain_guest_info_user", "agents"),
    ("domain_job", "job_statistics"),
    ("domain_save_param", "saved"),
    ("domain_stats_balloon", "statistics"),
    ("domain_stats_block", "statistics"),
    ("domain_stats_cpu", "statistics"),
    ("domain_stats_net", "statistics"),
    ("domain_stats_state", "statistics"),
    ("domain_stats_vcpu", "statistics"),
    ("migrate_param", "migration"),
];

/// A group of fields, and how it is reached.
#[derive(Debug)]
pub(super) struct Group {
    pub(super) name: String,
    pub(super) fields: Vec<String>,
    /// Whether there is a file that makes structs of it.
    pub(super) typed: bool,
    /// The fields that this file does not know: they stay in what is kept beside the struct.
    pub(super) unknown: Vec<String>,
}

/// All groups.
pub(super) fn groups(facts: &Value, workspace: &Path) -> Outcome<Vec<Group>> {
    let unreadable = || Failure::new("enums.json does not list the fields of typed parameters");
    let list = facts
        .get("fields")
        .and_then(Value::as_array)
        .ok_or_else(unreadable)?;
    let mut fields: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for field in list {
        let text = |key: &str| field.get(key).and_then(Value::as_str).ok_or_else(unreadable);
        fields
            .entry(text("group")?.to_owned())
            .or_default()
            .push(text("field")?.to_owned());
    }
    let files = rust_files(&workspace.join("virt-remote/src/driver"))?;
    for (name, _) in TYPED {
        if !fields.contains_key(*name) {
            return Err(Failure::new(format!(
                "libvirt has no typed parameters called {name}"
            )));
        }
    }
    let groups = fields.into_iter().map(|(name, fields)| {
        let file = TYPED
            .iter()
            .find(|(group, _)| *group == name)
            .map(|(_, file)| *file);
        let words: BTreeSet<&str> = files
            .iter()
            .filter(|(place, _)| file.is_some_and(|file| belongs(place, file)))
            .flat_map(|(_, text)| literals(text))
            .collect();
        let unknown = fields.iter().filter(|field| !knows(&words, field));
        Group {
            typed: !words.is_empty(),
            unknown: unknown.cloned().collect(),
            name,
            fields,
        }
    });
    Ok(groups.collect())
}

/// `statistics` are `statistics.rs` and all in `statistics/`.
fn belongs(place: &str, file: &str) -> bool {
    let rest = place.strip_prefix(file);
    rest.is_some_and(|rest| rest == ".rs" || rest.starts_with('/'))
}

/// The texts in quotes, as far as they have no quotes in themselves.
fn literals(text: &str) -> impl Iterator<Item = &str> {
    text.lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .flat_map(|line| line.split('"').skip(1).step_by(2))
}

/// Whether one of them is the field, or is made of it where it is a part of a name (`net.` and `.rx.bytes`).
fn knows(words: &BTreeSet<&str>, field: &str) -> bool {
    let part = field.trim_matches('.');
    let is_part = part != field;
    words.iter().any(|word| {
        *word == field || *word == part || is_part && format!(".{word}.").contains(&format!(".{part}."))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_names_are_known_by_what_they_are_part_of() {
        let words = BTreeSet::from(["net.{at}.rx.bytes", "hostname", "vcpu"]);
        for known in ["net.", ".rx.bytes", "hostname", "vcpu."] {
            assert!(knows(&words, known), "{known}");
        }
        for unknown in [".tx.bytes", "host", "bytes"] {
            assert!(!knows(&words, unknown), "{unknown}");
        }
    }

    #[test]
    fn files_and_directories_of_a_name_belong_to_it() {
        assert!(belongs("statistics.rs", "statistics") && belongs("statistics/params.rs", "statistics"));
        assert!(!belongs("job_statistics.rs", "statistics") && !belongs("statistics_of.rs", "statistics"));
    }
}
