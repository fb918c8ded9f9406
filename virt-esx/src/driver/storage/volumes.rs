//! Disks and images as volumes.

use async_trait::async_trait;
use futures::future::join_all;
use uuid::Uuid;
use virt_core::driver::{StorageVolumeDriver, VolumeReader, VolumeWriter};
use virt_core::model::{ByteSize, VolumeConfig};
use virt_core::storage::{
    DownloadOptions, StoragePoolRef, StorageVolumeInfo, StorageVolumeRef, StorageVolumeSelector,
    UploadOptions, VolumeCreateOptions, VolumeDeleteOptions, VolumeResize, VolumeResizeOptions,
    WipeAlgorithm,
};
use virt_core::{CallContext, Error, ErrorKind, Result, Subject};

use super::super::EsxDriver;
use super::browse::Image;
use super::datastore::Datastore;
use super::selection::Datastores;
use super::{document, names};
use crate::listed::listed;
use crate::vim::QueryVirtualDiskUuid;

/// How many disks are asked for their uuid at a time.
const AT_A_TIME: usize = 8;

#[async_trait]
impl StorageVolumeDriver for EsxDriver {
    fn names_have_directories(&self) -> bool {
        true
    }

    async fn list(&self, call: &CallContext, pool: &StoragePoolRef) -> Result<Vec<StorageVolumeRef>> {
        let found = self.datastores(call).await?;
        let store = found.of_pool(pool)?;
        store.must_be_accessible()?;
        let images = self.images(call, store).await?;
        let volumes = images.iter().map(|image| found.volume(store, &image.path));
        Ok(volumes.collect())
    }

    async fn lookup(&self, call: &CallContext, selector: &StorageVolumeSelector) -> Result<StorageVolumeRef> {
        let found = self.datastores(call).await?;
        let (store, path) = match selector {
            StorageVolumeSelector::Name { pool, name } => (found.of_pool(pool)?, name.clone()),
            StorageVolumeSelector::Key(key) => match Uuid::try_parse(key) {
                Ok(uuid) => return self.volume_of_uuid(call, &found, uuid).await,
                Err(_) => found.of_file(key)?,
            },
            StorageVolumeSelector::Path(path) => found.of_file(path)?,
            _ => return Err(Error::unsupported("a volume is not looked up that way")),
        };
        store.must_be_accessible()?;
        let is_name = names::check(&path).is_ok();
        if is_name && self.image(call, store, &path).await?.is_some() {
            return Ok(found.volume(store, &path));
        }
        let others = self.images(call, store).await?;
        let others = listed(others.into_iter().map(|image| image.path).collect());
        let message = format!("the datastore has no such disk or image (there are: {others})");
        Err(Error::new(ErrorKind::NotFound, message)
            .with_subject(Subject::StorageVolume(names::whole(store.label(), &path))))
    }

    async fn infos(
        &self,
        call: &CallContext,
        volumes: &[StorageVolumeRef],
    ) -> Result<Vec<StorageVolumeInfo>> {
        let found = self.datastores(call).await?;
        // Each datastore is looked through once, however many volumes of it are asked for.
        let mut looked: Vec<(Uuid, Vec<Image>)> = Vec::new();
        let mut infos = Vec::with_capacity(volumes.len());
        for volume in volumes {
            let (store, path) = match found.of_volume(volume) {
                Ok(of) => of,
                Err(error) if error.kind() == ErrorKind::NotFound => continue,
                Err(error) => return Err(error),
            };
            let uuid = store.uuid();
            if !looked.iter().any(|(known, _)| *known == uuid) {
                store.must_be_accessible()?;
                let images = match volumes {
                    [_] => self.image(call, store, &path).await?.into_iter().collect(),
                    _ => self.images(call, store).await?,
                };
                looked.push((uuid, images));
            }
            let images = looked.iter().find(|(known, _)| *known == uuid);
            let image = images.and_then(|(_, images)| {
                let at = images.binary_search_by(|image| image.path.as_str().cmp(&path));
                images.get(at.ok()?)
            });
            infos.extend(image.map(|image| info_of(volume.clone(), image)));
        }
        Ok(infos)
    }

    async fn info(&self, call: &CallContext, volume: &StorageVolumeRef) -> Result<StorageVolumeInfo> {
        let at = self.volume_at(call, volume).await?;
        Ok(info_of(volume.clone(), &at.image))
    }

    async fn config(&self, call: &CallContext, volume: &StorageVolumeRef) -> Result<VolumeConfig> {
        let at = self.volume_at(call, volume).await?;
        Ok(document::of_volume(volume, at.name(), &at.image))
    }

    async fn path(&self, call: &CallContext, volume: &StorageVolumeRef) -> Result<String> {
        let at = self.volume_at(call, volume).await?;
        Ok(at.name())
    }

    async fn create(
        &self,
        call: &CallContext,
        pool: &StoragePoolRef,
        config: &VolumeConfig,
        options: &VolumeCreateOptions,
    ) -> Result<StorageVolumeRef> {
        self.create_volume(call, pool, config, options).await
    }

