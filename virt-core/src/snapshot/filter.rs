//! Which snapshots are listed.

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

    /// Only those without a parent.
    #[must_use]
    pub fn roots(mut self) -> Self {
        self.roots = true;
        self
    }

    /// All that come after it.
    #[must_use]
    pub fn descendants(mut self) -> Self {
        self.descendants = true;
        self
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

    /// Those of domains that were off.
    #[must_use]
    pub fn inactive(mut self) -> Self {
        self.inactive = true;
        self
    }

    /// Those of domains that ran, with their memory.
    #[must_use]
    pub fn active(mut self) -> Self {
        self.active = true;
        self
    }

    /// Those of domains that ran, without their memory.
    #[must_use]
    pub fn disk_only(mut self) -> Self {
        self.disk_only = true;
        self
    }

    /// Those in the domain's own images.
    #[must_use]
    pub fn internal(mut self) -> Self {
        self.internal = true;
        self
    }

    /// Those with files of their own.
    #[must_use]
    pub fn external(mut self) -> Self {
        self.external = true;
        self
    }

    /// Parents before children.
    #[must_use]
    pub fn topological(mut self) -> Self {
        self.topological = true;
        self
    }
}
