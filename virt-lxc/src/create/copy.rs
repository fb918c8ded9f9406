//! How a container is copied.

/// How a container is copied.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct CopyOptions {
    /// The copy shares the root of the first one, and keeps only what it changes (`lxc-copy -s`, an overlay). The first one
    /// is not to be changed from then on; it is not deleted with its root while there is the copy.
    pub snapshot: bool,
    /// The interfaces keep their MAC addresses (`lxc-copy -M`); new ones unless said.
    pub keep_mac: bool,
    /// The copy is gone, with its root, as soon as it has run once (`lxc-copy -e`; liblxc removes it).
    pub ephemeral: bool,
}

impl CopyOptions {
    /// It shares the root.
    #[must_use]
    pub fn snapshot(mut self) -> Self {
        self.snapshot = true;
        self
    }

    /// It is gone as soon as it has run.
    #[must_use]
    pub fn ephemeral(mut self) -> Self {
        self.ephemeral = true;
        self
    }

    /// Its interfaces keep their addresses.
    #[must_use]
    pub fn keep_mac(mut self) -> Self {
        self.keep_mac = true;
        self
    }
}
