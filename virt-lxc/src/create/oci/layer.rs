//! What is to be done before a layer is unpacked over those below it (pure).

use std::collections::{BTreeMap, BTreeSet};

use virt_core::{Error, ErrorKind, Result};

/// An entry of an archive, as `tar -tv` tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    /// Its path in the root, without a slash at either end; empty for the root itself.
    pub(crate) path: String,
    pub(crate) kind: EntryKind,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum EntryKind {
    Directory,
    /// Another name of an entry.
    Link(String),
    Other,
}

/// A layer that is to be unpacked.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Layer {
    /// Directories of the layer, parents before children.
    directories: Vec<String>,
    /// What else is in it.
    others: Vec<String>,
    /// What of the layers below is not there any more.
    removed: Vec<String>,
    /// Directories of which nothing of the layers below is there any more.
    opaque: Vec<String>,
}

impl Layer {
    /// What this is in an archive says that something below is not there any more.
    pub(crate) const WHITEOUT: &'static str = ".wh.";
    const OPAQUE: &'static str = ".wh..wh..opq";

    /// What is to be done before an archive with these entries is unpacked.
    ///
    /// # Errors
    /// `Corrupt` for an archive that leads out of the root: by `..`, or through a link of its own.
    pub(crate) fn of(entries: &[Entry]) -> Result<Self> {
        let mut kinds: BTreeMap<&str, bool> = BTreeMap::new();
        let mut parents: BTreeSet<&str> = BTreeSet::new();
        let mut layer = Self::default();
        for entry in entries {
            let path = checked(&entry.path)?;
            if path.is_empty() {
                continue;
            }
            let mut above = path;
            while let Some((parent, _)) = above.rsplit_once('/') {
                parents.insert(parent);
                above = parent;
            }
            let (parent, name) = path.rsplit_once('/').unwrap_or(("", path));
            if name == Self::OPAQUE {
                layer.opaque.push(parent.to_owned());
            } else if let Some(gone) = name.strip_prefix(Self::WHITEOUT) {
                if gone.is_empty() || gone == "." || gone == ".." {
                    return Err(leads_out(path));
                }
                layer.removed.push(match parent {
                    "" => gone.to_owned(),
                    parent => format!("{parent}/{gone}"),
                });
            } else {
                let is_directory = entry.kind == EntryKind::Directory;
                // First a link, then a directory: whoever unpacks it may follow the link.
                if kinds
                    .insert(path, is_directory)
                    .is_some_and(|before| before != is_directory)
                {
                    return Err(leads_out(path));
                }
            }
        }
        for entry in entries {
            if let EntryKind::Link(target) = &entry.kind {
                let target = checked(target)?;
                if kinds.get(target) != Some(&false) {
                    return Err(leads_out(&entry.path));
                }
            }
        }
        // An entry below something that is no directory goes wherever that leads.
        if let Some(through) = parents.iter().find(|parent| kinds.get(*parent) == Some(&false)) {
            return Err(leads_out(through));
        }
        let directories = kinds.iter().filter(|(_, is_directory)| **is_directory);
        let directories: BTreeSet<&str> = directories.map(|(path, _)| *path).chain(parents).collect();
        layer.directories = directories.into_iter().map(str::to_owned).collect();
        let others = kinds.iter().filter(|(_, is_directory)| !**is_directory);
        layer.others = others.map(|(path, _)| (*path).to_owned()).collect();
        Ok(layer)
    }

    /// It as lines for the script that does it.
    pub(crate) fn lines(&self) -> String {
        let mut lines = String::new();
        // A set of paths in order has parents before children.
        for (letter, paths) in [
            ('d', &self.directories),
            ('o', &self.opaque),
            ('w', &self.removed),
            ('f', &self.others),
        ] {
            for path in paths {
                lines.push_str(&format!("{letter} {path}\n"));
            }
        }
        lines
    }
}

/// A path that stays in the root.
fn checked(path: &str) -> Result<&str> {
    if path.contains(['\n', '\0']) {
        return Err(Error::unsupported(format!(
            "the image has a name with a line break in it: {path:?}"
        )));
    }
    if path.starts_with('/') || path.split('/').any(|part| part == "..") {
        return Err(leads_out(path));
    }
    Ok(path)
}

fn leads_out(path: &str) -> Error {
    let message = format!("a layer of the image has an entry that may lead out of the root: {path:?}");
    Error::new(ErrorKind::Corrupt, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(path: &str) -> Entry {
        Entry {
            path: path.trim_end_matches('/').to_owned(),
            kind: match path.ends_with('/') {
                true => EntryKind::Directory,
                false => EntryKind::Other,
            },
        }
    }

    fn layer(paths: &[&str]) -> Result<Layer> {
        let entries: Vec<Entry> = paths.iter().map(|path| entry(path)).collect();
        Layer::of(&entries)
    }

    #[test]
    fn whiteouts_are_told_from_files() {
        let layer = layer(&["a/", "a/.wh.b", "c/d/.wh..wh..opq", "c/d/new", ".wh.top"]).unwrap();
        assert_eq!(layer.removed, ["a/b", "top"]);
        assert_eq!(layer.opaque, ["c/d"]);
        assert_eq!(layer.directories, ["a", "c", "c/d"]);
        assert_eq!(layer.lines(), "d a\nd c\nd c/d\no c/d\nw a/b\nw top\nf c/d/new\n");
    }

    #[test]
    fn what_leads_out_is_refused() {
        for paths in [
            &["../x"][..],
            &["x", "x/"],
            &["a/../../x"],
            &["x", "x/passwd"],
            &["a/.wh..."],
            &["a/.wh."],
        ] {
            let error = layer(paths).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Corrupt, "{paths:?}");
        }
        let link = |target: &str| Entry {
            path: "h".to_owned(),
            kind: EntryKind::Link(target.to_owned()),
        };
        assert!(Layer::of(&[entry("f"), link("f")]).is_ok());
        assert!(Layer::of(&[link("etc/shadow")]).is_err());
    }
}
