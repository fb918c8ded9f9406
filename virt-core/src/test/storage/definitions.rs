//! Pools: how they come, change and go.

use uuid::Uuid;

use super::pool::PoolRecord;
use crate::error::{Error, ErrorKind, Result, Subject};
use crate::event::StoragePoolChange;
use crate::model::PoolConfig;
use crate::storage::{
    PoolBuildMode, PoolBuildOptions, PoolOverwrite, PoolStartOptions, StoragePoolRef, StoragePoolSelector,
};
use crate::test::world::World;

impl World {
    pub(in crate::test) fn lookup_pool(&self, selector: &StoragePoolSelector) -> Result<StoragePoolRef> {
        let found = match selector {
            StoragePoolSelector::Volume(volume) => {
                let pool = self.storage.pool_of(volume)?;
                pool.volume(&volume.name)?;
                Some(pool)
            }
            selector => self.storage.pools.values().find(|pool| match selector {
                StoragePoolSelector::Name(name) => pool.name() == name,
                StoragePoolSelector::Uuid(uuid) => pool.uuid() == *uuid,
                StoragePoolSelector::TargetPath(path) => pool.run.is_some() && pool.target() == Some(path),
                StoragePoolSelector::Volume(_) => false,
            }),
        };
        let found = found.map(PoolRecord::reference);
        found.ok_or_else(|| self.storage.no_such_pool())
    }

    /// Makes a definition durable, as far as a world in memory lasts.
    pub(in crate::test) fn define_pool(&mut self, config: &PoolConfig) -> Result<StoragePoolRef> {
        let record = self.take_pool(config)?;
        let uuid = record.uuid();
        record.definition = Some(kept(config, uuid));
        let reference = record.reference();
        self.publish_pool(uuid, StoragePoolChange::Defined);
        Ok(reference)
    }

    pub(in crate::test) fn create_pool(
        &mut self,
        config: &PoolConfig,
        options: &PoolStartOptions,
    ) -> Result<StoragePoolRef> {
        let uuid = self.identify_pool(config)?;
        let is_new = !self.storage.pools.contains_key(&uuid);
        if let Some(known) = self.storage.pools.get(&uuid) {
            known.check_inactive()?;
        }
        let mut named = config.clone();
        named.uuid = Some(uuid);
        let record = self.take_pool(&named)?;
        let started = run(record, kept(config, uuid), options);
        let reference = record.reference();
        if let Err(error) = started {
            if is_new {
                self.storage.pools.remove(&uuid);
            }
            return Err(error);
        }
        self.tell_of_a_start(uuid, options);
        Ok(reference)
    }

    /// The record a document belongs to, a new one where there is none; checked before anything is changed.
    fn take_pool(&mut self, config: &PoolConfig) -> Result<&mut PoolRecord> {
        let uuid = self.identify_pool(config)?;
        let name = config.name().unwrap_or_default();
        let pools = &mut self.storage.pools;
        Ok(pools.or_insert_with(uuid, || PoolRecord::new(uuid, name)))
    }

    /// The uuid a document belongs to: its own, that of the pool of its name and uuid, or a new one.
    fn identify_pool(&self, config: &PoolConfig) -> Result<Uuid> {
        let name = config.name().unwrap_or_default();
        let pools = &self.storage.pools;
        let namesake = pools.values().find(|pool| pool.name() == name);
        let uuid = match (config.uuid, namesake.map(PoolRecord::uuid)) {
            (Some(wanted), Some(uuid)) if wanted == uuid => wanted,
            (_, Some(uuid)) => {
                return Err(already_exists(format!(
                    "a storage pool of this name exists already, with uuid {uuid}: give that uuid to replace it"
                )));
            }
            (Some(wanted), None) => match pools.get(&wanted) {
                Some(other) => {
                    return Err(already_exists(format!(
                        "uuid {wanted} belongs to the storage pool {:?}: leave the uuid out",
                        other.name()
                    )));
                }
                None => wanted,
            },
            (None, None) => Uuid::new_v4(),
        };
        let normal = config.normalized();
        let target = normal.target.as_ref().and_then(|target| target.path.as_deref());
        let neighbour = |pool: &&PoolRecord| {
            pool.uuid() != uuid && pool.kind() == config.kind && target.is_some() && pool.target() == target
        };
        match pools.values().find(neighbour) {
            None => Ok(uuid),
            Some(other) => Err(already_exists(format!(
                "the storage pool {:?} has this target already",
                other.name()
            ))
            .with_subject(Subject::Element("/pool/target/path".to_owned()))),
        }
    }

