//! Storage of a case: pools in the case's own directory, gone when the case is over.

use std::path::Path;

use virt_core::model::{ByteSize, PoolConfig, PoolType, VolumeConfig};
use virt_core::storage::{StoragePool, StoragePoolFilter, StorageVolume, UploadOptions};
use virt_core::{Capability, Connection, ErrorKind, Support};

use super::{Doing, Env, Failure};

impl Env {
    /// The configuration of a pool with a name of its own, a directory in the case's own, which is not there yet.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn pool(&self, stem: &str) -> Result<PoolConfig, Failure> {
        let name = self.name(stem);
        let target = self.path(&name).to_string_lossy().into_owned();
        let config = PoolConfig::builder(name, PoolType::Dir).target(target);
        Ok(config
            .with(|config| config.uuid = Some(uuid::Uuid::new_v4()))
            .build()?)
    }

    /// A pool, defined; neither built nor started.
    ///
    /// # Errors
    /// When that does not work.
    pub async fn defined_pool(&self, stem: &str) -> Result<StoragePool, Failure> {
        let config = self.pool(stem)?;
        let defined = self.conn().define_storage_pool(&config).await;
        defined.doing("defining a storage pool")
    }

    /// A pool that is active: defined, built and started.
    ///
    /// # Errors
    /// When that does not work.
    pub async fn active_pool(&self, stem: &str) -> Result<StoragePool, Failure> {
        let pool = self.defined_pool(stem).await?;
        pool.build().await.doing("building a storage pool")?;
        pool.start().await.doing("starting a storage pool")?;
        Ok(pool)
    }

    /// The configuration of a volume of which nothing is allocated.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn volume(&self, stem: &str, capacity: ByteSize) -> Result<VolumeConfig, Failure> {
        let builder = VolumeConfig::builder(self.name(stem)).capacity(capacity);
        Ok(builder.allocation(ByteSize::ZERO).build()?)
    }

    /// A volume of which nothing is allocated.
    ///
    /// # Errors
    /// When it cannot be made.
    pub async fn empty_volume(
        &self,
        pool: &StoragePool,
        capacity: ByteSize,
    ) -> Result<StorageVolume, Failure> {
        let config = self.volume("volume", capacity)?;
        pool.create_volume(&config).await.doing("making a volume")
    }

    /// A volume full of `content`.
    ///
    /// # Errors
    /// When it cannot be made or written.
    pub async fn filled_volume(&self, pool: &StoragePool, content: &[u8]) -> Result<StorageVolume, Failure> {
        let capacity = ByteSize::bytes(u64::try_from(content.len()).unwrap_or(u64::MAX));
        let volume = self.empty_volume(pool, capacity).await?;
        let written = volume
            .upload_from(&mut &*content, &UploadOptions::default())
            .await;
        written.doing("filling a volume")?;
        Ok(volume)
    }

    /// Destroys and undefines the pools in the case's own directory; what is in it goes with the directory.
    pub(super) async fn remove_pools(&self, connection: &Connection) -> Result<(), Failure> {
        if connection.capabilities().support(Capability::StoragePools) == Support::No {
            return Ok(());
        }
        let all = match connection.storage_pool_infos(&StoragePoolFilter::all()).await {
            Err(error) if error.kind() == ErrorKind::Unsupported => return Ok(()),
            all => all.doing("listing the storage pools to be removed")?,
        };
        let mut first = Ok(());
        for info in all {
            let pool = connection.storage_pool(info.pool.uuid).await;
            if let Ok(pool) = pool {
                let removed = remove(&pool, info.state.is_active(), self.place()).await;
                first = first.and(removed);
            }
        }
        first
    }
}

async fn remove(pool: &StoragePool, is_active: bool, place: &Path) -> Result<(), Failure> {
    let config = match pool.config().await {
        Err(error) if is_gone(error.kind()) => return Ok(()),
        config => config.doing("reading a storage pool")?,
    };
    let target = config.target.and_then(|target| target.path);
    if !target.is_some_and(|target| Path::new(&target).starts_with(place)) {
        return Ok(());
    }
    for (what, removed) in [
        (
            "destroying",
            if is_active { pool.destroy().await } else { Ok(()) },
        ),
        ("undefining", pool.undefine().await),
    ] {
        match removed {
            Err(error) if is_gone(error.kind()) => {}
            removed => removed.doing(&format!("{what} storage pool {}", pool.name()))?,
        }
    }
    Ok(())
}

/// A transient pool is gone once it is destroyed, and a read-only connection removes nothing.
fn is_gone(kind: ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::NotFound | ErrorKind::InvalidState | ErrorKind::Denied
    )
}
