//! Volumes: found, and what they are.

use futures::future::join_all;
use virt_core::model::volume::VolumeType;
use virt_core::model::{ByteSize, VolumeConfig};
use virt_core::storage::{StoragePoolRef, StorageVolumeInfo, StorageVolumeRef, StorageVolumeSelector};
use virt_core::{CallContext, Error, Result};

use super::{volume_ref, wire_pool, wire_volume};
use crate::driver::{RemoteConnection, document, objects, refusal};
use crate::protocol::remote::storage_pool::{StoragePoolListAllVolumes, StoragePoolListAllVolumesArgs};
use crate::protocol::remote::storage_volume::{
    StorageVolGetInfo, StorageVolGetInfoArgs, StorageVolGetInfoFlags, StorageVolGetInfoFlagsArgs,
    StorageVolGetXmlDesc, StorageVolGetXmlDescArgs, StorageVolLookupByKey, StorageVolLookupByKeyArgs,
    StorageVolLookupByName, StorageVolLookupByNameArgs, StorageVolLookupByPath, StorageVolLookupByPathArgs,
};
use crate::rpc::RpcResult;

/// `VIR_STORAGE_VOL_GET_PHYSICAL`.
const PHYSICAL: u32 = 1;

impl RemoteConnection {
    pub(super) async fn list_volumes(
        &self,
        call: &CallContext,
        pool: &StoragePoolRef,
    ) -> Result<Vec<StorageVolumeRef>> {
        let args = StoragePoolListAllVolumesArgs {
            pool: wire_pool(pool),
            need_results: 1,
            flags: 0,
        };
        let listed = self.link.call::<StoragePoolListAllVolumes>(call, &args).await?;
        let mut volumes: Vec<StorageVolumeRef> = listed.vols.iter().map(volume_ref).collect();
        volumes.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(volumes)
    }

    pub(super) async fn lookup_volume(
        &self,
        call: &CallContext,
        selector: &StorageVolumeSelector,
    ) -> Result<StorageVolumeRef> {
        let found = match selector {
            StorageVolumeSelector::Name { pool, name } => return self.volume_in(call, pool, name).await,
            StorageVolumeSelector::Key(key) => {
                let args = StorageVolLookupByKeyArgs {
                    key: key.as_str().into(),
                };
                let found = self.link.call::<StorageVolLookupByKey>(call, &args).await;
                found.map(|found| found.vol)
            }
            StorageVolumeSelector::Path(path) => {
                let args = StorageVolLookupByPathArgs {
                    path: path.as_str().into(),
                };
                let found = self.link.call::<StorageVolLookupByPath>(call, &args).await;
                found.map(|found| found.vol)
            }
            other => {
                return Err(Error::unsupported(format!(
                    "a volume is not looked up by {other}"
                )));
            }
        };
        Ok(volume_ref(&found?))
    }

    /// By its name in a pool: one call, however many volumes there are.
    async fn volume_in(
        &self,
        call: &CallContext,
        pool: &StoragePoolRef,
        name: &str,
    ) -> Result<StorageVolumeRef> {
        let args = StorageVolLookupByNameArgs {
            pool: wire_pool(pool),
            name: name.into(),
        };
        match self.link.call::<StorageVolLookupByName>(call, &args).await {
            Ok(found) => Ok(volume_ref(&found.vol)),
            Err(error) if refusal::is_gone(&error) => {
                let names = self.list_volumes(call, pool).await;
                let names = names.map(|all| all.into_iter().map(|volume| volume.name).collect());
                Err(objects::no_such("volume", names.ok()).with_source(error))
            }
            Err(error) => Err(error.into()),
        }
    }

    pub(super) async fn volume_infos(
        &self,
        call: &CallContext,
        volumes: &[StorageVolumeRef],
    ) -> Result<Vec<StorageVolumeInfo>> {
        let asked = volumes.iter().map(|volume| self.volume_info(call, volume));
        let mut infos = Vec::new();
        for info in join_all(asked).await {
            match info {
                Ok(info) => infos.push(info),
                // It vanished meanwhile.
                Err(error) if refusal::is_gone(&error) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(infos)
    }

    pub(super) async fn volume_info(
        &self,
        call: &CallContext,
        volume: &StorageVolumeRef,
    ) -> RpcResult<StorageVolumeInfo> {
        let vol = wire_volume(volume);
        let plain = StorageVolGetInfoArgs { vol: vol.clone() };
        let physical = StorageVolGetInfoFlagsArgs { vol, flags: PHYSICAL };
        // Asked together: they take one round trip.
        let (found, physical) = tokio::join!(
            self.link.call::<StorageVolGetInfo>(call, &plain),
            self.link.call::<StorageVolGetInfoFlags>(call, &physical),
        );
        let found = found?;
        let mut info = StorageVolumeInfo::empty(volume.clone());
        info.kind = kind_of(found.type_);
        info.capacity = ByteSize::bytes(found.capacity);
        info.allocation = ByteSize::bytes(found.allocation);
        info.physical = match physical {
            // In place of the allocation.
            Ok(physical) => Some(ByteSize::bytes(physical.allocation)),
            Err(error) if refusal::is_unsupported(&error) => None,
            Err(error) => return Err(error),
        };
        Ok(info)
    }

    pub(super) async fn volume_config(
        &self,
        call: &CallContext,
        volume: &StorageVolumeRef,
    ) -> Result<VolumeConfig> {
        let args = StorageVolGetXmlDescArgs {
            vol: wire_volume(volume),
            flags: 0,
        };
        let text = self.link.call::<StorageVolGetXmlDesc>(call, &args).await?.xml;
        VolumeConfig::from_xml(&text.text()).map_err(|error| document::not_understood("volume", error))
    }
}

/// `virStorageVolType`.
fn kind_of(number: i8) -> VolumeType {
    match number {
        0 => VolumeType::File,
        1 => VolumeType::Block,
        2 => VolumeType::Dir,
        3 => VolumeType::Network,
        4 => VolumeType::Netdir,
        5 => VolumeType::Ploop,
        other => VolumeType::Unknown(other.to_string().as_str().into()),
    }
}
