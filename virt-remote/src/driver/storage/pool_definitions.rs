//! Pools: how they come and what they are.

use virt_core::model::pool::PoolSource;
use virt_core::model::{PoolCapabilities, PoolConfig, PoolSources, PoolType};
use virt_core::storage::{PoolOverwrite, PoolStartOptions, StoragePoolRef, StoragePoolSelector};
use virt_core::{CallContext, Error, ErrorKind, Result};

use super::{pool_ref, refusal as storage_refusal, wire_pool, wire_volume};
use crate::driver::hypervisor::Hypervisor;
use crate::driver::{RemoteConnection, document, flags, refusal};
use crate::protocol::error_code::ErrorCode;
use crate::protocol::remote::storage_pool::{
    ConnectFindStoragePoolSources, ConnectFindStoragePoolSourcesArgs, ConnectGetStoragePoolCapabilities,
    ConnectGetStoragePoolCapabilitiesArgs, StoragePoolCreateXml, StoragePoolCreateXmlArgs,
    StoragePoolDefineXml, StoragePoolDefineXmlArgs, StoragePoolGetXmlDesc, StoragePoolGetXmlDescArgs,
    StoragePoolLookupByName, StoragePoolLookupByNameArgs, StoragePoolLookupByTargetPath,
    StoragePoolLookupByTargetPathArgs, StoragePoolLookupByUuid, StoragePoolLookupByUuidArgs,
    StoragePoolLookupByVolume, StoragePoolLookupByVolumeArgs,
};
use crate::rpc::{RpcError, RpcResult};

/// `VIR_STORAGE_XML_INACTIVE`.
const INACTIVE: u32 = 1;

/// `virStoragePoolCreateFlags`.
pub(super) fn start_flags(options: &PoolStartOptions) -> u32 {
    const WITH_BUILD: u32 = 1 << 0;
    const OVERWRITE: u32 = 1 << 1;
    const NO_OVERWRITE: u32 = 1 << 2;
    flags::set(&[
        (options.build.is_some(), WITH_BUILD),
        (options.build == Some(PoolOverwrite::Replace), OVERWRITE),
        (options.build == Some(PoolOverwrite::Refuse), NO_OVERWRITE),
    ])
}

impl RemoteConnection {
    pub(super) async fn lookup_pool(
        &self,
        call: &CallContext,
        selector: &StoragePoolSelector,
    ) -> Result<StoragePoolRef> {
        let found = match selector {
            StoragePoolSelector::Name(name) => self.pool_by_name(call, name).await,
            StoragePoolSelector::Uuid(uuid) => self.pool_by_uuid(call, *uuid).await,
            StoragePoolSelector::TargetPath(path) => self.pool_by_target(call, path).await,
            StoragePoolSelector::Volume(volume) => {
                let vol = wire_volume(volume);
                let args = StoragePoolLookupByVolumeArgs { vol };
                let found = self.link.call::<StoragePoolLookupByVolume>(call, &args).await;
                found.map(|found| pool_ref(&found.pool))
            }
            other => return Err(Error::unsupported(format!("a pool is not looked up {other}"))),
        };
        match found {
            Err(error) if refusal::is_gone(&error) => {
                Err(storage_refusal::no_such_pool(&self.link, call, error).await)
            }
            found => Ok(found?),
        }
    }

    async fn pool_by_name(&self, call: &CallContext, name: &str) -> RpcResult<StoragePoolRef> {
        let args = StoragePoolLookupByNameArgs { name: name.into() };
        let found = self.link.call::<StoragePoolLookupByName>(call, &args).await;
        found.map(|found| pool_ref(&found.pool))
    }

    async fn pool_by_uuid(&self, call: &CallContext, uuid: uuid::Uuid) -> RpcResult<StoragePoolRef> {
        let args = StoragePoolLookupByUuidArgs { uuid };
        let found = self.link.call::<StoragePoolLookupByUuid>(call, &args).await;
        found.map(|found| pool_ref(&found.pool))
    }

    async fn pool_by_target(&self, call: &CallContext, path: &str) -> RpcResult<StoragePoolRef> {
        let args = StoragePoolLookupByTargetPathArgs { path: path.into() };
        let found = self.link.call::<StoragePoolLookupByTargetPath>(call, &args).await;
        found.map(|found| pool_ref(&found.pool))
    }

    pub(super) async fn pool_config(
        &self,
        call: &CallContext,
        pool: &StoragePoolRef,
        inactive: bool,
    ) -> Result<PoolConfig> {
        let args = StoragePoolGetXmlDescArgs {
            pool: wire_pool(pool),
            flags: flags::set(&[(inactive, INACTIVE)]),
        };
        let text = self.link.call::<StoragePoolGetXmlDesc>(call, &args).await?.xml;
        PoolConfig::from_xml(&text.text()).map_err(|error| document::not_understood("storage pool", error))
    }

