//! `cargo xtask licences`: everything the workspace depends on, in any way, must be under a licence on one list.

mod spdx;

use crate::cargo;
use crate::failure::{Failure, Outcome};
use crate::say;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// The licences that are accepted, by their SPDX names.
const ALLOWED: [&str; 15] = [
    "0BSD",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "CC0-1.0",
    "CDLA-Permissive-2.0",
    "ISC",
    "MIT",
    "MIT-0",
    "Unicode-3.0",
    "Unicode-DFS-2016",
    "Unlicense",
    "Zlib",
];

/// How the names of copyleft licences start; they are refused by name, so that nobody adds one to the list by mistake.
const COPYLEFT: [&str; 10] = [
    "AGPL", "CC-BY-SA", "CDDL", "CECILL", "EPL", "EUPL", "GPL", "LGPL", "MPL", "OSL",
];

/// Checks them and says how many there were.
pub(crate) fn run() -> Outcome {
    say::heading("Licences");
    let metadata = cargo::metadata()?;
    let packages = packages(&metadata);
    let used = reachable(&metadata);
    let mut refused = Vec::new();
    for id in &used {
        if let Some(package) = packages.get(id.as_str())
            && let Err(why) = judge(package)
        {
            refused.push(why);
        }
    }
    if refused.is_empty() {
        say::line(&format!("{} packages, every licence on the list", used.len()));
        return Ok(());
    }
    Err(Failure::new(format!(
        "these packages cannot be used:\n  {}",
        refused.join("\n  ")
    ))
    .advise(
        "take another package; only a permissive licence can be added to the list, in xtask/src/licences",
    ))
}

/// Every package that a member of the workspace depends on: normal, build and dev, on every platform.
fn reachable(metadata: &Value) -> BTreeSet<String> {
    let nodes: BTreeMap<&str, &Value> = list(metadata, "/resolve/nodes")
        .filter_map(|node| Some((node.get("id")?.as_str()?, node)))
        .collect();
    let mut open: Vec<&str> = list(metadata, "/workspace_members")
        .filter_map(Value::as_str)
        .collect();
    let mut seen = BTreeSet::new();
    while let Some(id) = open.pop() {
        if seen.insert(id.to_owned())
            && let Some(node) = nodes.get(id)
        {
            open.extend(list(node, "/dependencies").filter_map(Value::as_str));
        }
    }
    seen
}

fn packages(metadata: &Value) -> BTreeMap<&str, &Value> {
    list(metadata, "/packages")
        .filter_map(|package| Some((package.get("id")?.as_str()?, package)))
        .collect()
}

fn list<'a>(value: &'a Value, pointer: &str) -> impl Iterator<Item = &'a Value> {
    value
        .pointer(pointer)
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
}

/// Whether the package's licence can be satisfied by the list; why not, otherwise.
fn judge(package: &Value) -> Result<(), String> {
    let field = |name: &str| package.get(name).and_then(Value::as_str).unwrap_or_default();
    let subject = format!("{} {}", field("name"), field("version"));
    let licence = field("license");
    if licence.is_empty() {
        return Err(format!("{subject} states no licence"));
    }
    let expression = spdx::parse(licence)
        .map_err(|why| format!("{subject}: licence \"{licence}\" is not understood: {why}"))?;
    if expression.holds(&|name| ALLOWED.contains(&name)) {
        return Ok(());
    }
    let names = expression.names();
    let copyleft = names
        .iter()
        .any(|name| COPYLEFT.iter().any(|start| name.starts_with(start)));
    let kind = if copyleft { "copyleft" } else { "not on the list" };
    Err(format!("{subject} is under {licence}, which is {kind}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_choice_is_accepted_when_one_side_of_it_is() {
        assert_eq!(
            judge(&json!({"name": "a", "version": "1.0.0", "license": "MIT OR GPL-3.0-only"})),
            Ok(())
        );
        assert_eq!(
            judge(&json!({"name": "a", "version": "1.0.0", "license": "MIT/Apache-2.0"})),
            Ok(())
        );
    }

    #[test]
    fn copyleft_is_refused_by_name_and_a_missing_licence_too() {
        let refused = judge(&json!({"name": "rustables", "version": "0.9.0", "license": "GPL-3.0-or-later"}));
        assert_eq!(
            refused.unwrap_err(),
            "rustables 0.9.0 is under GPL-3.0-or-later, which is copyleft"
        );
        let both = judge(&json!({"name": "a", "version": "1.0.0", "license": "MIT AND MPL-2.0"}));
        assert!(both.unwrap_err().ends_with("copyleft"));
        assert_eq!(
            judge(&json!({"name": "a", "version": "1.0.0"})).unwrap_err(),
            "a 1.0.0 states no licence"
        );
    }

    #[test]
    fn what_is_reached_through_another_package_counts() {
        let metadata = json!({
            "workspace_members": ["w"],
            "resolve": {"nodes": [
                {"id": "w", "dependencies": ["a"]},
                {"id": "a", "dependencies": ["b"]},
                {"id": "b", "dependencies": []},
                {"id": "unused", "dependencies": []},
            ]},
        });
        assert_eq!(reachable(&metadata), ["a", "b", "w"].map(str::to_owned).into());
    }
}
