//! The storage of a world: its pools, their volumes, and what is in them.

mod content;
mod definitions;
mod pool;
mod sources;
mod volume;
mod volumes;

use uuid::Uuid;

use super::world::{World, none_such};
use crate::error::{Error, ErrorKind, Result};
use crate::event::{Event, StoragePoolChange, StoragePoolEvent};
use crate::model::{PoolConfig, PoolType};
use crate::sorted::SortedMap;
use crate::storage::{PoolBuildOptions, PoolStartOptions, StorageVolumeRef};

pub(super) use pool::PoolRecord;
pub(super) use sources::find_sources;
pub(super) use volume::VolumeRecord;
pub(super) use volumes::Written;

/// The uuid libvirt gave this pool.
const DEFAULT_POOL: Uuid = Uuid::from_u128(0xdfe2_24cb_28fb_8dd0_c4b2_64eb_3f0f_4566);

/// All pools of a world.
#[derive(Debug, Default)]
pub(super) struct Storage {
    pub(super) pools: SortedMap<Uuid, PoolRecord>,
}

impl Storage {
    pub(super) fn pool(&self, pool: Uuid) -> Result<&PoolRecord> {
        self.pools.get(&pool).ok_or_else(|| self.no_such_pool())
    }

    pub(super) fn pool_mut(&mut self, pool: Uuid) -> Result<&mut PoolRecord> {
        if !self.pools.contains_key(&pool) {
            return Err(self.no_such_pool());
        }
        self.pools
            .get_mut(&pool)
            .ok_or_else(|| Error::new(ErrorKind::Internal, "a pool vanished while nobody touched it"))
    }

    pub(super) fn no_such_pool(&self) -> Error {
        none_such("storage pool", self.pools.values().map(PoolRecord::name))
    }

    /// The pool a volume is said to be in.
    pub(super) fn pool_of(&self, volume: &StorageVolumeRef) -> Result<&PoolRecord> {
        let found = self.pools.values().find(|pool| pool.name() == volume.pool);
        found.ok_or_else(|| self.no_such_pool())
    }

    pub(super) fn volume(&self, volume: &StorageVolumeRef) -> Result<&VolumeRecord> {
        self.pool_of(volume)?.volume(&volume.name)
    }

    pub(super) fn volume_mut(&mut self, volume: &StorageVolumeRef) -> Result<&mut VolumeRecord> {
        let pool = self.pool_of(volume)?.uuid();
        self.pool_mut(pool)?.volume_mut(&volume.name)
    }

    /// How many bytes all volumes hold.
    fn held(&self) -> u64 {
        let volumes = self.pools.values().flat_map(PoolRecord::all_volumes);
        volumes.map(|volume| volume.content.held()).sum()
    }
}

impl World {
    /// Tells everybody what changed about a pool.
    pub(super) fn publish_pool(&self, pool: Uuid, change: StoragePoolChange) {
        if let Some(record) = self.storage.pools.get(&pool) {
            let event = StoragePoolEvent::now(record.reference(), change);
            self.tell(&Event::StoragePool(event));
        }
    }
}

/// The pool of `test:///default`.
pub(super) fn populate_default(world: &mut World) -> Result<()> {
    let config = PoolConfig::builder("default-pool", PoolType::Dir)
        .target("/default-pool")
        .with(|config| config.uuid = Some(DEFAULT_POOL))
        .build()?;
    let pool = world.define_pool(&config)?;
    world.build_pool(pool.uuid, &PoolBuildOptions::default())?;
    world.start_pool(pool.uuid, &PoolStartOptions::default())
}
