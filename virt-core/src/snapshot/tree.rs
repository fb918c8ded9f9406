//! All snapshots of a domain at once, as the tree they are.

use std::fmt;

use tokio::task::JoinSet;

use super::{Snapshot, SnapshotFilter};
use crate::domain::Domain;
use crate::error::{Error, ErrorKind, Result};
use crate::model::SnapshotConfig;
use crate::sorted::{SortedMap, sort_by_rank};

/// So many documents are read at a time.
const AT_A_TIME: usize = 8;

/// All snapshots of a domain.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct SnapshotTree {
    /// Those that come after no other, by the time they were made at.
    pub roots: Vec<SnapshotNode>,
}

/// A snapshot in the tree.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct SnapshotNode {
    /// The snapshot.
    pub snapshot: Snapshot,
    /// Its document.
    pub config: Box<SnapshotConfig>,
    /// Whether the domain comes from it, or it is the newest.
    pub is_current: bool,
    /// Those that come directly after it, by the time they were made at.
    pub children: Vec<Self>,
}

impl Domain {
    /// All its snapshots with their documents, as a tree (`virDomainListAllSnapshots`, `virDomainSnapshotGetXMLDesc`).
    /// A snapshot that is deleted meanwhile is left out.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let conn = virt_core::Connection::builder().open("test:///default").await?;
    /// # let domain = conn.domain("test").await?;
    /// use virt_core::model::SnapshotConfig;
    /// for name in ["installed", "configured"] {
    ///     domain.create_snapshot(&SnapshotConfig::builder().name(name).build()?).await?;
    /// }
    /// let tree = domain.snapshot_tree().await?;
    /// assert_eq!(tree.to_string(), "installed\n  configured (current)\n");
    /// # Ok(())
    /// # }
    /// ```
    pub async fn snapshot_tree(&self) -> Result<SnapshotTree> {
        let listed = self.snapshots_with(&SnapshotFilter::all().topological()).await?;
        let current = self.current_snapshot().await?;
        let current = current.map(|snapshot| snapshot.name().to_owned());
        let found = documents_of(listed).await?;
        let nodes = found.into_values().map(|(snapshot, config)| {
            let is_current = current.as_deref() == Some(snapshot.name());
            SnapshotNode {
                snapshot,
                config,
                is_current,
                children: Vec::new(),
            }
        });
        Ok(SnapshotTree::of(nodes.collect()))
    }
}

/// A snapshot and its document.
type Documented = (Snapshot, Box<SnapshotConfig>);

/// The documents of those that are still there, by their place in the list; a few are read at a time.
async fn documents_of(listed: Vec<Snapshot>) -> Result<SortedMap<usize, Documented>> {
    let mut waiting = listed.into_iter().enumerate();
    let mut reading = JoinSet::new();
    let mut found = SortedMap::new();
    loop {
        for (place, snapshot) in waiting.by_ref().take(AT_A_TIME.saturating_sub(reading.len())) {
            reading.spawn(async move {
                let config = snapshot.config().await;
                (place, snapshot, config)
            });
        }
        let Some(read) = reading.join_next().await else {
            return Ok(found);
        };
        let (place, snapshot, config) =
            read.map_err(|error| Error::new(ErrorKind::Internal, error.to_string()))?;
        match config {
            Ok(config) => drop(found.insert(place, (snapshot, Box::new(config)))),
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
    }
}

impl SnapshotTree {
    /// The tree of these, each of which names its parent. One whose parent is not there is a root.
    fn of(nodes: Vec<SnapshotNode>) -> Self {
        let names: Vec<String> = nodes.iter().map(|node| node.snapshot.name().to_owned()).collect();
        let mut after: SortedMap<Option<String>, Vec<SnapshotNode>> = SortedMap::new();
        for node in nodes {
            let parent = node.config.parent.as_ref().and_then(|parent| parent.name.clone());
            let parent = parent.filter(|parent| names.contains(parent) && parent != node.snapshot.name());
            after.or_default(parent).push(node);
        }
        Self {
            roots: grown(None, &mut after),
        }
    }

    /// All of them, parents before children.
    pub fn iter(&self) -> impl Iterator<Item = &SnapshotNode> {
        let mut waiting: Vec<&SnapshotNode> = self.roots.iter().rev().collect();
        std::iter::from_fn(move || {
            let next = waiting.pop()?;
            waiting.extend(next.children.iter().rev());
            Some(next)
        })
    }
}

/// What comes after that one, with what comes after it.
fn grown(
    parent: Option<String>,
    after: &mut SortedMap<Option<String>, Vec<SnapshotNode>>,
) -> Vec<SnapshotNode> {
    let mut nodes = after.remove(&parent).unwrap_or_default();
    sort_by_rank(&mut nodes, |node| node.config.creation_time);
    for node in &mut nodes {
        node.children = grown(Some(node.snapshot.name().to_owned()), after);
    }
    nodes
}

/// The names, a line each, indented by what they come after.
impl fmt::Display for SnapshotTree {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.roots.iter().try_for_each(|node| node.line(f, 0))
    }
}

impl SnapshotNode {
    fn line(&self, f: &mut fmt::Formatter<'_>, depth: usize) -> fmt::Result {
        let current = if self.is_current { " (current)" } else { "" };
        let indent = depth * 2;
        writeln!(f, "{:indent$}{}{current}", "", self.snapshot.name())?;
        self.children
            .iter()
            .try_for_each(|child| child.line(f, depth.saturating_add(1)))
    }
}
