//! Which snapshots are listed.

use crate::option_steps::option_steps;

/// Which snapshots are listed (`virDomainSnapshotListFlags`). What is not said shows both; of the states, and of the
/// places, several may be asked for together.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct SnapshotFilter {
    /// Of a domain's: only those without a parent.
    pub roots: bool,
    /// Of a snapshot's: all that come after it, not its children only.
    pub descendants: bool,
    /// Only those without children, or only those with.
    pub leaves: Option<bool>,
    /// Only those the manager keeps notes on, or only those it does not.
    pub metadata: Option<bool>,
    /// Of domains that were off.
    pub inactive: bool,
    /// Of domains that ran, with their memory.
    pub active: bool,
    /// Of domains that ran, without their memory.
    pub disk_only: bool,
    /// With all state in the domain's own images.
    pub internal: bool,
    /// With state in files of its own.
    pub external: bool,
    /// Parents before children, instead of by name.
    pub topological: bool,
}

impl SnapshotFilter {
    /// All of them.
    #[must_use]
    pub fn all() -> Self {
        Self::default()
    }

    option_steps! {
        /// Only those without a parent.
        roots;

        /// All that come after it.
        descendants;
    }

    /// Only those without children (`true`), or with.
    #[must_use]
    pub fn leaves(mut self, leaves: bool) -> Self {
        self.leaves = Some(leaves);
        self
    }

    /// Only those with notes of the manager (`true`), or without.
    #[must_use]
    pub fn metadata(mut self, metadata: bool) -> Self {
        self.metadata = Some(metadata);
        self
    }

    option_steps! {
        /// Those of domains that were off.
        inactive;

        /// Those of domains that ran, with their memory.
        active;

        /// Those of domains that ran, without their memory.
        disk_only;

        /// Those in the domain's own images.
        internal;

        /// Those with files of their own.
        external;

        /// Parents before children.
        topological;
    }
}
