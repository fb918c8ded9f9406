//! Lists of pools, and what is known of each.

use std::collections::HashSet;

use futures::future::join_all;
use uuid::Uuid;
use virt_core::model::{ByteSize, PoolType};
use virt_core::storage::{StoragePoolFilter, StoragePoolInfo, StoragePoolRef, StoragePoolState};
use virt_core::{CallContext, Result};

use super::{pool_ref, wire_pool};
use crate::driver::{RemoteConnection, flags, refusal};
use crate::protocol::remote::storage_pool::{
    ConnectListAllStoragePools, ConnectListAllStoragePoolsArgs, StoragePoolGetAutostart,
    StoragePoolGetAutostartArgs, StoragePoolGetInfo, StoragePoolGetInfoArgs, StoragePoolGetInfoRet,
    StoragePoolIsPersistent, StoragePoolIsPersistentArgs,
};

/// `virConnectListAllStoragePoolsFlags`.
mod wanted {
    pub(super) const INACTIVE: u32 = 1 << 0;
    pub(super) const ACTIVE: u32 = 1 << 1;
    pub(super) const PERSISTENT: u32 = 1 << 2;
    pub(super) const TRANSIENT: u32 = 1 << 3;
    pub(super) const AUTOSTART: u32 = 1 << 4;
    pub(super) const NO_AUTOSTART: u32 = 1 << 5;
}

impl RemoteConnection {
    /// A list takes three calls, and one for each pool.
    pub(super) async fn list_pools(
        &self,
        call: &CallContext,
        filter: &StoragePoolFilter,
    ) -> Result<Vec<StoragePoolInfo>> {
        let (listed, persistent, autostarting) = tokio::join!(
            self.pools_with(call, flags_of(filter)),
            self.pools_with(call, wanted::PERSISTENT),
            self.pools_with(call, wanted::AUTOSTART),
        );
        let (persistent, autostarting) = (uuids(&persistent?), uuids(&autostarting?));
        let described = listed?.into_iter().map(|pool| async {
            let args = StoragePoolGetInfoArgs {
                pool: wire_pool(&pool),
            };
            match self.link.call::<StoragePoolGetInfo>(call, &args).await {
                Ok(found) => {
                    let mut info = described(pool, &found);
                    info.persistent = persistent.contains(&info.pool.uuid);
                    info.autostart = autostarting.contains(&info.pool.uuid);
                    Ok(Some(info))
                }
                // It vanished meanwhile.
                Err(error) if refusal::is_gone(&error) => Ok(None),
                Err(error) => Err(error),
            }
        });
        let mut infos = Vec::new();
        for info in join_all(described).await {
            infos.extend(info?);
        }
        infos.sort_by(|a, b| a.pool.name.cmp(&b.pool.name));
        Ok(infos)
    }

    async fn pools_with(&self, call: &CallContext, flags: u32) -> Result<Vec<StoragePoolRef>> {
        let args = ConnectListAllStoragePoolsArgs {
            need_results: 1,
            flags,
        };
        let listed = self.link.call::<ConnectListAllStoragePools>(call, &args).await?;
        Ok(listed.pools.iter().map(pool_ref).collect())
    }

    pub(super) async fn pool_info(
        &self,
        call: &CallContext,
        pool: &StoragePoolRef,
    ) -> Result<StoragePoolInfo> {
        let wire = || wire_pool(pool);
        let (state, persistent, autostart) = (
            StoragePoolGetInfoArgs { pool: wire() },
            StoragePoolIsPersistentArgs { pool: wire() },
            StoragePoolGetAutostartArgs { pool: wire() },
        );
        // Asked together: they take one round trip.
        let (found, persistent, autostart) = tokio::join!(
            self.link.call::<StoragePoolGetInfo>(call, &state),
            self.link.call::<StoragePoolIsPersistent>(call, &persistent),
            self.link.call::<StoragePoolGetAutostart>(call, &autostart),
        );
        let mut info = described(pool.clone(), &found?);
        info.persistent = persistent?.persistent != 0;
        info.autostart = match autostart {
            Ok(autostart) => autostart.autostart != 0,
            Err(error) if refusal::is_unsupported(&error) => false,
            Err(error) => return Err(error.into()),
        };
        Ok(info)
    }

    /// Whether a pool has a definition; not when that can't be told.
    pub(super) async fn is_persistent_pool(&self, call: &CallContext, pool: &StoragePoolRef) -> bool {
        let args = StoragePoolIsPersistentArgs {
            pool: wire_pool(pool),
        };
        let asked = self.link.call::<StoragePoolIsPersistent>(call, &args).await;
        asked.is_ok_and(|asked| asked.persistent != 0)
    }
}

/// What the daemon said of a pool; persistence and autostart it says elsewhere.
fn described(pool: StoragePoolRef, found: &StoragePoolGetInfoRet) -> StoragePoolInfo {
    let mut info = StoragePoolInfo::inactive(pool);
    info.state = match found.state {
        0 => StoragePoolState::Inactive,
        1 => StoragePoolState::Building,
        2 => StoragePoolState::Running,
        3 => StoragePoolState::Degraded,
        4 => StoragePoolState::Inaccessible,
        other => StoragePoolState::Native(i32::from(other)),
    };
    if info.state.is_active() {
        info.capacity = ByteSize::bytes(found.capacity);
        info.allocation = ByteSize::bytes(found.allocation);
        info.available = ByteSize::bytes(found.available);
    }
    info
}

fn uuids(pools: &[StoragePoolRef]) -> HashSet<Uuid> {
    pools.iter().map(|pool| pool.uuid).collect()
}

/// What the daemon leaves out itself: all that the filter says.
fn flags_of(filter: &StoragePoolFilter) -> u32 {
    let kinds = filter.kinds.iter().map(flag_of).fold(0, |all, flag| all | flag);
    kinds
        | flags::set(&[
            (filter.active == Some(true), wanted::ACTIVE),
            (filter.active == Some(false), wanted::INACTIVE),
            (filter.persistent == Some(true), wanted::PERSISTENT),
            (filter.persistent == Some(false), wanted::TRANSIENT),
            (filter.autostart == Some(true), wanted::AUTOSTART),
            (filter.autostart == Some(false), wanted::NO_AUTOSTART),
        ])
}

/// `VIR_CONNECT_LIST_STORAGE_POOLS_DIR` and those after it.
fn flag_of(kind: &PoolType) -> u32 {
    match kind {
        PoolType::Dir => 1 << 6,
        PoolType::Fs => 1 << 7,
        PoolType::Netfs => 1 << 8,
        PoolType::Logical => 1 << 9,
        PoolType::Disk => 1 << 10,
        PoolType::Iscsi => 1 << 11,
        PoolType::Scsi => 1 << 12,
        PoolType::Mpath => 1 << 13,
        PoolType::Rbd => 1 << 14,
        PoolType::Sheepdog => 1 << 15,
        PoolType::Gluster => 1 << 16,
        PoolType::Zfs => 1 << 17,
        PoolType::Vstorage => 1 << 18,
        PoolType::IscsiDirect => 1 << 19,
        // The daemon is asked for a type it has no name for, and says so.
        _ => 1 << 31,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_type_of_pool_has_a_flag_of_its_own() {
        let flags: HashSet<u32> = PoolType::KNOWN.iter().map(flag_of).collect();
        assert_eq!(flags.len(), PoolType::KNOWN.len());
        assert!(!flags.contains(&(1 << 31)));
    }
}
