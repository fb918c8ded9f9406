//! The snapshots of a machine, as the tree they are: pure.
//!
//! Names are for people on ESX, and several snapshots of a machine may have the same. One is meant by its name where no
//! other has that; else by the server's own name of it (`snapshot-12`), or by its path (`installed/patched`).

use std::time::{SystemTime, UNIX_EPOCH};

use virt_core::model::snapshot::SnapshotState;
use virt_core::snapshot::SnapshotFilter;
use virt_core::{Error, ErrorKind, Result};

use crate::inventory::{escaped, unescaped};
use crate::vim::{
    ManagedObjectReference, VirtualMachinePowerState as Power, VirtualMachineSnapshotInfo,
    VirtualMachineSnapshotTree,
};

/// How many names an error lists.
const LISTED: usize = 5;

/// The snapshots of a machine: parents before children.
#[derive(Debug, Default)]
pub(super) struct Tree {
    nodes: Vec<Node>,
    current: Option<ManagedObjectReference>,
}

/// A snapshot.
#[derive(Debug)]
pub(super) struct Node {
    pub(super) reference: ManagedObjectReference,
    pub(super) name: String,
    pub(super) description: String,
    pub(super) created: Option<SystemTime>,
    /// The machine's power then; off, too, for one that was taken without the memory of a machine that ran.
    pub(super) power: Power,
    /// The names from the root to it.
    path: String,
    /// The server's own name of the one before it.
    parent: Option<ManagedObjectReference>,
    is_leaf: bool,
}

impl Node {
    pub(super) fn state(&self) -> SnapshotState {
        match self.power {
            Power::PoweredOn => SnapshotState::Running,
            Power::Suspended => SnapshotState::Paused,
            _ => SnapshotState::Shutoff,
        }
    }

    /// When it was made, in seconds since 1970.
    pub(super) fn creation_time(&self) -> Option<i64> {
        let since = self.created?.duration_since(UNIX_EPOCH).ok()?;
        i64::try_from(since.as_secs()).ok()
    }

    fn shows(&self, filter: &SnapshotFilter) -> bool {
        let off = self.power == Power::PoweredOff;
        let any_state = !(filter.inactive || filter.active || filter.disk_only);
        let state_fits = any_state || filter.inactive && off || filter.active && !off;
        // What they consist of is the machine's own, and no manager beside the server keeps notes of them.
        let place_fits = filter.internal || !filter.external;
        filter.leaves.is_none_or(|leaves| leaves == self.is_leaf)
            && filter.metadata != Some(true)
            && state_fits
            && place_fits
    }
}

impl Tree {
    pub(super) fn of(info: Option<VirtualMachineSnapshotInfo>) -> Self {
        let Some(info) = info else {
            return Self::default();
        };
        let mut tree = Self {
            nodes: Vec::new(),
            current: info.current_snapshot,
        };
        // The last one waits at the end: it comes next.
        let mut waiting: Vec<(
            VirtualMachineSnapshotTree,
            Option<(ManagedObjectReference, String)>,
        )> = info
            .root_snapshot_list
            .into_iter()
            .rev()
            .map(|root| (root, None))
            .collect();
        while let Some((mut next, parent)) = waiting.pop() {
            let name = unescaped(&next.name);
            let path = match &parent {
                Some((_, above)) => format!("{above}/{name}"),
                None => name.clone(),
            };
            let children = std::mem::take(&mut next.child_snapshot_list);
            let here = (next.snapshot.clone(), path.clone());
            tree.nodes.push(Node {
                reference: next.snapshot,
                name,
                description: next.description,
                created: next.create_time.to_system_time(),
                power: next.state,
                path,
                parent: parent.map(|(reference, _)| reference),
                is_leaf: children.is_empty(),
            });
            waiting.extend(
                children
                    .into_iter()
                    .rev()
                    .map(|child| (child, Some(here.clone()))),
            );
        }
        tree
    }

    /// How users name it: by its name where only it has that, else by the server's.
    pub(super) fn handle(&self, node: &Node) -> String {
        if self.called(&node.name).nth(1).is_some() {
            return node.reference.value.clone();
        }
        node.name.clone()
    }

