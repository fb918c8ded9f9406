//! What the sources say: which functions the documentation names, which procedures there are, and which are called.

use super::api::Function;
use crate::failure::{Doing as _, Outcome};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

/// Parts of virt-core whose documentation is about machines, tests and errors, and promises no call.
const NO_CALLS: [&str; 3] = ["host", "test", "error.rs"];

/// What was found in the sources.
#[derive(Debug, Default)]
pub(super) struct Sources {
    /// By function: where the documentation of the core names it, the best place first: a handle's method, a driver's,
    /// anything else.
    pub(super) named: BTreeMap<String, String>,
    /// Every method and item that is public, as `Type::method` or `Type`.
    pub(super) items: BTreeSet<String>,
    /// The procedures that are generated: libvirt's name, and the type's.
    pub(super) generated: BTreeMap<String, String>,
    /// Every word in the driver for libvirt's daemons.
    pub(super) used: BTreeSet<String>,
}

impl Sources {
    /// Reads them; `functions` are what names are completed to.
    pub(super) fn read(workspace: &Path, functions: &[Function]) -> Outcome<Self> {
        let mut sources = Self::default();
        let mut found = BTreeMap::new();
        for (place, text) in rust_files(&workspace.join("virt-core/src"))? {
            let top = place.split('/').next().unwrap_or_default();
            if NO_CALLS.contains(&top) {
                continue;
            }
            let rank = if top == "driver" { 1 } else { 0 };
            sources.items.extend(items(&text));
            for (item, documentation) in documented(&text) {
                // A method's word counts for more than that of a type or a field.
                let rank = if item.contains("::") { rank } else { 2 };
                for name in names(&documentation, functions) {
                    let best = found.entry(name).or_insert((rank, item.clone()));
                    if rank < best.0 {
                        *best = (rank, item.clone());
                    }
                }
            }
        }
        sources.named = found.into_iter().map(|(name, (_, item))| (name, item)).collect();
        let remote = workspace.join("virt-remote/src");
        for (_, text) in rust_files(&remote.join("protocol/generated"))? {
            sources.generated.extend(procedures(&text));
        }
        for directory in ["driver", "session", "auth"] {
            for (_, text) in rust_files(&remote.join(directory))? {
                sources.used.extend(words(&text));
            }
        }
        for (_, text) in rust_files(&remote)? {
            sources.items.extend(items(&text));
        }
        Ok(sources)
    }
}

/// All Rust files below a directory, by their path in it; none where it is not there.
pub(super) fn rust_files(root: &Path) -> Outcome<Vec<(String, String)>> {
    let mut found = Vec::new();
    let mut directories = vec![root.to_path_buf()];
    while let Some(directory) = directories.pop() {
        if !directory.is_dir() {
            continue;
        }
        for entry in fs::read_dir(&directory).doing(|| format!("list {}", directory.display()))? {
            let path = entry.doing(|| format!("list {}", directory.display()))?.path();
            if path.is_dir() {
                directories.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = fs::read_to_string(&path).doing(|| format!("read {}", path.display()))?;
                let place = path.strip_prefix(root).unwrap_or(&path);
                found.push((place.to_string_lossy().into_owned(), text));
            }
        }
    }
    found.sort();
    Ok(found)
}

/// What a line declares, as far as it is formatted by rustfmt: the type or trait that is begun, or a method of it.
enum Declared<'a> {
    Type(&'a str),
    Method(&'a str),
}

fn declared(line: &str) -> Option<Declared<'_>> {
    let indented = line.starts_with("    ");
    let mut rest = line.trim_start();
    for word in ["pub(super) ", "pub(crate) ", "pub ", "async ", "const "] {
        rest = rest.strip_prefix(word).unwrap_or(rest);
    }
    let name = |rest: &'_ str| -> usize {
        rest.find(|letter: char| !letter.is_alphanumeric() && letter != '_')
            .unwrap_or(rest.len())
    };
    if indented {
        let rest = rest.strip_prefix("fn ")?;
        return rest.get(..name(rest)).map(Declared::Method);
    }
    for word in ["struct ", "enum ", "trait "] {
        if let Some(rest) = rest.strip_prefix(word) {
            return rest.get(..name(rest)).map(Declared::Type);
        }
    }
    let rest = rest.strip_prefix("impl")?;
    // `impl<T> Trait for Type<T> {`: the type.
    let rest = match rest.strip_prefix('<') {
        Some(rest) => rest.split_once("> ").map_or(rest, |(_, rest)| rest),
        None => rest.trim_start(),
    };
    let rest = rest.split_once(" for ").map_or(rest, |(_, of)| of);
    let rest = rest.trim_start_matches('&');
    rest.get(..name(rest)).map(Declared::Type)
}

/// Every type and method of a file.
fn items(text: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut owner = String::new();
    for line in text.lines() {
        match declared(line) {
            Some(Declared::Type(name)) => {
                owner = name.to_owned();
                found.insert(owner.clone());
            }
            Some(Declared::Method(name)) => {
                found.insert(format!("{owner}::{name}"));
            }
            None => {}
        }
    }
    found
}

