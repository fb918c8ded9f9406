//! The handle of a snapshot.

use std::time::Duration;

use super::{SnapshotDeleteOptions, SnapshotFilter, SnapshotRevertOptions};
use crate::deadline::CallClass;
use crate::domain::Domain;
use crate::driver::{ConnectionDriver, SnapshotDriver, facet};
use crate::error::{Error, ErrorKind, Result, Subject};
use crate::model::SnapshotConfig;
use crate::subject_calls::subject_calls;

/// A snapshot of a domain, by its name. Cheap to clone; dropping it does nothing.
///
/// All methods answer `NotFound` once it is gone. See [`Connection`](crate::Connection) for deadlines and cancel safety.
#[derive(Debug, Clone)]
pub struct Snapshot {
    domain: Domain,
    name: String,
}

/// The facet, or that there is none.
pub(super) fn snapshots(driver: &dyn ConnectionDriver) -> Result<&dyn SnapshotDriver> {
    facet(driver.snapshots(), "snapshots")
}

impl Snapshot {
    pub(super) fn new(domain: Domain, name: String) -> Self {
        Self { domain, name }
    }

    /// The same snapshot, whose calls each have this long.
    #[must_use]
    pub fn with_deadline(&self, time: Duration) -> Self {
        Self {
            domain: self.domain.with_deadline(time),
            name: self.name.clone(),
        }
    }

    /// Its name, unique in its domain.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The domain it belongs to.
    #[must_use]
    pub fn domain(&self) -> &Domain {
        &self.domain
    }

    /// Its document (`virDomainSnapshotGetXMLDesc`), without secrets.
    pub async fn config(&self) -> Result<SnapshotConfig> {
        self.config_of(false).await
    }

    /// Its document, with secrets.
    ///
    /// # Errors
    /// `Denied` on a read-only connection.
    pub async fn config_with_secrets(&self) -> Result<SnapshotConfig> {
        if self.domain.connection().is_read_only() {
            return Err(Error::new(
                ErrorKind::Denied,
                "the connection is read-only: secrets are not shown",
            )
            .with_operation("snapshot_config")
            .with_subject(self.subject()));
        }
        self.config_of(true).await
    }

    async fn config_of(&self, secure: bool) -> Result<SnapshotConfig> {
        self.call("snapshot_config", CallClass::Query, async |call, driver| {
            let snapshots = snapshots(driver.as_ref())?;
            snapshots
                .config(&call, self.domain.uuid(), &self.name, secure)
                .await
        })
        .await
        .map(|config| *config)
    }

    /// The one it comes after (`virDomainSnapshotGetParent`).
    pub async fn parent(&self) -> Result<Option<Self>> {
        let parent = self
            .call("snapshot_parent", CallClass::Query, async |call, driver| {
                let snapshots = snapshots(driver.as_ref())?;
                snapshots.parent(&call, self.domain.uuid(), &self.name).await
            })
            .await?;
        Ok(parent.map(|name| Self::new(self.domain.clone(), name)))
    }

    /// Those that come directly after it (`virDomainSnapshotListAllChildren`).
    pub async fn children(&self) -> Result<Vec<Self>> {
        self.children_with(&SnapshotFilter::all()).await
    }

    /// Those of the ones that come after it which a filter shows.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let conn = virt_core::Connection::builder().open("test:///default").await?;
    /// # let domain = conn.domain("test").await?;
    /// use virt_core::model::SnapshotConfig;
    /// use virt_core::snapshot::SnapshotFilter;
    /// let first = domain.create_snapshot(&SnapshotConfig::builder().name("first").build()?).await?;
    /// let second = domain.create_snapshot(&SnapshotConfig::builder().name("second").build()?).await?;
    /// assert_eq!(second.parent().await?.map(|parent| parent.name().to_owned()).as_deref(), Some("first"));
    /// let after = first.children_with(&SnapshotFilter::all().descendants().leaves(true)).await?;
    /// assert_eq!(after.len(), 1);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn children_with(&self, filter: &SnapshotFilter) -> Result<Vec<Self>> {
        let names = self
            .call("snapshot_children", CallClass::Query, async |call, driver| {
                let snapshots = snapshots(driver.as_ref())?;
                snapshots
                    .children(&call, self.domain.uuid(), &self.name, filter)
                    .await
            })
            .await?;
        Ok(names
            .into_iter()
            .map(|name| Self::new(self.domain.clone(), name))
            .collect())
    }

    /// Whether the domain comes from it, or it is the newest (`virDomainSnapshotIsCurrent`).
    pub async fn is_current(&self) -> Result<bool> {
        let current = self
            .call("current_snapshot", CallClass::Query, async |call, driver| {
                snapshots(driver.as_ref())?
                    .current(&call, self.domain.uuid())
                    .await
            })
            .await?;
        Ok(current.as_deref() == Some(self.name.as_str()))
    }

    /// Whether the manager keeps notes of it (`virDomainSnapshotHasMetadata`).
    pub async fn has_metadata(&self) -> Result<bool> {
        self.call("snapshot_has_metadata", CallClass::Query, async |call, driver| {
            let snapshots = snapshots(driver.as_ref())?;
            snapshots
                .has_metadata(&call, self.domain.uuid(), &self.name)
                .await
        })
        .await
    }

    /// Takes its domain back to it (`virDomainRevertToSnapshot`). Deadline: [`CallClass::Wait`], 5 min unless said.
    pub async fn revert(&self) -> Result<()> {
        self.revert_with(&SnapshotRevertOptions::default()).await
    }

    /// Takes its domain back to it, with options.
    ///
    /// # Errors
    /// `InvalidState` where that needs `force`.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let conn = virt_core::Connection::builder().open("test:///default").await?;
    /// # let domain = conn.domain("test").await?;
    /// use virt_core::DomainState;
    /// use virt_core::model::SnapshotConfig;
    /// use virt_core::snapshot::SnapshotRevertOptions;
    /// let before = domain.create_snapshot(&SnapshotConfig::builder().name("before").build()?).await?;
    /// domain.agent().write_file("/etc/hostname", b"broken").await?;
    /// before.revert_with(&SnapshotRevertOptions::default().paused()).await?;
    /// assert_eq!(domain.info().await?.state, DomainState::Paused);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn revert_with(&self, options: &SnapshotRevertOptions) -> Result<()> {
        self.call("revert_snapshot", CallClass::Wait, async |call, driver| {
            let snapshots = snapshots(driver.as_ref())?;
            snapshots
                .revert(&call, self.domain.uuid(), &self.name, options)
                .await
        })
        .await
    }

    /// Removes it (`virDomainSnapshotDelete`): what comes after it comes after its parent then. Deadline:
    /// [`CallClass::Wait`], 5 min unless said.
    pub async fn delete(&self) -> Result<()> {
        self.delete_with(&SnapshotDeleteOptions::default()).await
    }

    /// Removes it, or what comes after it, or only the manager's notes.
    pub async fn delete_with(&self, options: &SnapshotDeleteOptions) -> Result<()> {
        self.call("delete_snapshot", CallClass::Wait, async |call, driver| {
            let snapshots = snapshots(driver.as_ref())?;
            snapshots
                .delete(&call, self.domain.uuid(), &self.name, options)
                .await
        })
        .await
    }

    fn subject(&self) -> Subject {
        Subject::Snapshot(format!("{}/{}", self.domain.name(), self.name))
    }

    subject_calls!(|snapshot| snapshot.domain.connection(), Self::subject);
}
