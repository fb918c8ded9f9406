//! Storage pools and volumes.

use virt_core::model::VolumeConfig;
use virt_core::storage::{StoragePool, StoragePoolFilter, StorageVolume, StorageVolumeSelector};

use super::check::{Check, yes_no};

pub async fn compare(check: &mut Check) {
    let infos = check
        .connection
        .storage_pool_infos(&StoragePoolFilter::all())
        .await
        .expect("pools");
    let names: Vec<String> = infos.iter().map(|info| info.pool.name.clone()).collect();
    check.lines("pool-list --all --name", names).await;
    let first = infos.first().expect("a pool").pool.name.clone();
    let pool = check.connection.storage_pool(first).await.expect("a pool");
    pool_itself(check, &pool).await;
    let xml = "<volume><name>proof.img</name><capacity unit='MiB'>8</capacity></volume>";
    let config = VolumeConfig::from_xml(xml).expect("a document");
    let volume = pool.create_volume(&config).await.expect("a volume");
    volumes(check, &pool, &volume).await;
    volume.delete().await.expect("deleted");
}

async fn pool_itself(check: &mut Check, pool: &StoragePool) {
    let name = pool.name();
    let info = pool.info().await.expect("information");
    let fields = [
        ("Name", name.to_owned()),
        ("UUID", pool.uuid().to_string()),
        ("State", info.state.to_string()),
        ("Persistent", yes_no(info.persistent)),
        ("Autostart", yes_no(info.autostart)),
        ("Capacity", info.capacity.as_bytes().to_string()),
        ("Allocation", info.allocation.as_bytes().to_string()),
        ("Available", info.available.as_bytes().to_string()),
    ];
    check
        .fields(&format!("pool-info --bytes {name}"), &fields, &[])
        .await;
    check.text(&format!("pool-uuid {name}"), pool.uuid()).await;
    let found = check.connection.storage_pool(pool.uuid()).await.expect("a pool");
    check
        .text(&format!("pool-name {}", pool.uuid()), found.name())
        .await;
    let document = pool.xml().await.expect("a document");
    check.document(&format!("pool-dumpxml {name}"), &document).await;
}

async fn volumes(check: &mut Check, pool: &StoragePool, volume: &StorageVolume) {
    let (name, own, key) = (pool.name(), volume.name(), volume.key());
    let mut rows = Vec::new();
    for listed in pool.volumes().await.expect("volumes") {
        let path = listed.path().await.expect("a path");
        rows.push(vec![listed.name().to_owned(), path]);
    }
    check.table(&format!("vol-list {name}"), rows).await;
    let info = volume.info().await.expect("information");
    let fields = [
        ("Name", own.to_owned()),
        ("Type", info.kind.to_string()),
        ("Capacity", format!("{} bytes", info.capacity.as_bytes())),
        ("Allocation", format!("{} bytes", info.allocation.as_bytes())),
    ];
    check
        .fields(&format!("vol-info --bytes --pool {name} {own}"), &fields, &[])
        .await;
    check.text(&format!("vol-key --pool {name} {own}"), key).await;
    let path = volume.path().await.expect("a path");
    check.text(&format!("vol-path --pool {name} {own}"), &path).await;
    let by_path = StorageVolumeSelector::path(path.as_str());
    let found = check.connection.storage_volume(by_path).await.expect("a volume");
    check.text(&format!("vol-name {path}"), found.name()).await;
    let its_pool = volume.pool().await.expect("a pool");
    check.text(&format!("vol-pool {key}"), its_pool.name()).await;
    let document = volume.xml().await.expect("a document");
    check
        .document(&format!("vol-dumpxml --pool {name} {own}"), &document)
        .await;
}