    async fn create_from(
        &self,
        call: &CallContext,
        pool: &StoragePoolRef,
        config: &VolumeConfig,
        origin: &StorageVolumeRef,
        options: &VolumeCreateOptions,
    ) -> Result<StorageVolumeRef> {
        self.clone_volume(call, pool, (config, options), origin).await
    }

    async fn resize(
        &self,
        call: &CallContext,
        volume: &StorageVolumeRef,
        size: VolumeResize,
        options: &VolumeResizeOptions,
    ) -> Result<()> {
        self.resize_volume(call, volume, size, options).await
    }

    async fn delete(
        &self,
        call: &CallContext,
        volume: &StorageVolumeRef,
        options: &VolumeDeleteOptions,
    ) -> Result<()> {
        self.delete_volume(call, volume, options).await
    }

    async fn wipe(
        &self,
        call: &CallContext,
        volume: &StorageVolumeRef,
        algorithm: WipeAlgorithm,
    ) -> Result<()> {
        self.wipe_volume(call, volume, algorithm).await
    }

    async fn upload(
        &self,
        call: &CallContext,
        volume: &StorageVolumeRef,
        options: &UploadOptions,
    ) -> Result<Box<dyn VolumeWriter>> {
        self.open_upload(call, volume, options).await
    }

    async fn download(
        &self,
        call: &CallContext,
        volume: &StorageVolumeRef,
        options: &DownloadOptions,
    ) -> Result<Box<dyn VolumeReader>> {
        self.open_download(call, volume, options).await
    }
}

/// A volume that was found.
#[derive(Debug)]
pub(super) struct VolumeAt {
    pub(super) store: Datastore,
    pub(super) image: Image,
}

impl VolumeAt {
    /// Its name as servers know it: `[datastore] dir/file`.
    pub(super) fn name(&self) -> String {
        names::whole(self.store.label(), &self.image.path)
    }
}

impl EsxDriver {
    /// Finds a volume.
    pub(super) async fn volume_at(&self, call: &CallContext, volume: &StorageVolumeRef) -> Result<VolumeAt> {
        let found = self.datastores(call).await?;
        let (store, path) = found.of_volume(volume)?;
        store.must_be_accessible()?;
        let image = self.image(call, store, &path).await?;
        let image = image.ok_or_else(|| {
            Error::new(
                ErrorKind::NotFound,
                "the datastore has no such disk or image (any more)",
            )
            .with_subject(Subject::from(volume))
        })?;
        Ok(VolumeAt {
            store: store.clone(),
            image,
        })
    }

    /// The disk of this uuid, by which libvirt knows it: all disks are asked for theirs.
    async fn volume_of_uuid(
        &self,
        call: &CallContext,
        found: &Datastores,
        uuid: Uuid,
    ) -> Result<StorageVolumeRef> {
        let manager = self.disk_manager()?;
        for store in found.0.iter().filter(|store| store.summary.accessible) {
            let mut images = self.images(call, store).await?;
            images.retain(Image::is_disk);
            if images.is_empty() {
                continue;
            }
            let datacenter = self.datacenter_of(call, &store.reference).await?;
            for some in images.chunks(AT_A_TIME) {
                let mut asked = Vec::with_capacity(some.len());
                for image in some {
                    let ask = QueryVirtualDiskUuid {
                        this: manager.clone(),
                        name: names::whole(store.label(), &image.path),
                        datacenter: Some(datacenter.reference.clone()),
                    };
                    asked.push(async move { self.server.session.read(call, &ask).await });
                }
                for (image, answer) in some.iter().zip(join_all(asked).await) {
                    match answer {
                        Ok(text) if uuid_of(&text) == Some(uuid) => {
                            return Ok(found.volume(store, &image.path));
                        }
                        Ok(_) => {}
                        Err(error)
                            if matches!(error.kind(), ErrorKind::Timeout | ErrorKind::ConnectionLost) =>
                        {
                            return Err(error);
                        }
                        // One that is gone, or is locked, is another one.
                        Err(error) => {
                            tracing::debug!(%error, disk = %image.path, "a disk does not tell its uuid");
                        }
                    }
                }
            }
        }
        Err(Error::new(ErrorKind::NotFound, "no disk has this uuid")
            .with_subject(Subject::StorageVolume(uuid.to_string())))
    }
}

/// A uuid as servers write it: `60 00 c2 9a …-…`, or as everybody does.
fn uuid_of(text: &str) -> Option<Uuid> {
    let digits: String = text.chars().filter(char::is_ascii_hexdigit).collect();
    Uuid::try_parse(&digits).ok()
}

fn info_of(volume: StorageVolumeRef, image: &Image) -> StorageVolumeInfo {
    let mut info = StorageVolumeInfo::empty(volume);
    info.capacity = ByteSize::bytes(image.capacity);
    info.allocation = ByteSize::bytes(image.allocation);
    info
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uuids_are_read_however_they_are_written() {
        let uuid = Uuid::try_parse("6000c29a-1234-5678-9abc-def012345678").unwrap();
        assert_eq!(
            uuid_of("60 00 C2 9a 12 34 56 78-9a bc de f0 12 34 56 78"),
            Some(uuid)
        );
        assert_eq!(uuid_of(&uuid.to_string()), Some(uuid));
        assert_eq!(uuid_of("no"), None);
    }
}