    pub(super) async fn define_pool(
        &self,
        call: &CallContext,
        config: &PoolConfig,
    ) -> Result<StoragePoolRef> {
        config.validate()?;
        let args = StoragePoolDefineXmlArgs {
            xml: config.to_xml().into(),
            flags: 0,
        };
        match self.link.call::<StoragePoolDefineXml>(call, &args).await {
            Ok(defined) => Ok(pool_ref(&defined.pool)),
            Err(error) => Err(self.why_no_pool(call, config, error).await),
        }
    }

    pub(super) async fn create_pool(
        &self,
        call: &CallContext,
        config: &PoolConfig,
        options: &PoolStartOptions,
    ) -> Result<StoragePoolRef> {
        config.validate()?;
        let args = StoragePoolCreateXmlArgs {
            xml: config.to_xml().into(),
            flags: start_flags(options),
        };
        match self.link.call::<StoragePoolCreateXml>(call, &args).await {
            Ok(created) => Ok(pool_ref(&created.pool)),
            Err(error) => Err(self.why_no_pool(call, config, error).await),
        }
    }

    /// Why a document was refused: the daemon has one code for much, so the pools that are in its way are looked for.
    async fn why_no_pool(&self, call: &CallContext, config: &PoolConfig, error: RpcError) -> Error {
        if !refusal::may_be_about_state(&error) {
            return storage_refusal::of_ground(error);
        }
        match self.pool_in_the_way(call, config).await {
            Some(message) => Error::new(ErrorKind::AlreadyExists, message).with_source(error),
            None => error.into(),
        }
    }

    async fn pool_in_the_way(&self, call: &CallContext, config: &PoolConfig) -> Option<String> {
        let name = config.name().unwrap_or_default();
        if let Ok(namesake) = self.pool_by_name(call, name).await {
            let uuid = namesake.uuid;
            return (config.uuid != Some(uuid)).then(|| {
                format!("a storage pool of this name exists already, with uuid {uuid}: give that uuid to replace it")
            });
        }
        if let Some(uuid) = config.uuid
            && let Ok(twin) = self.pool_by_uuid(call, uuid).await
        {
            let name = twin.name;
            return Some(format!(
                "uuid {uuid} belongs to the storage pool {name:?}: leave the uuid out"
            ));
        }
        let neighbour = self.pool_of_the_same_kind_and_place(call, config).await?;
        Some(format!("the storage pool {neighbour:?} has this target already"))
    }

    async fn pool_of_the_same_kind_and_place(
        &self,
        call: &CallContext,
        config: &PoolConfig,
    ) -> Option<String> {
        let place = |config: &PoolConfig| config.normalized().target.and_then(|target| target.path);
        let wanted = place(config)?;
        let filter = virt_core::storage::StoragePoolFilter::all().kind(config.kind.clone());
        let all = self.list_pools(call, &filter).await.ok()?;
        for info in all {
            let there = self.pool_config(call, &info.pool, false).await;
            if there.ok().as_ref().and_then(place).as_ref() == Some(&wanted) {
                return Some(info.pool.name);
            }
        }
        None
    }

    pub(super) async fn find_pool_sources(
        &self,
        call: &CallContext,
        kind: &PoolType,
        source: Option<&PoolSource>,
    ) -> Result<PoolSources> {
        let args = ConnectFindStoragePoolSourcesArgs {
            type_: kind.as_str().into(),
            src_spec: source.map(|source| source.to_xml().into()),
            flags: 0,
        };
        let text = match self.link.call::<ConnectFindStoragePoolSources>(call, &args).await {
            Ok(found) => found.xml,
            // libvirt's test driver takes what it can't search for for unknown.
            Err(error)
                if self.hypervisor == Hypervisor::Test && error.code() == Some(ErrorCode::INTERNAL_ERROR) =>
            {
                let message = format!("the daemon's test driver finds no sources of {kind} pools");
                return Err(Error::unsupported(message).with_source(error));
            }
            Err(error) => return Err(error.into()),
        };
        PoolSources::from_xml(&text.text()).map_err(|error| document::not_understood("sources", error))
    }

    pub(super) async fn pool_capabilities(&self, call: &CallContext) -> Result<PoolCapabilities> {
        let args = ConnectGetStoragePoolCapabilitiesArgs { flags: 0 };
        let found = self
            .link
            .call::<ConnectGetStoragePoolCapabilities>(call, &args)
            .await;
        let text = found?.capabilities;
        PoolCapabilities::from_xml(&text.text())
            .map_err(|error| document::not_understood("storage pools there can be", error))
    }
}
