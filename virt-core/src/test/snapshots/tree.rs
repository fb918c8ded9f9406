//! The snapshots of a domain, as the tree they are.

use crate::error::{Error, ErrorKind, Result};
use crate::model::snapshot::{SnapshotLocation, SnapshotState};
use crate::model::{DomainConfig, SnapshotConfig};
use crate::snapshot::{SnapshotDeletion, SnapshotFilter};
use crate::sorted::SortedMap;
use crate::test::guest::GuestFiles;

/// The snapshots of a domain.
#[derive(Debug, Default)]
pub(in crate::test) struct Snapshots {
    pub(super) moments: SortedMap<String, Moment>,
    pub(super) current: Option<String>,
}

/// How a domain was at a moment.
#[derive(Debug)]
pub(super) struct Moment {
    pub(super) config: Box<SnapshotConfig>,
    pub(super) definition: Option<Box<DomainConfig>>,
    /// Its run, with memory, and whether the guest had booted.
    pub(super) run: Option<(Box<DomainConfig>, bool)>,
    pub(super) files: Option<GuestFiles>,
}

impl Moment {
    fn parent(&self) -> Option<&str> {
        self.config.parent.as_ref()?.name.as_deref()
    }

    fn set_parent(&mut self, parent: Option<&str>) {
        self.config.parent = parent.map(Into::into);
    }

    fn is_external(&self) -> bool {
        let external = |location: &Option<SnapshotLocation>| *location == Some(SnapshotLocation::External);
        let disks = self.config.disks.iter().flat_map(|list| &list.disks);
        disks.into_iter().any(|disk| external(&disk.snapshot))
            || self
                .config
                .memory
                .as_ref()
                .is_some_and(|memory| external(&memory.snapshot))
    }
}

impl Snapshots {
    pub(super) fn get(&self, name: &str) -> Result<&Moment> {
        self.moments.get(name).ok_or_else(|| {
            let known: Vec<&str> = self.moments.keys().take(5).map(String::as_str).collect();
            let message = match known.is_empty() {
                true => "no such snapshot (there is none at all)".to_owned(),
                false => format!("no such snapshot (there are: {})", known.join(", ")),
            };
            Error::new(ErrorKind::NotFound, message)
        })
    }

    fn children_of<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.moments
            .iter()
            .filter(move |(_, moment)| moment.parent() == Some(name))
            .map(|(name, _)| name.as_str())
    }

    /// All that come after it, parents before children.
    pub(super) fn descendants(&self, name: &str) -> Vec<String> {
        let mut found: Vec<String> = self.children_of(name).map(str::to_owned).collect();
        let mut next = 0;
        while let Some(name) = found.get(next).cloned() {
            found.extend(self.children_of(&name).map(str::to_owned));
            next += 1;
        }
        found
    }

    fn roots(&self) -> impl Iterator<Item = &str> {
        let roots = self
            .moments
            .iter()
            .filter(|(_, moment)| moment.parent().is_none());
        roots.map(|(name, _)| name.as_str())
    }

    fn shows(&self, name: &str, filter: &SnapshotFilter) -> bool {
        let Some(moment) = self.moments.get(name) else {
            return false;
        };
        let is_leaf = self.children_of(name).next().is_none();
        let state = moment.config.state.as_ref();
        let off = state == Some(&SnapshotState::Shutoff);
        let disk_only = state == Some(&SnapshotState::DiskSnapshot);
        let any_state = !(filter.inactive || filter.active || filter.disk_only);
        let state_fits = any_state
            || filter.inactive && off
            || filter.disk_only && disk_only
            || filter.active && !off && !disk_only;
        let external = moment.is_external();
        let any_place = !(filter.internal || filter.external);
        filter.leaves.is_none_or(|leaves| leaves == is_leaf)
            // Those without notes are not in this list.
            && filter.metadata != Some(false)
            && state_fits
            && (any_place || filter.external && external || filter.internal && !external)
    }

    pub(in crate::test) fn list(&self, filter: &SnapshotFilter) -> Vec<String> {
        let roots: Vec<String> = self.roots().map(str::to_owned).collect();
        let mut names = roots.clone();
        if !filter.roots {
            names.extend(roots.iter().flat_map(|root| self.descendants(root)));
        }
        self.shown(names, filter)
    }

    pub(in crate::test) fn children(&self, name: &str, filter: &SnapshotFilter) -> Result<Vec<String>> {
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

    pub(in crate::test) fn config(&self, name: &str) -> Result<Box<SnapshotConfig>> {
        Ok(self.get(name)?.config.clone())
    }

    pub(in crate::test) fn current(&self) -> Option<String> {
        self.current.clone()
    }

    pub(in crate::test) fn parent(&self, name: &str) -> Result<Option<String>> {
        Ok(self.get(name)?.parent().map(str::to_owned))
    }

    pub(super) fn delete(&mut self, name: &str, deletion: SnapshotDeletion) -> Result<()> {
        let parent = self.parent(name)?;
        let descendants = match deletion {
            SnapshotDeletion::Alone => Vec::new(),
            SnapshotDeletion::WithDescendants | SnapshotDeletion::DescendantsOnly => self.descendants(name),
        };
        for gone in &descendants {
            self.moments.remove(gone);
        }
        let alone = deletion != SnapshotDeletion::DescendantsOnly;
        if alone {
            for moment in self.moments.values_mut() {
                if moment.parent() == Some(name) {
                    moment.set_parent(parent.as_deref());
                }
            }
            self.moments.remove(name);
        }
        let current_is_gone = self
            .current
            .as_ref()
            .is_some_and(|current| !self.moments.contains_key(current));
        if current_is_gone {
            self.current = if alone { parent } else { Some(name.to_owned()) };
        }
        Ok(())
    }
}
