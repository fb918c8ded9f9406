//! Storage pools and volumes.

use virt_remote::protocol::remote::object::{StoragePool, StorageVol};
use virt_remote::protocol::remote::storage_pool::{
    ConnectListAllStoragePools, ConnectListAllStoragePoolsArgs, StoragePoolGetAutostart,
    StoragePoolGetAutostartArgs, StoragePoolGetInfo, StoragePoolGetInfoArgs, StoragePoolGetXmlDesc,
    StoragePoolGetXmlDescArgs, StoragePoolIsPersistent, StoragePoolIsPersistentArgs,
    StoragePoolListAllVolumes, StoragePoolListAllVolumesArgs,
};
use virt_remote::protocol::remote::storage_volume::{
    StorageVolCreateXml, StorageVolCreateXmlArgs, StorageVolDelete, StorageVolDeleteArgs, StorageVolGetInfo,
    StorageVolGetInfoArgs, StorageVolGetXmlDesc, StorageVolGetXmlDescArgs,
};

use super::check::{Check, yes_no};

pub async fn compare(check: &mut Check) {
    let args = ConnectListAllStoragePoolsArgs {
        need_results: 1,
        flags: 0,
    };
    let pools = check.call::<ConnectListAllStoragePools>(args).await.pools;
    let names: Vec<String> = pools.iter().map(|pool| pool.name.text().into_owned()).collect();
    check.lines("pool-list --all --name", names).await;
    let pool = pools.into_iter().next().expect("a pool");
    pool_itself(check, &pool).await;
    let xml = "<volume><name>proof.img</name><capacity unit='MiB'>8</capacity></volume>";
    let args = StorageVolCreateXmlArgs {
        pool: pool.clone(),
        xml: xml.into(),
        flags: 0,
    };
    let vol = check.call::<StorageVolCreateXml>(args).await.vol;
    volumes(check, &pool, &vol).await;
    check
        .call::<StorageVolDelete>(StorageVolDeleteArgs { vol, flags: 0 })
        .await;
}

async fn pool_itself(check: &mut Check, pool: &StoragePool) {
    let name = pool.name.text().into_owned();
    let info = check
        .call::<StoragePoolGetInfo>(StoragePoolGetInfoArgs { pool: pool.clone() })
        .await;
    let args = StoragePoolIsPersistentArgs { pool: pool.clone() };
    let persistent = check.call::<StoragePoolIsPersistent>(args).await.persistent == 1;
    let args = StoragePoolGetAutostartArgs { pool: pool.clone() };
    let autostart = check.call::<StoragePoolGetAutostart>(args).await.autostart == 1;
    let states = ["inactive", "building", "running", "degraded", "inaccessible"];
    let state = states
        .get(usize::from(info.state))
        .expect("a state that virsh knows");
    let fields = [
        ("Name", name.clone()),
        ("UUID", pool.uuid.to_string()),
        ("State", (*state).to_owned()),
        ("Persistent", yes_no(persistent)),
        ("Autostart", yes_no(autostart)),
        ("Capacity", info.capacity.to_string()),
        ("Allocation", info.allocation.to_string()),
        ("Available", info.available.to_string()),
    ];
    check
        .fields(&format!("pool-info --bytes {name}"), &fields, &[])
        .await;
    check.text(&format!("pool-uuid {name}"), pool.uuid).await;
    check.text(&format!("pool-name {}", pool.uuid), &name).await;
    let args = StoragePoolGetXmlDescArgs {
        pool: pool.clone(),
        flags: 0,
    };
    let document = check.call::<StoragePoolGetXmlDesc>(args).await.xml;
    check
        .document(&format!("pool-dumpxml {name}"), &document.text())
        .await;
}

async fn volumes(check: &mut Check, pool: &StoragePool, vol: &StorageVol) {
    let name = pool.name.text().into_owned();
    let args = StoragePoolListAllVolumesArgs {
        pool: pool.clone(),
        need_results: 1,
        flags: 0,
    };
    let listed = check.call::<StoragePoolListAllVolumes>(args).await.vols;
    let rows = listed
        .iter()
        .map(|vol| vec![vol.name.text().into_owned(), vol.key.text().into_owned()]);
    check.table(&format!("vol-list {name}"), rows.collect()).await;
    let (own, key) = (vol.name.text().into_owned(), vol.key.text().into_owned());
    let info = check
        .call::<StorageVolGetInfo>(StorageVolGetInfoArgs { vol: vol.clone() })
        .await;
    let kinds = ["file", "block", "dir", "network", "netdir", "ploop"];
    let kind = usize::try_from(info.type_).ok().and_then(|kind| kinds.get(kind));
    let fields = [
        ("Name", own.clone()),
        ("Type", (*kind.expect("a kind that virsh knows")).to_owned()),
        ("Capacity", format!("{} bytes", info.capacity)),
        ("Allocation", format!("{} bytes", info.allocation)),
    ];
    check
        .fields(&format!("vol-info --bytes --pool {name} {own}"), &fields, &[])
        .await;
    check.text(&format!("vol-key --pool {name} {own}"), &key).await;
    check.text(&format!("vol-pool {key}"), &name).await;
    let args = StorageVolGetXmlDescArgs {
        vol: vol.clone(),
        flags: 0,
    };
    let document = check.call::<StorageVolGetXmlDesc>(args).await.xml;
    check
        .document(&format!("vol-dumpxml --pool {name} {own}"), &document.text())
        .await;
}
