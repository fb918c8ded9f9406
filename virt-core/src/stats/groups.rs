//! Which statistics are wanted.

/// A group of statistics (`virDomainStatsTypes`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum StatsGroup {
    /// State and reason: known without asking the guest's process.
    State,
    /// CPU time.
    Cpu,
    /// Memory.
    Balloon,
    /// vCPUs.
    Vcpu,
    /// Disks.
    Block,
    /// Network interfaces.
    Interface,
}

impl StatsGroup {
    /// All of them.
    pub const ALL: &'static [Self] = &[
        Self::State,
        Self::Cpu,
        Self::Balloon,
        Self::Vcpu,
        Self::Block,
        Self::Interface,
    ];

    const fn bit(self) -> u8 {
        match self {
            Self::State => 1,
            Self::Cpu => 2,
            Self::Balloon => 4,
            Self::Vcpu => 8,
            Self::Block => 16,
            Self::Interface => 32,
        }
    }
}

/// A set of groups.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct StatsGroups(u8);

impl StatsGroups {
    /// All groups.
    #[must_use]
    pub fn all() -> Self {
        StatsGroup::ALL.iter().copied().collect()
    }

    /// No group yet, to be extended by [`StatsGroups::and`].
    #[must_use]
    pub fn none() -> Self {
        Self(0)
    }

    /// This group too.
    #[must_use]
    pub fn and(self, group: StatsGroup) -> Self {
        Self(self.0 | group.bit())
    }

    /// Whether this group is wanted.
    #[must_use]
    pub fn has(self, group: StatsGroup) -> bool {
        self.0 & group.bit() != 0
    }
}

impl From<StatsGroup> for StatsGroups {
    fn from(group: StatsGroup) -> Self {
        Self::none().and(group)
    }
}

impl FromIterator<StatsGroup> for StatsGroups {
    fn from_iter<I: IntoIterator<Item = StatsGroup>>(groups: I) -> Self {
        groups.into_iter().fold(Self::none(), Self::and)
    }
}
