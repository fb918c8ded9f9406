//! The snapshots of a domain: made, listed, looked up.

use super::handle::snapshots;
use super::{Snapshot, SnapshotCreateOptions, SnapshotFilter};
use crate::deadline::CallClass;
use crate::domain::Domain;
use crate::error::{Error, ErrorKind, Result};
use crate::model::SnapshotConfig;

impl Domain {
    /// Makes a snapshot of it (`virDomainSnapshotCreateXML`): with its memory while it runs, as the document says.
    /// Deadline: [`CallClass::Wait`], 5 min unless said; memory takes its time.
    ///
    /// # Errors
    /// `AlreadyExists` for a name there is; `InvalidConfig` for disks it has not.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let conn = virt_core::Connection::builder().open("test:///default").await?;
    /// # let domain = conn.domain("test").await?;
    /// use virt_core::model::SnapshotConfig;
    /// let config = SnapshotConfig::builder().name("before-upgrade").description("all is well").build()?;
    /// let snapshot = domain.create_snapshot(&config).await?;
    /// assert!(snapshot.is_current().await?);
    /// snapshot.delete().await?;
    /// assert!(domain.snapshots().await?.is_empty());
    /// # Ok(())
    /// # }
    /// ```
    pub async fn create_snapshot(&self, config: &SnapshotConfig) -> Result<Snapshot> {
        self.create_snapshot_with(config, &SnapshotCreateOptions::default())
            .await
    }

    /// Makes a snapshot of it, with options.
    ///
    /// # Errors
    /// `InvalidArgument` for options that do not go together.
    pub async fn create_snapshot_with(
        &self,
        config: &SnapshotConfig,
        options: &SnapshotCreateOptions,
    ) -> Result<Snapshot> {
        let name = self
            .call("create_snapshot", CallClass::Wait, async |call, driver| {
                check(config, options)?;
                let snapshots = snapshots(driver.as_ref())?;
                snapshots.create(&call, self.uuid(), config, options).await
            })
            .await?;
        Ok(Snapshot::new(self.clone(), name))
    }

    /// Its snapshots, by name (`virDomainListAllSnapshots`).
    pub async fn snapshots(&self) -> Result<Vec<Snapshot>> {
        self.snapshots_with(&SnapshotFilter::all()).await
    }

    /// Those of its snapshots that a filter shows.
    pub async fn snapshots_with(&self, filter: &SnapshotFilter) -> Result<Vec<Snapshot>> {
        let names = self
            .call("snapshots", CallClass::Query, async |call, driver| {
                snapshots(driver.as_ref())?.list(&call, self.uuid(), filter).await
            })
            .await?;
        Ok(names
            .into_iter()
            .map(|name| Snapshot::new(self.clone(), name))
            .collect())
    }

    /// Its snapshot of this name (`virDomainSnapshotLookupByName`).
    ///
    /// # Errors
    /// `NotFound`, naming a few there are.
    pub async fn snapshot(&self, name: &str) -> Result<Snapshot> {
        self.call("snapshot", CallClass::Query, async |call, driver| {
            let snapshots = snapshots(driver.as_ref())?;
            snapshots.config(&call, self.uuid(), name, false).await
        })
        .await?;
        Ok(Snapshot::new(self.clone(), name.to_owned()))
    }

    /// The snapshot it comes from, or the newest (`virDomainSnapshotCurrent`, `virDomainHasCurrentSnapshot`).
    pub async fn current_snapshot(&self) -> Result<Option<Snapshot>> {
        let current = self
            .call("current_snapshot", CallClass::Query, async |call, driver| {
                snapshots(driver.as_ref())?.current(&call, self.uuid()).await
            })
            .await?;
        Ok(current.map(|name| Snapshot::new(self.clone(), name)))
    }
}

/// What no hypervisor can do.
fn check(config: &SnapshotConfig, options: &SnapshotCreateOptions) -> Result<()> {
    let refuse = |why: &'static str| Err(Error::new(ErrorKind::InvalidArgument, why));
    if options.current && !options.redefine {
        return refuse("only a redefined snapshot is made the current one: a new one is it anyway");
    }
    if options.redefine && (options.no_metadata || options.halt) {
        return refuse(
            "a redefined snapshot is notes only: neither without them nor with an end of the domain",
        );
    }
    if options.quiesce && !options.disk_only {
        return refuse("file systems are frozen for snapshots of disks only: say disk_only");
    }
    if options.live && options.disk_only {
        return refuse("a live snapshot has memory: it is not of disks only");
    }
    config.validate()?;
    Ok(())
}