    fn called<'a>(&'a self, name: &str) -> impl Iterator<Item = &'a Node> {
        self.nodes.iter().filter(move |node| node.name == name)
    }

    pub(super) fn has_name(&self, name: &str) -> bool {
        self.called(name).next().is_some()
    }

    /// The snapshot that is meant.
    pub(super) fn get(&self, handle: &str) -> Result<&Node> {
        let mut called = self.called(handle);
        match (called.next(), called.next()) {
            (Some(one), None) => return Ok(one),
            (Some(_), Some(_)) => return Err(self.ambiguous(handle)),
            (None, _) => {}
        }
        let mut others = self
            .nodes
            .iter()
            .filter(|node| node.reference.value == handle || node.path == handle);
        match (others.next(), others.next()) {
            (Some(one), None) => Ok(one),
            (Some(_), Some(_)) => Err(self.ambiguous(handle)),
            (None, _) => Err(self.no_such()),
        }
    }

    fn ambiguous(&self, handle: &str) -> Error {
        let meant = self
            .nodes
            .iter()
            .filter(|node| node.name == handle || node.path == handle);
        let listed: Vec<String> = meant
            .take(LISTED)
            .map(|node| format!("{} ({})", node.reference.value, node.path))
            .collect();
        let message = format!(
            "several snapshots of the domain are called so: say the server's name of the one that is meant, or its path; \
             there are {}",
            listed.join(", ")
        );
        Error::new(ErrorKind::InvalidArgument, message)
    }

    fn no_such(&self) -> Error {
        let listed: Vec<String> = self
            .nodes
            .iter()
            .take(LISTED)
            .map(|node| self.handle(node))
            .collect();
        let more = self.nodes.len().saturating_sub(LISTED);
        let message = match (listed.is_empty(), more) {
            (true, _) => "no such snapshot (there is none at all)".to_owned(),
            (false, 0) => format!("no such snapshot (there are: {})", listed.join(", ")),
            (false, more) => format!(
                "no such snapshot (there are: {} and {more} more)",
                listed.join(", ")
            ),
        };
        Error::new(ErrorKind::NotFound, message)
    }

    /// The one the machine comes from.
    pub(super) fn current(&self) -> Option<&Node> {
        self.by_reference(self.current.as_ref()?)
    }

    fn by_reference(&self, reference: &ManagedObjectReference) -> Option<&Node> {
        self.nodes.iter().find(|node| node.reference == *reference)
    }

    pub(super) fn parent(&self, node: &Node) -> Option<&Node> {
        self.by_reference(node.parent.as_ref()?)
    }

    pub(super) fn children<'a>(&'a self, node: &'a Node) -> impl Iterator<Item = &'a Node> {
        let of_it = move |child: &&Node| child.parent.as_ref() == Some(&node.reference);
        self.nodes.iter().filter(of_it)
    }

    /// Whether one comes after another, directly or not.
    fn is_after(&self, node: &Node, before: &Node) -> bool {
        let mut at = self.parent(node);
        while let Some(parent) = at {
            if parent.reference == before.reference {
                return true;
            }
            at = self.parent(parent);
        }
        false
    }

    pub(super) fn list(&self, filter: &SnapshotFilter) -> Vec<String> {
        let found = self.nodes.iter();
        self.shown(
            found.filter(|node| !filter.roots || node.parent.is_none()),
            filter,
        )
    }

    pub(super) fn after(&self, node: &Node, filter: &SnapshotFilter) -> Vec<String> {
        if filter.descendants {
            let found = self.nodes.iter();
            return self.shown(found.filter(|other| self.is_after(other, node)), filter);
        }
        self.shown(self.children(node), filter)
    }

    fn shown<'a>(&self, nodes: impl Iterator<Item = &'a Node>, filter: &SnapshotFilter) -> Vec<String> {
        let shown = nodes.filter(|node| node.shows(filter));
        let mut names: Vec<String> = shown.map(|node| self.handle(node)).collect();
        if !filter.topological {
            names.sort_unstable();
        }
        names
    }
}