    pub(in crate::test) fn build_pool(&mut self, pool: Uuid, options: &PoolBuildOptions) -> Result<()> {
        let record = self.storage.pool_mut(pool)?;
        record.check_inactive()?;
        build(record, options)?;
        self.publish_pool(pool, StoragePoolChange::Created);
        Ok(())
    }

    pub(in crate::test) fn start_pool(&mut self, pool: Uuid, options: &PoolStartOptions) -> Result<()> {
        let record = self.storage.pool_mut(pool)?;
        record.check_inactive()?;
        let config = record.config(true)?;
        run(record, config, options)?;
        self.tell_of_a_start(pool, options);
        Ok(())
    }

    fn tell_of_a_start(&self, pool: Uuid, options: &PoolStartOptions) {
        if options.build.is_some() {
            self.publish_pool(pool, StoragePoolChange::Created);
        }
        self.publish_pool(pool, StoragePoolChange::Started);
    }

    pub(in crate::test) fn destroy_pool(&mut self, pool: Uuid) -> Result<()> {
        let record = self.storage.pool_mut(pool)?;
        record.check_active()?;
        record.run = None;
        let is_transient = record.definition.is_none();
        self.publish_pool(pool, StoragePoolChange::Stopped);
        if is_transient {
            self.storage.pools.remove(&pool);
        }
        Ok(())
    }

    pub(in crate::test) fn delete_pool(&mut self, pool: Uuid) -> Result<()> {
        let record = self.storage.pool_mut(pool)?;
        record.check_inactive()?;
        let volumes = record.all_volumes().count();
        if !record.built {
            return Err(failed("there is nothing to be deleted: it is not built"));
        }
        if volumes > 0 {
            return Err(failed(format!("{volumes} volumes are in it: delete them first")));
        }
        record.built = false;
        self.publish_pool(pool, StoragePoolChange::Deleted);
        Ok(())
    }

    pub(in crate::test) fn undefine_pool(&mut self, pool: Uuid) -> Result<()> {
        self.storage.pool_mut(pool)?.check_inactive()?;
        self.publish_pool(pool, StoragePoolChange::Undefined);
        self.storage.pools.remove(&pool);
        Ok(())
    }

    pub(in crate::test) fn refresh_pool(&mut self, pool: Uuid) -> Result<()> {
        self.storage.pool_mut(pool)?.check_active()?;
        self.publish_pool(pool, StoragePoolChange::Refreshed);
        Ok(())
    }

    pub(in crate::test) fn set_pool_autostart(&mut self, pool: Uuid, autostart: bool) -> Result<()> {
        let record = self.storage.pool_mut(pool)?;
        if record.definition.is_none() {
            let message = "a transient storage pool does not start by itself: define it first";
            return Err(Error::new(ErrorKind::InvalidState, message));
        }
        record.autostart = autostart;
        Ok(())
    }
}

/// A document as it is kept.
fn kept(config: &PoolConfig, uuid: Uuid) -> PoolConfig {
    let mut kept = config.normalized();
    kept.uuid = Some(uuid);
    kept
}

fn run(record: &mut PoolRecord, config: PoolConfig, options: &PoolStartOptions) -> Result<()> {
    if let Some(overwrite) = options.build {
        build(record, &PoolBuildOptions::default().overwrite(overwrite))?;
    }
    if !record.built {
        return Err(failed("there is nothing where it lies: build it first"));
    }
    record.run = Some(config);
    Ok(())
}

fn build(record: &mut PoolRecord, options: &PoolBuildOptions) -> Result<()> {
    match (options.mode, options.overwrite) {
        (PoolBuildMode::New, PoolOverwrite::Refuse) if record.built => {
            let message = "something lies there already: have it replaced, or start the pool as it is";
            return Err(Error::new(ErrorKind::AlreadyExists, message));
        }
        (PoolBuildMode::New, PoolOverwrite::Replace) => record.empty(),
        (PoolBuildMode::New, _) => {}
        (mode, _) if !record.built => {
            return Err(failed(format!(
                "it is not built: {mode:?} needs something that is there"
            )));
        }
        _ => {}
    }
    record.built = true;
    Ok(())
}

fn already_exists(message: String) -> Error {
    Error::new(ErrorKind::AlreadyExists, message)
}

fn failed(message: impl Into<std::borrow::Cow<'static, str>>) -> Error {
    Error::new(ErrorKind::Failed, message)
}