/// What is documented in a file, with its documentation; what is neither type nor method counts as its type.
fn documented(text: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let (mut owner, mut documentation) = (String::new(), String::new());
    for line in text.lines() {
        let trimmed = line.trim_start();
        if let Some(words) = trimmed.strip_prefix("///") {
            documentation.push_str(words);
            documentation.push('\n');
            continue;
        }
        if trimmed.starts_with("#[") || trimmed.starts_with("//") {
            continue;
        }
        let item = match declared(line) {
            Some(Declared::Type(name)) => {
                owner = name.to_owned();
                owner.clone()
            }
            Some(Declared::Method(name)) => format!("{owner}::{name}"),
            None => owner.clone(),
        };
        if !documentation.is_empty() {
            found.push((item, std::mem::take(&mut documentation)));
        }
    }
    found
}

/// The functions that a text names in backticks; `…ByUUID` and `…Flags` after another one are completed.
fn names(text: &str, functions: &[Function]) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let mut last = "";
    for word in text.split('`').skip(1).step_by(2) {
        let word = word.trim_end_matches("()");
        if let Some(rest) = word.strip_prefix('…') {
            let completed = functions
                .iter()
                .filter(|function| function.name.ends_with(rest))
                .max_by_key(|function| {
                    (
                        common(&function.name, last),
                        std::cmp::Reverse(function.name.len()),
                    )
                });
            found.extend(completed.map(|function| function.name.clone()));
        } else if word.starts_with("vir") && functions.iter().any(|function| function.name == word) {
            last = word;
            found.push(word.to_owned());
        }
    }
    found
}

/// How many letters they have in common at their beginnings.
fn common(one: &str, other: &str) -> usize {
    one.chars()
        .zip(other.chars())
        .take_while(|(one, other)| one == other)
        .count()
}

/// The procedures a generated file declares: libvirt's name, and the type's.
fn procedures(text: &str) -> Vec<(String, String)> {
    let declared = text.lines().filter_map(|line| {
        let (name, rest) = line.trim().split_once(" = ")?;
        let own = rest.split('"').nth(1)?;
        own.contains("_PROC_").then(|| (own.to_owned(), name.to_owned()))
    });
    declared.collect()
}

fn words(text: &str) -> impl Iterator<Item = String> {
    text.lines()
        // What is imported is used, or the compiler complains; what is written about is not.
        .filter(|line| !line.trim_start().starts_with("//"))
        .flat_map(|line| line.split(|letter: char| !letter.is_alphanumeric() && letter != '_'))
        .filter(|word| word.starts_with(|first: char| first.is_ascii_uppercase()))
        .map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn functions(names: &[&str]) -> Vec<Function> {
        let function = |name: &&str| Function {
            name: (*name).to_owned(),
            object: "domain".to_owned(),
            procedures: Vec::new(),
        };
        names.iter().map(function).collect()
    }

    #[test]
    fn names_are_found_where_they_are_documented() {
        let text = "/// A domain.\npub struct Domain {\n    /// Its name (`virDomainGetName`).\n    name: String,\n}\n\n\
                    impl Domain {\n    /// Starts it (`virDomainCreate`).\n    #[must_use]\n    pub async fn start(&self) {}\n}\n\
                    pub trait DomainDriver: Send {\n    /// One (`virDomainLookupByName`, `…ByUUID`).\n    async fn lookup(&self);\n}\n";
        let functions = functions(&[
            "virDomainGetName",
            "virDomainCreate",
            "virNetworkLookupByUUID",
            "virDomainLookupByUUID",
            "virDomainLookupByName",
        ]);
        let found: Vec<(String, Vec<String>)> = documented(text)
            .into_iter()
            .map(|(item, documentation)| (item, names(&documentation, &functions)))
            .filter(|(_, names)| !names.is_empty())
            .collect();
        let expected = [
            ("Domain", vec!["virDomainGetName"]),
            ("Domain::start", vec!["virDomainCreate"]),
            (
                "DomainDriver::lookup",
                vec!["virDomainLookupByName", "virDomainLookupByUUID"],
            ),
        ];
        let expected = expected.map(|(item, names)| {
            (
                item.to_owned(),
                names.into_iter().map(str::to_owned).collect::<Vec<_>>(),
            )
        });
        assert_eq!(found, expected);
        assert!(items(text).contains("DomainDriver::lookup"));
    }

    #[test]
    fn implementations_belong_to_their_types() {
        let of = |line: &str| match declared(line) {
            Some(Declared::Type(name) | Declared::Method(name)) => name.to_owned(),
            None => String::new(),
        };
        assert_eq!(of("impl<T: Clone> fmt::Display for Wrapper<T> {"), "Wrapper");
        assert_eq!(of("impl Session {"), "Session");
        assert_eq!(of("    pub(crate) const fn new() -> Self {"), "new");
        assert_eq!(of("let x = 1;"), "");
    }

    #[test]
    fn procedures_are_found_where_they_are_generated() {
        let line = "    DomainGetInfo = 16 \"REMOTE_PROC_DOMAIN_GET_INFO\" (DomainGetInfoArgs) -> DomainGetInfoRet [];";
        let expected = (
            "REMOTE_PROC_DOMAIN_GET_INFO".to_owned(),
            "DomainGetInfo".to_owned(),
        );
        assert_eq!(procedures(line), [expected]);
    }
}
