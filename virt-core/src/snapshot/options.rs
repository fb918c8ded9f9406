//! How snapshots are made, reverted to and deleted.

use crate::domain::ResumeState;
use crate::option_steps::option_steps;

/// How a snapshot is made (`virDomainSnapshotCreateFlags`).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct SnapshotCreateOptions {
    /// Disks only, without memory: the state of a machine whose plug was pulled.
    pub disk_only: bool,
    /// The guest's file systems are frozen meanwhile, through its agent; disks only.
    pub quiesce: bool,
    /// All disks or none.
    pub atomic: bool,
    /// The guest goes on while its memory is saved; external memory only.
    pub live: bool,
    /// The domain is off afterwards.
    pub halt: bool,
    /// Files of external snapshots are there already: the manager makes none.
    pub reuse_external: bool,
    /// The manager keeps no notes of it: it is known by its images only.
    pub no_metadata: bool,
    /// Nothing is made: the manager takes notes of a snapshot there was, as its document tells.
    pub redefine: bool,
    /// With `redefine`: it is the current one then.
    pub current: bool,
    /// The document is checked by the manager's schema.
    pub validate: bool,
}

impl SnapshotCreateOptions {
    option_steps! {
        /// Disks only.
        disk_only;
        /// Freezes the guest's file systems meanwhile.
        quiesce;
        /// All disks or none.
        atomic;
        /// Lets the guest go on while its memory is saved.
        live;
        /// Ends the domain afterwards.
        halt;
        /// Uses files that are there.
        reuse_external;
        /// Keeps no notes.
        no_metadata;
        /// Takes notes of a snapshot there was.
        redefine;
        /// Makes a redefined one the current one.
        current;
        /// Checks the document by the manager's schema.
        validate;
    }
}

/// How a domain is taken back (`virDomainSnapshotRevertFlags`).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct SnapshotRevertOptions {
    /// What the guest does then; as it did when the snapshot was made unless said.
    pub state: Option<ResumeState>,
    /// Also where something may be lost: a running machine that has to be replaced, a configuration that is not known.
    pub force: bool,
    /// The firmware's variables are those of its template.
    pub reset_nvram: bool,
}

impl SnapshotRevertOptions {
    /// The guest runs then.
    #[must_use]
    pub fn running(mut self) -> Self {
        self.state = Some(ResumeState::Running);
        self
    }

    /// The guest is paused then.
    #[must_use]
    pub fn paused(mut self) -> Self {
        self.state = Some(ResumeState::Paused);
        self
    }

    option_steps! {
        /// Also where something may be lost.
        force;
        /// Forgets the firmware's variables.
        reset_nvram;
    }
}

/// What is deleted with a snapshot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum SnapshotDeletion {
    /// It alone.
    #[default]
    Alone,
    /// It and all that come after it (`VIR_DOMAIN_SNAPSHOT_DELETE_CHILDREN`).
    WithDescendants,
    /// All that come after it (`VIR_DOMAIN_SNAPSHOT_DELETE_CHILDREN_ONLY`).
    DescendantsOnly,
}

/// How a snapshot is deleted (`virDomainSnapshotDeleteFlags`).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct SnapshotDeleteOptions {
    /// What is deleted with it.
    pub deletion: SnapshotDeletion,
    /// Only the manager's notes: images and files stay.
    pub metadata_only: bool,
}

impl SnapshotDeleteOptions {
    /// It and all that come after it.
    #[must_use]
    pub fn with_descendants(mut self) -> Self {
        self.deletion = SnapshotDeletion::WithDescendants;
        self
    }

    /// All that come after it.
    #[must_use]
    pub fn descendants_only(mut self) -> Self {
        self.deletion = SnapshotDeletion::DescendantsOnly;
        self
    }

    option_steps! {
        /// Only the manager's notes.
        metadata_only;
    }
}
