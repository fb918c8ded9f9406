//! What can be tuned while a domain moves.

use std::time::Duration;

use super::managed::migration;
use crate::deadline::CallClass;
use crate::domain::Domain;
use crate::error::{Error, ErrorKind, Result};
use crate::model::ByteSize;

impl Domain {
    /// Has the guest go on at the target now: what has not come yet is fetched as it asks for it
    /// (`virDomainMigrateStartPostCopy`). From then on the migration can't be aborted without losing the guest.
    ///
    /// # Errors
    /// `InvalidState` when no migration is under way, or not one with `post_copy`.
    pub async fn start_post_copy(&self) -> Result<()> {
        self.call("start_post_copy", CallClass::Change, async |call, driver| {
            migration(driver.as_ref())?
                .start_post_copy(&call, self.uuid())
                .await
        })
        .await
    }

    /// How long the guest may stand still at the end of a migration (`virDomainMigrateGetMaxDowntime`).
    pub async fn migration_max_downtime(&self) -> Result<Duration> {
        self.call(
            "migration_max_downtime",
            CallClass::Query,
            async |call, driver| migration(driver.as_ref())?.max_downtime(&call, self.uuid()).await,
        )
        .await
    }

    /// Changes how long the guest may stand still at the end, also while it moves (`virDomainMigrateSetMaxDowntime`).
    /// Whole milliseconds count.
    ///
    /// # Errors
    /// `InvalidArgument` for less than a millisecond.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let conn = virt_core::Connection::builder().open("test:///default").await?;
    /// # let domain = conn.domain("test").await?;
    /// use std::time::Duration;
    /// use virt_core::model::ByteSize;
    /// domain.set_migration_max_downtime(Duration::from_millis(50)).await?;
    /// assert_eq!(domain.migration_max_downtime().await?, Duration::from_millis(50));
    /// domain.set_migration_max_speed(ByteSize::mib(100)).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn set_migration_max_downtime(&self, time: Duration) -> Result<()> {
        self.call(
            "set_migration_max_downtime",
            CallClass::Change,
            async |call, driver| {
                if time.as_millis() == 0 {
                    let message = "a guest stands still for a millisecond at least";
                    return Err(Error::new(ErrorKind::InvalidArgument, message));
                }
                migration(driver.as_ref())?
                    .set_max_downtime(&call, self.uuid(), time)
                    .await
            },
        )
        .await
    }

    /// How much a migration may move in a second (`virDomainMigrateGetMaxSpeed`); zero: as much as goes.
    pub async fn migration_max_speed(&self) -> Result<ByteSize> {
        self.call("migration_max_speed", CallClass::Query, async |call, driver| {
            migration(driver.as_ref())?
                .max_speed(&call, self.uuid(), false)
                .await
        })
        .await
    }

    /// Changes how much may be moved in a second, also while it moves (`virDomainMigrateSetMaxSpeed`). Whole MiB count.
    pub async fn set_migration_max_speed(&self, per_second: ByteSize) -> Result<()> {
        self.call(
            "set_migration_max_speed",
            CallClass::Change,
            async |call, driver| {
                migration(driver.as_ref())?
                    .set_max_speed(&call, self.uuid(), per_second, false)
                    .await
            },
        )
        .await
    }

    /// Changes how much may be moved in a second of the post-copy phase
    /// (`virDomainMigrateSetMaxSpeed` with `VIR_DOMAIN_MIGRATE_MAX_SPEED_POSTCOPY`).
    pub async fn set_post_copy_max_speed(&self, per_second: ByteSize) -> Result<()> {
        self.call(
            "set_post_copy_max_speed",
            CallClass::Change,
            async |call, driver| {
                migration(driver.as_ref())?
                    .set_max_speed(&call, self.uuid(), per_second, true)
                    .await
            },
        )
        .await
    }

    /// The cache of a compressed migration (`virDomainMigrateGetCompressionCache`).
    pub async fn migration_compression_cache(&self) -> Result<ByteSize> {
        self.call(
            "migration_compression_cache",
            CallClass::Query,
            async |call, driver| {
                migration(driver.as_ref())?
                    .compression_cache(&call, self.uuid())
                    .await
            },
        )
        .await
    }

    /// Changes it, also while it moves (`virDomainMigrateSetCompressionCache`).
    pub async fn set_migration_compression_cache(&self, size: ByteSize) -> Result<()> {
        self.call(
            "set_migration_compression_cache",
            CallClass::Change,
            async |call, driver| {
                migration(driver.as_ref())?
                    .set_compression_cache(&call, self.uuid(), size)
                    .await
            },
        )
        .await
    }
}