/// A name as it is given to a server. One that would be read as another is escaped.
pub(super) fn given(name: &str) -> String {
    if unescaped(name) == name {
        return name.to_owned();
    }
    escaped(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_read_as_it_was_given() {
        for (name, sent) in [
            ("a/b", "a/b"),
            ("50%", "50%"),
            ("a%2fb", "a%252fb"),
            ("%25", "%2525"),
        ] {
            assert_eq!(given(name), sent);
            assert_eq!(unescaped(sent), name);
        }
    }

    fn snapshot(
        value: &str,
        name: &str,
        power: Power,
        children: Vec<VirtualMachineSnapshotTree>,
    ) -> VirtualMachineSnapshotTree {
        VirtualMachineSnapshotTree {
            snapshot: ManagedObjectReference::new("VirtualMachineSnapshot", value),
            name: name.to_owned(),
            state: power,
            create_time: SystemTime::UNIX_EPOCH.into(),
            child_snapshot_list: children,
            ..VirtualMachineSnapshotTree::default()
        }
    }

    /// a ── b ── twice, and twice after a.
    fn tree() -> Tree {
        let twice = || "twice";
        let below = snapshot("s-3", twice(), Power::PoweredOff, Vec::new());
        let b = snapshot("s-2", "b%2fc", Power::PoweredOn, vec![below]);
        let other = snapshot("s-4", twice(), Power::Suspended, Vec::new());
        let a = snapshot("s-1", "a", Power::PoweredOff, vec![b, other]);
        Tree::of(Some(VirtualMachineSnapshotInfo {
            current_snapshot: Some(ManagedObjectReference::new("VirtualMachineSnapshot", "s-4")),
            root_snapshot_list: vec![a],
        }))
    }

    #[test]
    fn those_of_one_name_are_told_apart_by_the_servers_and_by_their_paths() {
        let tree = tree();
        let all = SnapshotFilter::all();
        assert_eq!(tree.list(&all.clone().topological()), ["a", "b/c", "s-3", "s-4"]);
        let error = tree.get("twice").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidArgument);
        assert!(
            error.message().contains("s-3 (a/b/c/twice), s-4 (a/twice)"),
            "{error}"
        );
        assert_eq!(tree.get("s-3").unwrap().reference.value, "s-3");
        assert_eq!(tree.get("a/twice").unwrap().reference.value, "s-4");
        assert_eq!(
            tree.current().map(|node| tree.handle(node)).as_deref(),
            Some("s-4")
        );
        let error = tree.get("c").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotFound);
        assert!(error.message().contains("a, b/c, s-3, s-4"), "{error}");
        assert!(
            Tree::default()
                .get("a")
                .unwrap_err()
                .message()
                .contains("none at all")
        );
    }

    #[test]
    fn filters_show_what_they_are_for() {
        let tree = tree();
        let all = SnapshotFilter::all;
        for (filter, shown) in [
            (all().roots(), vec!["a"]),
            (all().leaves(true), vec!["s-3", "s-4"]),
            (all().leaves(false), vec!["a", "b/c"]),
            (all().active(), vec!["b/c", "s-4"]),
            (all().inactive(), vec!["a", "s-3"]),
            (all().disk_only(), vec![]),
            (all().inactive().active(), vec!["a", "b/c", "s-3", "s-4"]),
            (all().external(), vec![]),
            (all().internal().external(), vec!["a", "b/c", "s-3", "s-4"]),
            (all().metadata(true), vec![]),
            (all().metadata(false).roots(), vec!["a"]),
        ] {
            assert_eq!(tree.list(&filter), shown, "{filter:?}");
        }
        let a = tree.get("a").unwrap();
        assert_eq!(tree.after(a, &all()), ["b/c", "s-4"]);
        assert_eq!(tree.after(a, &all().descendants()), ["b/c", "s-3", "s-4"]);
        let below = tree.get("s-3").unwrap();
        assert_eq!(tree.parent(below).map(|node| node.name.as_str()), Some("b/c"));
        assert_eq!(below.creation_time(), Some(0));
        assert!(tree.after(below, &all().descendants()).is_empty());
    }
}
