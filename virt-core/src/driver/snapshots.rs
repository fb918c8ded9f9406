//! The snapshots of a domain.

use async_trait::async_trait;
use uuid::Uuid;

use crate::deadline::CallContext;
use crate::error::Result;
use crate::model::SnapshotConfig;
use crate::snapshot::{SnapshotCreateOptions, SnapshotDeleteOptions, SnapshotFilter, SnapshotRevertOptions};

/// The snapshots of a domain. A snapshot is named by its domain and its name.
///
/// # Behaviour, for all methods
/// * A snapshot that does not exist answers `NotFound`; so does a domain.
/// * Works that take long (memory saved, images merged) are carried to their end whoever waits.
#[async_trait]
pub trait SnapshotDriver: Send + Sync {
    /// The names of those a filter shows, sorted, or parents before children where the filter says so
    /// (`virDomainListAllSnapshots`).
    async fn list(&self, call: &CallContext, domain: Uuid, filter: &SnapshotFilter) -> Result<Vec<String>>;

    /// The names of those that come directly after a snapshot, or of all that come after it where the filter says so
    /// (`virDomainSnapshotListAllChildren`).
    async fn children(
        &self,
        call: &CallContext,
        domain: Uuid,
        snapshot: &str,
        filter: &SnapshotFilter,
    ) -> Result<Vec<String>>;

    /// The document of a snapshot (`virDomainSnapshotGetXMLDesc`), with secrets when asked for. This is how it is looked
    /// up as well.
    ///
    /// # Errors
    /// `NotFound`, naming a few that do exist.
    async fn config(
        &self,
        call: &CallContext,
        domain: Uuid,
        snapshot: &str,
        secure: bool,
    ) -> Result<Box<SnapshotConfig>>;

    /// The one the domain comes from, or the newest (`virDomainSnapshotCurrent`).
    async fn current(&self, call: &CallContext, domain: Uuid) -> Result<Option<String>>;

    /// The one it comes after (`virDomainSnapshotGetParent`).
    async fn parent(&self, call: &CallContext, domain: Uuid, snapshot: &str) -> Result<Option<String>>;

    /// Whether it stands in the way of an undefine, being the manager's own (`virDomainSnapshotHasMetadata`).
    async fn has_metadata(&self, call: &CallContext, domain: Uuid, snapshot: &str) -> Result<bool>;

    /// Makes one; its name (`virDomainSnapshotCreateXML`). It is the current one then.
    ///
    /// # Errors
    /// `AlreadyExists` for a name there is; `InvalidConfig` for disks the domain has not; `InvalidArgument` for options
    /// that do not go together; `AgentUnavailable` when file systems are to be frozen and nobody answers.
    async fn create(
        &self,
        call: &CallContext,
        domain: Uuid,
        config: &SnapshotConfig,
        options: &SnapshotCreateOptions,
    ) -> Result<String>;

    /// Takes the domain back to it (`virDomainRevertToSnapshot`): it runs, is paused or is off as then, unless the options
    /// say otherwise. It is the current one then.
    ///
    /// # Errors
    /// `InvalidState` when that can't be done safely, or not without `force`.
    async fn revert(
        &self,
        call: &CallContext,
        domain: Uuid,
        snapshot: &str,
        options: &SnapshotRevertOptions,
    ) -> Result<()>;

    /// Removes it (`virDomainSnapshotDelete`). What comes after it comes after its parent then; the domain stays as it is.
    async fn delete(
        &self,
        call: &CallContext,
        domain: Uuid,
        snapshot: &str,
        options: &SnapshotDeleteOptions,
    ) -> Result<()>;
}
