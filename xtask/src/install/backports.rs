//! Debian's backports as an apt source, in a file of its own, with the mirror this machine already uses.

use super::apt;
use crate::failure::{Doing as _, Failure, Outcome};
use crate::say;
use std::fs;
use std::path::Path;

const OURS: &str = "/etc/apt/sources.list.d/virt-sdk-backports.sources";

/// The name of the backports suite for this release.
pub(super) fn suite() -> Outcome<String> {
    Ok(format!("{}-backports", codename()?))
}

/// Adds the backports source, unless the machine has one.
pub(super) fn enable() -> Outcome {
    let codename = codename()?;
    let sources = read_sources();
    if sources
        .iter()
        .any(|source| source.has_suite(&format!("{codename}-backports")))
    {
        return Ok(());
    }
    let base = sources
        .iter()
        .find(|source| source.has_suite(&codename))
        .ok_or_else(|| {
            Failure::new(format!(
                "no apt source of this machine has Debian's {codename}, so no mirror is known"
            ))
            .advise(
                "restore the system's apt sources (/etc/apt/sources.list.d/debian.sources), then try again",
            )
        })?;
    say::line(&format!(
        "Adding Debian's backports to the apt sources, from the same mirror: {OURS}"
    ));
    fs::write(OURS, base.backports_entry(&codename)).doing(|| format!("write {OURS}"))?;
    apt::refresh_lists().inspect_err(|_| {
        // A source that cannot be read would break every later apt-get of the machine.
        drop(fs::remove_file(OURS));
    })
}

fn codename() -> Outcome<String> {
    let release = fs::read_to_string("/etc/os-release").doing(|| "read /etc/os-release".to_owned())?;
    let field = |name: &str| {
        release
            .lines()
            .find_map(|line| line.strip_prefix(name)?.strip_prefix('='))
            .map(|value| value.trim_matches('"').to_owned())
    };
    match (field("ID").as_deref(), field("VERSION_CODENAME")) {
        (Some("debian"), Some(codename)) => Ok(codename),
        _ => Err(
            Failure::new("this system is not Debian, and its QEMU is older than what is needed")
                .advise("install a newer qemu-system-x86 and qemu-utils by this system's own means"),
        ),
    }
}

/// One apt source: where it is and which suites are taken from there.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Source {
    uri: String,
    suites: Vec<String>,
    signed_by: Option<String>,
}

impl Source {
    fn has_suite(&self, suite: &str) -> bool {
        self.suites.iter().any(|mine| mine == suite)
    }

    fn backports_entry(&self, codename: &str) -> String {
        let mut entry = format!(
            "# Added by the virt SDK's install step for a newer QEMU; remove the file to undo it.\n\
             Types: deb\nURIs: {}\nSuites: {codename}-backports\nComponents: main\n",
            self.uri
        );
        if let Some(key) = &self.signed_by {
            entry.push_str(&format!("Signed-By: {key}\n"));
        }
        entry
    }
}

fn read_sources() -> Vec<Source> {
    let mut found = Vec::new();
    let list = Path::new("/etc/apt/sources.list").to_path_buf();
    let directory = fs::read_dir("/etc/apt/sources.list.d").into_iter().flatten();
    for path in directory
        .filter_map(|entry| Some(entry.ok()?.path()))
        .chain([list])
    {
        let Ok(text) = fs::read_to_string(&path) else {
            continue;
        };
        match path.extension().and_then(|extension| extension.to_str()) {
            Some("sources") => found.extend(deb822(&text)),
            Some("list") => found.extend(text.lines().filter_map(one_line)),
            _ => {}
        }
    }
    found
}

/// The stanzas of a `.sources` file.
fn deb822(text: &str) -> Vec<Source> {
    let kept: String = text
        .lines()
        .filter(|line| !line.starts_with('#'))
        .fold(String::new(), |all, line| all + line + "\n");
    kept.split("\n\n").filter_map(stanza).collect()
}

fn stanza(text: &str) -> Option<Source> {
    let field = |name: &str| {
        text.lines().find_map(|line| {
            let (key, value) = line.split_once(':')?;
            key.eq_ignore_ascii_case(name).then(|| value.trim().to_owned())
        })
    };
    if field("Enabled").is_some_and(|value| value.eq_ignore_ascii_case("no")) {
        return None;
    }
    if !field("Types")?.split_whitespace().any(|kind| kind == "deb") {
        return None;
    }
    let suites = field("Suites")?.split_whitespace().map(str::to_owned).collect();
    let uri = field("URIs")?.split_whitespace().next()?.to_owned();
    Some(Source {
        uri,
        suites,
        signed_by: field("Signed-By").filter(|key| key.starts_with('/')),
    })
}

/// A `deb [options] URI SUITE COMPONENT...` line.
fn one_line(line: &str) -> Option<Source> {
    let rest = line.trim().strip_prefix("deb ")?.trim_start();
    let (options, rest) = match rest.strip_prefix('[') {
        Some(inner) => inner.split_once(']')?,
        None => ("", rest),
    };
    let mut words = rest.split_whitespace();
    let uri = words.next()?.to_owned();
    let suites = vec![words.next()?.to_owned()];
    let signed_by = options
        .split_whitespace()
        .find_map(|option| option.strip_prefix("signed-by="));
    Some(Source {
        uri,
        suites,
        signed_by: signed_by.map(str::to_owned),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const STANZAS: &str = "Types: deb\n# a remark\nURIs: http://mirror/debian\nSuites: bookworm bookworm-updates\n\
        Components: main\nSigned-By: /usr/share/keyrings/d.gpg\n\nTypes: deb-src\nURIs: http://other\nSuites: bookworm\n";

    #[test]
    fn the_mirror_and_its_key_are_taken_from_a_sources_file() {
        let sources = deb822(STANZAS);
        assert_eq!(sources.len(), 1);
        assert!(sources[0].has_suite("bookworm"));
        let entry = sources[0].backports_entry("bookworm");
        assert!(
            entry.contains("URIs: http://mirror/debian\nSuites: bookworm-backports\n"),
            "{entry}"
        );
        assert!(
            entry.ends_with("Signed-By: /usr/share/keyrings/d.gpg\n"),
            "{entry}"
        );
    }

    #[test]
    fn the_mirror_is_taken_from_an_old_style_line_with_options() {
        let source =
            one_line("deb [arch=amd64 signed-by=/k.gpg] http://mirror/debian bookworm main contrib").unwrap();
        assert_eq!(source.uri, "http://mirror/debian");
        assert_eq!(source.signed_by.as_deref(), Some("/k.gpg"));
        assert_eq!(one_line("# deb http://mirror/debian bookworm main"), None);
    }
}
