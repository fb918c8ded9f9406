//! The snapshots of a container, as the tree they are (pure).

use std::collections::{BTreeMap, BTreeSet};

use virt_core::model::SnapshotConfig;
use virt_core::model::snapshot::SnapshotState;
use virt_core::snapshot::{SnapshotDeletion, SnapshotFilter};
use virt_core::{Error, ErrorKind, Result};

use super::SnapshotRecord;

/// A snapshot that is on disk.
#[derive(Debug, Clone)]
pub(crate) struct KeptSnapshot {
    /// Its directory: `snap0`.
    pub(crate) directory: String,
    pub(crate) config: Box<SnapshotConfig>,
    /// What is kept of it beside what liblxc has; `None` for one made by others.
    pub(crate) record: Option<SnapshotRecord>,
}

impl KeptSnapshot {
    fn parent(&self) -> Option<&str> {
        self.config.parent.as_ref()?.name.as_deref()
    }

    fn is_forgotten(&self) -> bool {
        self.record.as_ref().is_some_and(|record| record.forgotten)
    }
}

/// The snapshots of a container.
#[derive(Debug, Default)]
pub(crate) struct Snapshots {
    all: BTreeMap<String, KeptSnapshot>,
    /// Those that are there and not to be known.
    forgotten: Vec<KeptSnapshot>,
    /// All directories there are.
    directories: BTreeSet<String>,
    current: Option<String>,
}

/// What a deletion does to the tree.
#[derive(Debug, Default)]
pub(crate) struct Deletion {
    /// What goes, children before parents.
    pub(crate) gone: Vec<KeptSnapshot>,
    /// What comes after another one from then on.
    pub(crate) moved: Vec<KeptSnapshot>,
    pub(crate) current: Option<String>,
}

impl Snapshots {
    pub(super) fn new(current: Option<String>, directories: Vec<String>, kept: Vec<KeptSnapshot>) -> Self {
        let mut snapshots = Self {
            directories: directories.into_iter().collect(),
            ..Self::default()
        };
        let (ours, others): (Vec<_>, Vec<_>) = kept.into_iter().partition(|kept| kept.record.is_some());
        for mut kept in ours.into_iter().chain(others) {
            if kept.is_forgotten() {
                snapshots.forgotten.push(kept);
                continue;
            }
            let mut name = kept.config.name.clone().unwrap_or_else(|| kept.directory.clone());
            // liblxc numbers without asking what we call ours.
            while snapshots.all.contains_key(&name) {
                name.push_str(".lxc");
            }
            kept.config.name = Some(name.clone());
            snapshots.all.insert(name, kept);
        }
        snapshots.current = current.filter(|current| snapshots.all.contains_key(current));
        snapshots
    }

    pub(crate) fn get(&self, name: &str) -> Result<&KeptSnapshot> {
        self.all.get(name).ok_or_else(|| {
            let known: Vec<&str> = self.all.keys().take(5).map(String::as_str).collect();
            let message = match known.is_empty() {
                true => "no such snapshot (there is none at all)".to_owned(),
                false => format!("no such snapshot (there are: {})", known.join(", ")),
            };
            Error::new(ErrorKind::NotFound, message)
        })
    }

    pub(crate) fn contains(&self, name: &str) -> bool {
        self.all.contains_key(name)
    }

    pub(crate) fn forgotten(&self, name: &str) -> Option<&KeptSnapshot> {
        let mut forgotten = self.forgotten.iter();
        forgotten.find(|kept| kept.config.name.as_deref() == Some(name))
    }

    pub(crate) fn all(&self) -> impl Iterator<Item = (&str, &KeptSnapshot)> {
        self.all.iter().map(|(name, kept)| (name.as_str(), kept))
    }

    /// All that are on disk, whether or not they are to be known.
    pub(crate) fn on_disk(&self) -> impl Iterator<Item = &KeptSnapshot> {
        self.all.values().chain(&self.forgotten)
    }

    pub(crate) fn current(&self) -> Option<&str> {
        self.current.as_deref()
    }

    /// The directory of the next one, as liblxc numbers them.
    pub(crate) fn free_directory(&self) -> String {
        (0_u32..)
            .map(|number| format!("snap{number}"))
            .find(|directory| !self.directories.contains(directory))
            .unwrap_or_default()
    }

    pub(crate) fn has_directory(&self, directory: &str) -> bool {
        self.directories.contains(directory)
    }

    /// The one it comes after, where that is still there.
    pub(crate) fn parent(&self, name: &str) -> Result<Option<&str>> {
        Ok(self.parent_of(self.get(name)?))
    }

