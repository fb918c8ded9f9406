//! The tree: paths with values and permissions, and what has changed in it.

use std::collections::BTreeMap;

/// The tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Tree {
    nodes: BTreeMap<String, Node>,
    changes: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Node {
    value: Vec<u8>,
    permissions: Vec<u8>,
}

impl Default for Node {
    fn default() -> Self {
        Self {
            value: Vec::new(),
            permissions: b"n0\0".to_vec(),
        }
    }
}

impl Default for Tree {
    fn default() -> Self {
        Self {
            nodes: BTreeMap::from([("/".to_owned(), Node::default())]),
            changes: Vec::new(),
        }
    }
}

impl Tree {
    pub(super) fn read(&self, path: &str) -> Option<&[u8]> {
        self.nodes.get(path).map(|node| node.value.as_slice())
    }

    /// The names directly below a node.
    pub(super) fn names(&self, path: &str) -> Option<Vec<&str>> {
        self.nodes.get(path)?;
        let below = |node: &'_ String| -> bool { node != path && is_at_or_below(node, path) };
        let start = path.trim_end_matches('/').len() + 1;
        let names = self.nodes.keys().filter(|node| below(node));
        Some(
            names
                .filter_map(|node| node.get(start..))
                .filter(|name| !name.contains('/'))
                .collect(),
        )
    }

    pub(super) fn write(&mut self, path: &str, value: &[u8]) {
        self.make(path);
        if let Some(node) = self.nodes.get_mut(path) {
            node.value = value.to_vec();
        }
        self.changes.push(path.to_owned());
    }

    /// Makes a node and those above it, where they are not there.
    pub(super) fn make(&mut self, path: &str) {
        let ends = path.match_indices('/').map(|(at, _)| at).skip(1);
        for end in ends.chain([path.len()]) {
            let part = path.get(..end).unwrap_or(path);
            if !self.nodes.contains_key(part) {
                self.nodes.insert(part.to_owned(), Node::default());
                self.changes.push(part.to_owned());
            }
        }
    }

    /// Removes a node and what is below it; whether there was anything to remove it from: one that is not there counts as
    /// removed where the node above it is there.
    pub(super) fn remove(&mut self, path: &str) -> bool {
        if !self.nodes.contains_key(path) {
            let above = path.rsplit_once('/').map_or("/", |(above, _)| above);
            let above = if above.is_empty() { "/" } else { above };
            return self.nodes.contains_key(above);
        }
        let gone: Vec<String> = self
            .nodes
            .keys()
            .filter(|node| is_at_or_below(node, path))
            .cloned()
            .collect();
        for node in gone {
            self.nodes.remove(&node);
            self.changes.push(node);
        }
        true
    }

    pub(super) fn permissions(&self, path: &str) -> Option<&[u8]> {
        self.nodes.get(path).map(|node| node.permissions.as_slice())
    }

    pub(super) fn set_permissions(&mut self, path: &str, permissions: &[u8]) -> Result<(), &'static str> {
        let node = self.nodes.get_mut(path).ok_or("ENOENT")?;
        node.permissions = permissions.to_vec();
        self.changes.push(path.to_owned());
        Ok(())
    }

    /// Whether it has the same nodes.
    pub(super) fn is_as(&self, other: &Self) -> bool {
        self.nodes == other.nodes
    }

    /// What has changed since it was asked last, in that order.
    pub(super) fn take_changes(&mut self) -> Vec<String> {
        std::mem::take(&mut self.changes)
    }
}

/// Whether a path is another, or below it.
pub(super) fn is_at_or_below(path: &str, above: &str) -> bool {
    let rest = path.strip_prefix(above.trim_end_matches('/'));
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}
