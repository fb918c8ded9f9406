//! What the driver knows of one pool.

use uuid::Uuid;

use super::volume::VolumeRecord;
use crate::error::{Error, ErrorKind, Result};
use crate::model::domain::ScaledText;
use crate::model::{ByteSize, PoolConfig, PoolType};
use crate::sorted::SortedMap;
use crate::storage::{StoragePoolInfo, StoragePoolRef, StoragePoolState};
use crate::test::world::none_such;

/// How much there is in each pool.
pub(super) const CAPACITY: ByteSize = ByteSize::gib(100);

/// One pool: its definition, its run, and its volumes.
#[derive(Debug)]
pub(in crate::test) struct PoolRecord {
    uuid: Uuid,
    name: String,
    /// What the next start uses; a transient pool has none.
    pub(super) definition: Option<PoolConfig>,
    /// What the present run uses.
    pub(super) run: Option<PoolConfig>,
    pub(super) autostart: bool,
    /// Whether what it stands on is there.
    pub(super) built: bool,
    volumes: SortedMap<String, VolumeRecord>,
}

impl PoolRecord {
    pub(super) fn new(uuid: Uuid, name: impl Into<String>) -> Self {
        Self {
            uuid,
            name: name.into(),
            definition: None,
            run: None,
            autostart: false,
            built: false,
            volumes: SortedMap::new(),
        }
    }

    pub(in crate::test) const fn uuid(&self) -> Uuid {
        self.uuid
    }

    pub(in crate::test) fn name(&self) -> &str {
        &self.name
    }

    pub(in crate::test) fn reference(&self) -> StoragePoolRef {
        StoragePoolRef::new(self.uuid, self.name.clone())
    }

    pub(in crate::test) fn kind(&self) -> PoolType {
        self.document()
            .map(|config| config.kind.clone())
            .unwrap_or_default()
    }

    /// The document in force: of the run, else of the next one.
    fn document(&self) -> Option<&PoolConfig> {
        self.run.as_ref().or(self.definition.as_ref())
    }

    /// Where it lies, without a slash at the end.
    pub(in crate::test) fn target(&self) -> Option<&str> {
        self.document()?.target.as_ref()?.path.as_deref()
    }

    pub(in crate::test) fn config(&self, inactive: bool) -> Result<PoolConfig> {
        let found = match (&self.run, &self.definition) {
            (_, Some(definition)) if inactive => Some(definition),
            (Some(run), _) => Some(run),
            (None, definition) => definition.as_ref(),
        };
        let mut config = found
            .cloned()
            .ok_or_else(|| Error::new(ErrorKind::Internal, "a pool without run and definition"))?;
        let info = self.info();
        config.capacity = in_bytes(info.capacity);
        config.allocation = in_bytes(info.allocation);
        config.available = in_bytes(info.available);
        Ok(config)
    }

    pub(in crate::test) fn info(&self) -> StoragePoolInfo {
        let mut info = StoragePoolInfo::inactive(self.reference());
        info.persistent = self.definition.is_some();
        info.autostart = self.autostart;
        if self.run.is_some() {
            info.state = StoragePoolState::Running;
            info.capacity = CAPACITY;
            info.allocation = ByteSize::bytes(self.allocated());
            info.available = ByteSize::bytes(self.available());
        }
        info
    }

    fn allocated(&self) -> u64 {
        self.volumes.values().map(VolumeRecord::allocation).sum()
    }

    pub(super) fn available(&self) -> u64 {
        CAPACITY.as_bytes().saturating_sub(self.allocated())
    }

    pub(super) fn check_active(&self) -> Result<()> {
        match self.run {
            Some(_) => Ok(()),
            None => Err(Error::new(
                ErrorKind::InvalidState,
                "the storage pool is not active: start it first",
            )),
        }
    }

    pub(super) fn check_inactive(&self) -> Result<()> {
        match self.run {
            None => Ok(()),
            Some(_) => Err(Error::new(
                ErrorKind::InvalidState,
                "the storage pool is active: destroy it first",
            )),
        }
    }

    /// Its volumes, active or not.
    pub(super) fn all_volumes(&self) -> impl Iterator<Item = &VolumeRecord> {
        self.volumes.values()
    }

    /// Its volumes, in the order of their names.
    pub(in crate::test) fn volumes(&self) -> Result<impl Iterator<Item = &VolumeRecord>> {
        self.check_active()?;
        Ok(self.volumes.values())
    }

    pub(in crate::test) fn volume(&self, name: &str) -> Result<&VolumeRecord> {
        self.check_active()?;
        self.volumes.get(name).ok_or_else(|| self.no_such_volume())
    }

    pub(super) fn volume_mut(&mut self, name: &str) -> Result<&mut VolumeRecord> {
        self.volume(name)?;
        self.volumes
            .get_mut(name)
            .ok_or_else(|| Error::new(ErrorKind::Internal, "a volume vanished while nobody touched it"))
    }

    fn no_such_volume(&self) -> Error {
        none_such("volume", self.volumes.keys().map(String::as_str))
    }

    /// Adds a volume; there is none of its name yet, and room for it.
    pub(super) fn add(&mut self, volume: VolumeRecord) -> Result<()> {
        self.check_active()?;
        let name = volume.name().to_owned();
        if self.volumes.contains_key(&name) {
            let message = "a volume of this name exists already in the pool";
            return Err(Error::new(ErrorKind::AlreadyExists, message));
        }
        self.check_room(volume.allocation())?;
        self.volumes.insert(name, volume);
        Ok(())
    }

    /// Loses all its volumes.
    pub(super) fn empty(&mut self) {
        self.volumes.clear();
    }

    pub(super) fn remove(&mut self, name: &str) -> Result<()> {
        self.volume(name)?;
        self.volumes.remove(name);
        Ok(())
    }

    pub(super) fn check_room(&self, wanted: u64) -> Result<()> {
        let available = self.available();
        if wanted <= available {
            return Ok(());
        }
        let (wanted, available) = (ByteSize::bytes(wanted), ByteSize::bytes(available));
        let message = format!("{wanted} are wanted, and {available} are free in the pool");
        Err(Error::new(ErrorKind::ResourceExhausted, message))
    }
}

pub(super) fn in_bytes(size: ByteSize) -> Option<ScaledText> {
    let mut text = ScaledText::default();
    text.size = Some(size);
    Some(text)
}