    fn parent_of<'a>(&self, kept: &'a KeptSnapshot) -> Option<&'a str> {
        kept.parent().filter(|parent| self.all.contains_key(*parent))
    }

    fn children_of<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.all()
            .filter(move |(_, kept)| kept.parent() == Some(name))
            .map(|(name, _)| name)
    }

    /// All that come after it, parents before children.
    pub(crate) fn descendants(&self, name: &str) -> Vec<String> {
        let mut found: Vec<String> = Vec::new();
        let mut next = 0;
        let mut at = Some(name.to_owned());
        while let Some(name) = at {
            for child in self.children_of(&name) {
                if !found.iter().any(|known| known == child) {
                    found.push(child.to_owned());
                }
            }
            at = found.get(next).cloned();
            next += 1;
        }
        found
    }

    pub(crate) fn list(&self, filter: &SnapshotFilter) -> Vec<String> {
        let roots = self.all().filter(|(_, kept)| self.parent_of(kept).is_none());
        let roots: Vec<String> = roots.map(|(name, _)| name.to_owned()).collect();
        let mut names = roots.clone();
        if !filter.roots {
            names.extend(roots.iter().flat_map(|root| self.descendants(root)));
        }
        self.shown(names, filter)
    }

    pub(crate) fn children(&self, name: &str, filter: &SnapshotFilter) -> Result<Vec<String>> {
        self.get(name)?;
        let names = match filter.descendants {
            true => self.descendants(name),
            false => self.children_of(name).map(str::to_owned).collect(),
        };
        Ok(self.shown(names, filter))
    }

    fn shown(&self, mut names: Vec<String>, filter: &SnapshotFilter) -> Vec<String> {
        names.retain(|name| self.shows(name, filter));
        if !filter.topological {
            names.sort_unstable();
        }
        names
    }

    fn shows(&self, name: &str, filter: &SnapshotFilter) -> bool {
        let Some(kept) = self.all.get(name) else {
            return false;
        };
        let is_leaf = self.children_of(name).next().is_none();
        let state = kept.config.state.as_ref();
        let off = state == Some(&SnapshotState::Shutoff);
        let disk_only = state == Some(&SnapshotState::DiskSnapshot);
        let any_state = !(filter.inactive || filter.active || filter.disk_only);
        let state_fits = any_state
            || filter.inactive && off
            || filter.disk_only && disk_only
            || filter.active && !off && !disk_only;
        filter.leaves.is_none_or(|leaves| leaves == is_leaf)
            && filter.metadata.is_none_or(|metadata| metadata == kept.record.is_some())
            && state_fits
            // All of them are with the container, none is elsewhere.
            && (filter.internal || !filter.external)
    }

    /// What a deletion does.
    pub(crate) fn deletion(&self, name: &str, deletion: SnapshotDeletion) -> Result<Deletion> {
        let kept = self.get(name)?;
        let parent = self.parent_of(kept).map(str::to_owned);
        let with_itself = deletion != SnapshotDeletion::DescendantsOnly;
        let mut gone: Vec<String> = match deletion {
            SnapshotDeletion::WithDescendants | SnapshotDeletion::DescendantsOnly => self.descendants(name),
            _ => Vec::new(),
        };
        gone.reverse();
        if with_itself {
            gone.push(name.to_owned());
        }
        let mut moved: Vec<KeptSnapshot> = Vec::new();
        if deletion == SnapshotDeletion::Alone {
            for child in self.children_of(name) {
                let mut child = self.get(child)?.clone();
                child.config.parent = parent.as_deref().map(Into::into);
                moved.push(child);
            }
        }
        let current = match &self.current {
            Some(current) if gone.contains(current) => match with_itself {
                true => parent,
                false => Some(name.to_owned()),
            },
            current => current.clone(),
        };
        let gone = gone.iter().map(|name| self.get(name).cloned());
        Ok(Deletion {
            gone: gone.collect::<Result<_>>()?,
            moved,
            current,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(directory: &str, parent: Option<&str>) -> KeptSnapshot {
        let mut config = SnapshotConfig::default();
        config.name = Some(directory.to_owned());
        config.parent = parent.map(Into::into);
        KeptSnapshot {
            directory: directory.to_owned(),
            config: Box::new(config),
            record: None,
        }
    }

    fn tree() -> Snapshots {
        let all = vec![
            kept("a", None),
            kept("b", Some("a")),
            kept("c", Some("b")),
            kept("d", Some("gone")),
        ];
        Snapshots::new(
            Some("c".to_owned()),
            vec!["snap0".to_owned(), "snap2".to_owned()],
            all,
        )
    }

    #[test]
    fn one_whose_parent_was_removed_by_others_is_a_root() {
        let tree = tree();
        assert_eq!(tree.list(&SnapshotFilter::all().roots()), ["a", "d"]);
        assert_eq!(tree.parent("d").unwrap(), None);
        assert_eq!(tree.list(&SnapshotFilter::all()), ["a", "b", "c", "d"]);
    }

    #[test]
    fn what_comes_after_a_deleted_one_comes_after_its_parent() {
        let deletion = tree().deletion("b", SnapshotDeletion::Alone).unwrap();
        assert_eq!(deletion.gone.len(), 1);
        assert_eq!(deletion.moved[0].parent(), Some("a"));
        assert_eq!(deletion.current.as_deref(), Some("c"));
        let deletion = tree().deletion("a", SnapshotDeletion::DescendantsOnly).unwrap();
        let gone: Vec<&str> = deletion.gone.iter().map(|kept| kept.directory.as_str()).collect();
        assert_eq!(gone, ["c", "b"]);
        assert_eq!(deletion.current.as_deref(), Some("a"));
    }

    #[test]
    fn numbers_are_those_that_liblxc_would_give() {
        assert_eq!(tree().free_directory(), "snap1");
    }

    #[test]
    fn parents_in_a_circle_end() {
        let all = vec![kept("a", Some("b")), kept("b", Some("a"))];
        let tree = Snapshots::new(None, Vec::new(), all);
        assert_eq!(tree.descendants("a"), ["b", "a"]);
    }
}
